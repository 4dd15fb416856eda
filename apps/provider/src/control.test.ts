import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { askControl, serveControl } from './control.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tender-control-'))
})
afterEach(() => rm(directory, { recursive: true }))

test('answers its own account only, until it is closed', async () => {
  const control = await serveControl(directory, async () => '{"provider":"7"}')
  expect(await askControl(directory)).toBe('{"provider":"7"}')
  expect((await stat(join(directory, 'control.sock'))).mode & 0o777).toBe(0o600)
  await control.close()
  await expect(askControl(directory)).rejects.toMatchObject({ code: 'providerNotRunning', class: 'notFound' })
})

test('takes the place of a dead process', async () => {
  await writeFile(join(directory, 'control.sock'), '')
  const control = await serveControl(directory, async () => 'here')
  expect(await askControl(directory)).toBe('here')
  await control.close()
})

test('says when it does not know', async () => {
  const control = await serveControl(directory, () => Promise.reject(new Error('the chain is away')))
  await expect(askControl(directory)).rejects.toMatchObject({ code: 'statusFailed', class: 'provider' })
  await control.close()
})
