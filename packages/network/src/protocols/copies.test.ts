import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { NotFoundError, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { bookOf, soon, startNode } from '../testNetwork.ts'
import { type CopyPlace, copyIn, copyOut, serveCopies } from './copies.ts'

const lease: Hex = `0x${'66'.repeat(32)}`
const place = { service: 'db', replica: 0, path: '/data' }

async function setUp(container: {
  out?: (from: CopyPlace, signal: AbortSignal) => Promise<Readable>
  in?: (to: CopyPlace, tar: Readable) => Promise<void>
}) {
  const [agent, provider] = [await startNode(), await startNode()]
  await serveCopies(provider, {
    ...bookOf(agent, lease),
    copyOut: (_lease, from, signal) => container.out?.(from, signal) ?? Promise.reject(new Error('none')),
    copyIn: (_lease, to, tar) => container.in?.(to, tar) ?? Promise.reject(new Error('none')),
  })
  const request = { lease, ...place }
  return {
    agent,
    provider,
    out: (signal = soon()) => copyOut(agent, provider.contact(), request, signal),
    in: (tar: Readable, signal = soon()) => copyIn(agent, provider.contact(), request, tar, signal),
  }
}

test('bytes go out and in whole', async () => {
  const bytes = randomBytes(3_000_000)
  let kept: Buffer | undefined
  const copies = await setUp({
    out: async (from) => {
      expect(from).toEqual(place)
      return Readable.from([bytes.subarray(0, 1_234_567), bytes.subarray(1_234_567)])
    },
    in: async (_to, tar) => {
      kept = await buffer(tar)
    },
  })
  expect((await buffer(await copies.out())).equals(bytes)).toBe(true)
  await copies.in(Readable.from([bytes]))
  expect(kept?.equals(bytes)).toBe(true)
})

test('what is not there is said at once, what breaks in the middle in the middle', async () => {
  const missing = await setUp({
    out: () => Promise.reject(new NotFoundError('no such path', { code: 'pathNotFound' })),
    in: () => Promise.reject(new NotFoundError('no such directory', { code: 'pathNotFound' })),
  })
  await expect(missing.out()).rejects.toMatchObject({ code: 'pathNotFound' })
  const endless = Readable.from(
    (async function* () {
      while (true) yield Buffer.alloc(65_536)
    })(),
  )
  await expect(missing.in(endless)).rejects.toMatchObject({ code: 'pathNotFound' })
  expect(endless.destroyed).toBe(true)

  const breaking = await setUp({
    out: async () =>
      Readable.from(
        (async function* () {
          yield Buffer.alloc(100_000)
          throw new TenderError('the container is gone', { code: 'notServing', class: 'workload' })
        })(),
      ),
  })
  await expect(buffer(await breaking.out())).rejects.toMatchObject({ code: 'notServing' })
})

test('a sender that breaks off is not taken for the end', async () => {
  const outcome = Promise.withResolvers<unknown>()
  const copies = await setUp({
    in: (_to, tar) =>
      buffer(tar)
        .then(outcome.resolve, outcome.reject)
        .then(() => {}),
  })
  const tar = Readable.from(
    (async function* () {
      yield Buffer.alloc(100_000)
      throw new Error('the disk is gone')
    })(),
  )
  await expect(copies.in(tar)).rejects.toThrow('the disk is gone')
  await expect(outcome.promise).rejects.toThrow()
})

test('a receiver that goes ends what is read for it', async () => {
  const ended = Promise.withResolvers<void>()
  const copies = await setUp({
    out: async () => {
      const endless = new Readable({
        read() {
          this.push(Buffer.alloc(65_536))
        },
      })
      endless.on('close', () => ended.resolve())
      return endless
    },
  })
  const tar = await copies.out()
  tar.on('error', () => {})
  tar.destroy()
  await ended.promise
})

test('only the agent', async () => {
  const { provider } = await setUp({})
  const stranger = await startNode()
  const asked = copyOut(stranger, provider.contact(), { lease, ...place }, soon())
  await expect(asked).rejects.toMatchObject({ code: 'notAgent' })
})
