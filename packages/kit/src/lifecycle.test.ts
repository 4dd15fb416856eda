import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { createLifecycle, stopOnSignal } from './lifecycle.ts'

describe('createLifecycle', () => {
  test('stops what was started, the latest first, once', async () => {
    const order: string[] = []
    const life = createLifecycle()
    for (const name of ['chain', 'peer', 'ingress']) {
      const started = await life.start(
        name,
        () => name.toUpperCase(),
        (resource) => void order.push(resource),
      )
      expect(started).toBe(name.toUpperCase())
    }
    await Promise.all([life.stop(), life.stop()])
    expect(order).toEqual(['INGRESS', 'PEER', 'CHAIN'])
    expect(life.signal.aborted).toBe(true)
  })

  test('one that fails to stop, or hangs, keeps no other from its turn', async () => {
    const stopped: string[] = []
    const life = createLifecycle({ stopTimeoutMs: 20 })
    await life.start(
      'first',
      () => 1,
      () => void stopped.push('first'),
    )
    await life.start(
      'failing',
      () => 2,
      () => Promise.reject(new Error('stuck')),
    )
    await life.start(
      'hanging',
      () => 3,
      () => new Promise(() => {}),
    )
    const failure = await life.stop().catch((error) => error)
    expect(failure).toMatchObject({ code: 'stopFailed', class: 'internal' })
    expect(failure.cause.errors.map(String)).toEqual([
      'TenderError: hanging did not stop',
      'TenderError: failing did not stop',
    ])
    expect(stopped).toEqual(['first'])
  })

  test('what failed to start is not stopped', async () => {
    const life = createLifecycle()
    const failure = new Error('no')
    await expect(
      life.start(
        'bad',
        () => Promise.reject(failure),
        () => expect.unreachable(),
      ),
    ).rejects.toBe(failure)
    await life.stop()
  })

  test('what is starting when the stop comes is stopped too', async () => {
    const stopped: string[] = []
    const gate = Promise.withResolvers<string>()
    const life = createLifecycle()
    const starting = life.start(
      'slow',
      () => gate.promise,
      (resource) => void stopped.push(resource),
    )
    const stopping = life.stop()
    gate.resolve('slow')
    await expect(starting).rejects.toMatchObject({ class: 'cancelled' })
    await stopping
    expect(stopped).toEqual(['slow'])
    await expect(
      life.start(
        'late',
        () => expect.unreachable(),
        () => {},
      ),
    ).rejects.toMatchObject({ class: 'cancelled' })
  })
})

describe('stopOnSignal', () => {
  /** A process whose only resource says when it stops, and hangs there if asked to. */
  async function daemon(stop: string) {
    const script = `
      import { createLifecycle, stopOnSignal } from ${JSON.stringify(new URL('./lifecycle.ts', import.meta.url).href)}
      const life = createLifecycle()
      await life.start('part', () => setInterval(() => {}, 1000), (timer) => { console.log('stopping'); ${stop} })
      const done = stopOnSignal(life, (signal) => console.log('got', signal))
      console.log('ready')
      console.log('ended by', await done)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exit = once(child, 'exit')
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = async () => (await lines.next()).value
    expect(await next()).toBe('ready')
    return { child, exit, next }
  }

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s stops everything and lets the process end by itself',
    async (signal) => {
      const { child, exit, next } = await daemon('clearInterval(timer)')
      child.kill(signal)
      expect([await next(), await next(), await next()]).toEqual([`got ${signal}`, 'stopping', `ended by ${signal}`])
      expect(await exit).toEqual([0, null])
    },
  )

  test('a second signal ends the process at once', async () => {
    const { child, exit, next } = await daemon('return new Promise(() => {})')
    child.kill('SIGINT')
    expect([await next(), await next()]).toEqual(['got SIGINT', 'stopping'])
    child.kill('SIGINT')
    expect(await exit).toEqual([130, null])
  })

  test('resolves also when something else stopped the lifecycle', async () => {
    const life = createLifecycle()
    const done = stopOnSignal(life)
    await life.stop()
    expect(await done).toBeUndefined()
    expect(await stopOnSignal(life)).toBeUndefined()
  })
})
