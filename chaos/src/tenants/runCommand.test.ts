import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { runCommand } from './runCommand.ts'

/** Runs a script of Node as a tenant's command. */
function run(script: string, cutAfterMs?: number, signal = new AbortController().signal) {
  return runCommand({
    spawn: (options) => spawn(process.execPath, ['--eval', script], options),
    env: {},
    cutAfterMs,
    patienceMs: 60_000,
    signal,
  })
}

test('a command tells what it printed as JSON, or what was wrong', async () => {
  expect(await run('console.log(JSON.stringify({ leases: [1] }))')).toEqual({ code: 0, told: { leases: [1] } })
  const failing = 'console.error("asking"); console.error(JSON.stringify({ error: 1 }, null, 2)); process.exit(9)'
  expect(await run(failing)).toEqual({ code: 9, error: { error: 1 } })
  expect(await run('throw new Error("oh no")')).toMatchObject({ code: 1, error: expect.stringContaining('oh no') })
})

test('one that is cut has no code', async () => {
  expect(await run('setInterval(() => {}, 1000)', 1)).toMatchObject({ code: null })
})

test('one that begins after the run was ended, ends', async () => {
  expect(await run('setInterval(() => {}, 1000)', undefined, AbortSignal.abort())).toMatchObject({ code: null })
})
