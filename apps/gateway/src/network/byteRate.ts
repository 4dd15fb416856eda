import { Transform } from 'node:stream'

/** So much may go at once after a while of silence. */
const BURST_SECONDS = 2

/** Lets so many bytes a second through, holding back its source; tells of each piece. */
export function byteRate(bytesPerSecond: number, onBytes: (bytes: number) => void): Transform {
  const mostBytes = bytesPerSecond * BURST_SECONDS
  let leftBytes = mostBytes
  let countedMs = performance.now()
  let timer: NodeJS.Timeout | undefined
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const nowMs = performance.now()
      leftBytes = Math.min(mostBytes, leftBytes + ((nowMs - countedMs) / 1000) * bytesPerSecond) - chunk.length
      countedMs = nowMs
      onBytes(chunk.length)
      if (leftBytes >= 0) return done(null, chunk)
      timer = setTimeout(() => done(null, chunk), (-leftBytes / bytesPerSecond) * 1000)
    },
    destroy(error, done) {
      clearTimeout(timer)
      done(error)
    },
  })
}
