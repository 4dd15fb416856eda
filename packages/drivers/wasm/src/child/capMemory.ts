const PAGE_BYTES = 65_536
const MEMORY_SECTION = 5
const HAS_MAXIMUM = 1

/** A module with its memory's maximum lowered, or why it is none that may run here. */
export type CappedModule = { bytes: Uint8Array<ArrayBuffer> } | { invalid: string }

/**
 * Rewrites a module so that its memory can never grow past `maximumBytes`. The engine then enforces the cap: `memory.grow`
 * fails as the specification says, and the module sees an ordinary out-of-memory.
 *
 * @example
 * capMemory(bytes, 16 * 2 ** 20) // { bytes } that has at most 256 pages
 */
export function capMemory(wasm: Uint8Array, maximumBytes: number): CappedModule {
  try {
    return cap(wasm, Math.min(Math.floor(maximumBytes / PAGE_BYTES), 65_536))
  } catch (error) {
    if (error instanceof Malformed) return { invalid: error.message }
    throw error
  }
}

class Malformed extends Error {}

function cap(wasm: Uint8Array, maximumPages: number): CappedModule {
  const magic = Buffer.from(wasm.subarray(0, 8)).toString('latin1')
  if (magic !== '\0asm\x01\0\0\0') {
    if (magic.startsWith('\0asm'))
      throw new Malformed('a Wasm component, or of a version other than 1; only core modules run')
    throw new Malformed('not a Wasm module')
  }
  const parts: Uint8Array[] = [wasm.subarray(0, 8)]
  const reader = createReader(wasm, 8)
  while (reader.at() < wasm.length) {
    const start = reader.at()
    const id = reader.byte()
    const size = reader.u32()
    const end = reader.at() + size
    if (end > wasm.length) throw new Malformed('the Wasm module is cut off')
    parts.push(id === MEMORY_SECTION ? cappedSection(reader, maximumPages) : wasm.subarray(start, end))
    reader.seek(end)
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)) }
}

function cappedSection(reader: Reader, maximumPages: number): Uint8Array {
  const count = reader.u32()
  if (count !== 1) throw new Malformed(`it has ${count} memories, one is needed`)
  const flags = reader.byte()
  if (flags > HAS_MAXIMUM) throw new Malformed('its memory is shared or 64-bit, which does not run here')
  const minimum = reader.u32()
  const maximum = flags === HAS_MAXIMUM ? reader.u32() : maximumPages
  if (minimum > maximumPages) {
    throw new Malformed(`it starts with ${minimum} pages of memory, the limit is ${maximumPages} (64 KiB each)`)
  }
  const body = [1, HAS_MAXIMUM, ...leb(minimum), ...leb(Math.min(maximum, maximumPages))]
  return Uint8Array.from([MEMORY_SECTION, ...leb(body.length), ...body])
}

type Reader = { at(): number; seek(position: number): void; byte(): number; u32(): number }

function createReader(bytes: Uint8Array, start: number): Reader {
  let position = start
  const byte = () => {
    const value = bytes[position]
    if (value === undefined) throw new Malformed('the Wasm module is cut off')
    position += 1
    return value
  }
  return {
    at: () => position,
    seek: (to) => {
      position = to
    },
    byte,
    u32: () => {
      let result = 0
      // Five groups of 7 bits hold 32 bits; the format allows no more.
      for (let shift = 0; shift < 35; shift += 7) {
        const value = byte()
        result += (value & 0x7f) * 2 ** shift
        if (value < 0x80) return result
      }
      throw new Malformed('a number in the Wasm module is too long')
    },
  }
}

function leb(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const more = rest >= 0x80
    bytes.push((rest & 0x7f) | (more ? 0x80 : 0))
    rest = Math.floor(rest / 0x80)
  } while (rest > 0)
  return bytes
}
