import { describe, expect, test } from 'vitest'
import { createLifecycle } from './lifecycle.ts'

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
