/** Most bytes of a file in one frame. */
export const CHUNK_BYTES = 64 * 1024

/** The same bytes in pieces of at most {@link CHUNK_BYTES}. */
export async function* chunked(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; at += CHUNK_BYTES) yield piece.subarray(at, at + CHUNK_BYTES)
  }
}
