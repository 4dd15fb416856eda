/** From here on a part is worth being sent by itself: encrypting and sending it costs more than the calls do. */
const LARGE_BYTES = 16 * 1024

/** The same bytes in few pieces: small parts that follow each other are copied together, large ones are left where they are. */
export function joinSmall(parts: readonly Uint8Array[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let small: Uint8Array[] = []
  const flush = () => {
    if (small.length > 0) pieces.push(joined(small))
    small = []
  }
  for (const part of parts) {
    if (part.byteLength < LARGE_BYTES) {
      small.push(part)
      continue
    }
    flush()
    pieces.push(part)
  }
  flush()
  return pieces
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.byteLength
  }
  return bytes
}
