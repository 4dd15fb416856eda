import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { TenderError } from '@tender/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { askControl, controlSocket, interruptLease, serveControl } from './control.ts'
import { bytes32 } from './testKit.ts'

const nothing = () => {}
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tender-control-'))
})
afterEach(() => rm(directory, { recursive: true }))

test('answers its own account only, until it is closed', async () => {
  const control = await serveControl(directory, { status: async () => '{"provider":"7"}', interrupt: nothing })
  expect(await askControl(directory)).toBe('{"provider":"7"}')
  expect((await stat(join(directory, 'control.sock'))).mode & 0o777).toBe(0o600)
  await control.close()
  await expect(askControl(directory)).rejects.toMatchObject({ code: 'providerNotRunning', class: 'notFound' })
})

test('takes the place of a dead process', async () => {
  await writeFile(join(directory, 'control.sock'), '')
  const control = await serveControl(directory, { status: async () => 'here', interrupt: nothing })
  expect(await askControl(directory)).toBe('here')
  await control.close()
})

test('says when it does not know', async () => {
  const control = await serveControl(directory, {
    status: () => Promise.reject(new Error('the chain is away')),
    interrupt: nothing,
  })
  await expect(askControl(directory)).rejects.toMatchObject({ code: 'controlFailed', class: 'provider' })
  await control.close()
})

test.each([80, 200])('works in a directory of %i letters more, however it is written', async (length) => {
  const deep = join(directory, 'd'.repeat(length))
  await mkdir(deep)
  const control = await serveControl(deep, { status: async () => 'deep', interrupt: nothing })
  expect((await stat(controlSocket(deep))).mode & 0o777).toBe(0o600)
  expect(await askControl(relative(process.cwd(), deep))).toBe('deep')
  await expect(askControl(join(directory, 'e'.repeat(length)))).rejects.toMatchObject({ code: 'providerNotRunning' })
  await control.close()
  await expect(stat(controlSocket(deep))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('ends a lease, or says why not', async () => {
  const asked: string[] = []
  const control = await serveControl(directory, {
    status: async () => '{}',
    interrupt(lease) {
      asked.push(lease)
      if (lease !== bytes32(1)) throw new TenderError('no such lease', { code: 'unknownLease', class: 'notFound' })
    },
  })
  await interruptLease(directory, bytes32(1))
  await expect(interruptLease(directory, bytes32(2))).rejects.toMatchObject({ code: 'unknownLease', class: 'notFound' })
  expect(asked).toEqual([bytes32(1), bytes32(2)])
  await control.close()
})
