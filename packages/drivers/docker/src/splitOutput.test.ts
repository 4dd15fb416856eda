import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitOutput } from './splitOutput.ts'

function frame(stream: number, bytes: Uint8Array): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(bytes.length, 4)
  return Buffer.concat([header, bytes])
}

test('frames come apart however the stream was cut into pieces', async () => {
  const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 40 })), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(frames, fc.integer({ min: 1, max: 30 }), async (list, size) => {
      const whole = Buffer.concat(list.map(([stream, bytes]) => frame(stream, bytes)))
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
        whole.subarray(index * size, (index + 1) * size),
      )
      const [stdout, stderr] = [new PassThrough(), new PassThrough()]
      const split = splitOutput(Readable.from(pieces), stdout, stderr).then(() => {
        stdout.end()
        stderr.end()
      })
      const [out, err] = await Promise.all([buffer(stdout), buffer(stderr), split])
      const written = (wanted: number) => Buffer.concat(list.flatMap(([s, b]) => (s === wanted ? [b] : [])))
      expect([out, err]).toEqual([written(1), written(2)])
    }),
  )
})

test('a reader that goes does not hold up the other', async () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const big = new Uint8Array(2 ** 20)
  const split = splitOutput(Readable.from([frame(1, big), frame(2, big), frame(1, big)]), stdout, stderr)
  stdout.destroy()
  stderr.resume()
  await split
})
