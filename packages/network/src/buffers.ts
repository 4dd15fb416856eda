/**
 * Memory that is used again. Large arrays that come and go make the engine collect garbage again and again, since it counts their
 * bytes: without this that was a quarter of what the receiver of a transfer did.
 */
export type Buffers = {
  /** So many bytes of any content. */
  take(sizeBytes: number): Uint8Array
  /** Bytes that `take` gave and that nobody reads any more. Those that are not given back are garbage as all else. */
  giveBack(bytes: Uint8Array): void
}

/** Below this the engine's own memory is as good. */
const MIN_BYTES = 64 * 1024

/** See {@link Buffers}. Keeps at most so many that nobody uses. */
export function createBuffers(most: number): Buffers {
  const free: ArrayBufferLike[] = []
  return {
    take(sizeBytes) {
      if (sizeBytes < MIN_BYTES) return new Uint8Array(sizeBytes)
      const at = free.findIndex(({ byteLength }) => byteLength >= sizeBytes)
      const [memory] = at < 0 ? [] : free.splice(at, 1)
      // Frames differ by a few bytes.
      return new Uint8Array(memory ?? new ArrayBuffer(Math.ceil(sizeBytes / MIN_BYTES) * MIN_BYTES), 0, sizeBytes)
    },
    giveBack({ buffer }) {
      if (buffer.byteLength >= MIN_BYTES && free.length < most) free.push(buffer)
    },
  }
}
