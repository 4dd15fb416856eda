import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startTender } from './support/tender.ts'

const deploy = fileURLToPath(new URL('../deploy', import.meta.url))
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

const units = ['tender-gateway.service', 'tender-provider.service', 'tender-relay.service']
const unit = (name: string) => readFile(join(deploy, name), 'utf8')

test.skipIf(!hasSystemd).each(units)('systemd finds nothing wrong with %s', async (name) => {
  const directory = await mkdtemp(join(tmpdir(), 'tender-units-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  // It wants to see the program: any that is there will do.
  const text = (await unit(name)).replaceAll('/opt/tender/node_modules/.bin/node', '/bin/true')
  await writeFile(join(directory, name), text)
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', join(directory, name)], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test.each(units)('what %s starts is a command that there is', async (name) => {
  const [, line = ''] = /^ExecStart=(.*(?:\\\n.*)*)/m.exec(await unit(name)) ?? []
  const [, command = '', rest = ''] = /main\.ts (\w+ \w+) ([\s\S]*)/.exec(line) ?? []
  const { stdout: help } = await startTender(tmpdir(), [...command.split(' '), '--help']).finished
  for (const [option] of rest.matchAll(/--[a-z-]+/g)) expect(help).toContain(option)
})

test('workloads outlive the agent, and it always comes back', async () => {
  const text = await unit('tender-provider.service')
  expect(text).toMatch(/^KillMode=process$/m)
  expect(text).toMatch(/^Restart=always$/m)
  expect(text).toMatch(/^After=.*\bdocker\.service\b/m)
})
