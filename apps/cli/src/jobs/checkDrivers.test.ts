import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from '@tender/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { withCheckDrivers } from './checkDrivers.ts'

// With an engine: e2e/containerJobs.test.ts.

/** What would run a job's tasks on a machine without Docker. */
async function kindsFor(driver: string, compare: unknown) {
  const stateDir = mkdtempSync(join(tmpdir(), 'tender-check-drivers-'))
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }))
  // CAST: nothing else is looked at
  const manifest = { brief: { driver, resource: 'cu' }, job: { compare } } as unknown as Manifest
  const place = { stateDir, socket: join(stateDir, 'none.sock') }
  return withCheckDrivers(
    manifest,
    place,
    async ({ driver, comparing, gpus }) => ({ driver: driver.kind, comparing: comparing?.kind, gpus }),
    AbortSignal.timeout(30_000),
  )
}

test('modules are run as they are anywhere, and so is a comparator', async () => {
  expect(await kindsFor('wasm', 'bytes')).toEqual({ driver: 'wasm', comparing: undefined, gpus: undefined })
  expect(await kindsFor('wasm', { sha256: '0x' })).toMatchObject({ driver: 'wasm', comparing: 'wasm' })
})

test('containers are not checked where they cannot run, which is said with the reason', async () => {
  await expect(kindsFor('docker', 'bytes')).rejects.toMatchObject({
    code: 'notCheckable',
    class: 'user',
    message: expect.stringContaining('containers cannot run on this machine'),
  })
})
