import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchWorkload } from '@tender/cli'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { freePorts, killTenders, startTender } from './support/tender.ts'

let home: string
/** Of somebody who does not know of the first. */
let other: string
let port: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tender-e2e-'))
  other = await mkdtemp(join(tmpdir(), 'tender-e2e-'))
  port = String(await freePorts(14))
})
afterEach(killTenders)
afterAll(() => Promise.all([home, other].map((directory) => rm(directory, { recursive: true }))))

const dev = () => startTender(home, ['dev', '--json', '--port', port])
const statusOf = async (url: string) => (await fetchWorkload(url, AbortSignal.timeout(10_000))).status

test('the embedded market goes on after Ctrl-C, and after it was killed', async () => {
  const first = dev()
  const { resumed, leases } = JSON.parse(await first.nextLine())
  expect(resumed).toBe(false)
  expect(leases).toHaveLength(1)
  const [{ url }] = leases
  expect(await statusOf(url)).toBe(200)

  first.process.kill('SIGINT')
  expect(await first.finished).toMatchObject({ code: 0 })
  await expect(statusOf(url)).rejects.toMatchObject({ code: 'unreachable' })

  const second = dev()
  expect(JSON.parse(await second.nextLine())).toMatchObject({ resumed: true, leases })
  expect(await statusOf(url)).toBe(200)

  // A port that is taken is named.
  const { code, stderr } = await startTender(other, ['dev', '--json', '--port', port]).finished
  expect(code).toBe(7)
  expect(JSON.parse(stderr).error.message).toContain(port)

  second.process.kill('SIGKILL')
  await second.finished

  const third = dev()
  expect(JSON.parse(await third.nextLine())).toMatchObject({ resumed: true, leases })
  expect(await statusOf(url)).toBe(200)
  third.process.kill('SIGTERM')
  expect(await third.finished).toMatchObject({ code: 0 })
})

test('it goes on at other ports too, where its leases cannot be reached at their old address', async () => {
  const moved = startTender(home, ['dev', '--json', '--port', String(await freePorts(14))])
  const { resumed, leases } = JSON.parse(await moved.nextLine())
  expect({ resumed, leases }).toMatchObject({ resumed: true, leases: [{ name: 'hello' }] })
  moved.process.kill('SIGINT')
  expect(await moved.finished).toMatchObject({ code: 0 })
})

test('state that cannot be read is refused by name, and left alone', async () => {
  const file = join(home, 'dev', 'contracts.json')
  await writeFile(file, '{"chainId":')
  const { code, stderr } = await startTender(home, ['dev', '--json', '--port', port]).finished
  expect(code).toBe(7)
  expect(JSON.parse(stderr).error).toMatchObject({ code: 'corruptState', data: { file } })
})
