import { expect, test } from 'vitest'
import { runProcess } from './runProcess.ts'

const start = (script: string, signal: AbortSignal, cpuSeconds?: number) =>
  runProcess('sh', ['-c', script], { cwd: '/', env: process.env, signal, ...(cpuSeconds ? { cpuSeconds } : {}) })
const never = () => new AbortController().signal

test('a program is told by its code and what it wrote', async () => {
  expect(await start('echo out; echo err >&2; exit 3', never())).toMatchObject({ code: 3, timedOut: false })
  expect((await start('echo out; echo err >&2', never())).says.split('\n').toSorted()).toEqual(['', 'err', 'out'])
})

test('what works for too long is stopped, not what waits', async () => {
  expect(await start('while :; do :; done', never(), 1)).toMatchObject({ code: null, timedOut: true })
  expect(await start('sleep 1.2', never(), 1)).toMatchObject({ code: 0, timedOut: false })
})

test('who stops it learns so', async () => {
  const reason = new Error('enough')
  await expect(start('sleep 1000', AbortSignal.abort(reason))).rejects.toBe(reason)
  const stopped = new AbortController()
  // With all that it started: else its output would not end.
  const running = start('sleep 1000 & sleep 1000', stopped.signal)
  stopped.abort(reason)
  await expect(running).rejects.toBe(reason)
})
