// A PNG of red, green and blue, not compressed: what is mostly noise would not get much smaller.

const LARGEST_BLOCK: i32 = 65535
const ADLER: u32 = 65521

let out: StaticArray<u8> = new StaticArray<u8>(0)
let at: i32 = 0

/** `pixels`: rows of `width` times red, green, blue. */
export function encodeRgb(width: i32, height: i32, pixels: StaticArray<u8>): ArrayBuffer {
  const line = width * 3 + 1
  const all = line * height
  out = new StaticArray<u8>(all + 5 * (all / LARGEST_BLOCK + 1) + 128)
  at = 0
  u32be(0x89504e47)
  u32be(0x0d0a1a0a)
  let start = begin(0x49484452) // IHDR
  u32be(width)
  u32be(height)
  byte(8)
  byte(2) // red, green, blue
  byte(0)
  byte(0)
  byte(0)
  end(start)
  start = begin(0x49444154) // IDAT
  byte(0x78)
  byte(0x01)
  let a: u32 = 1
  let b: u32 = 0
  for (let i = 0; i < all; i++) {
    if (i % LARGEST_BLOCK == 0) block(min(LARGEST_BLOCK, all - i), all - i <= LARGEST_BLOCK)
    const column = i % line
    const value: u8 = column == 0 ? 0 : pixels[(i / line) * (line - 1) + column - 1]
    byte(value)
    a = (a + value) % ADLER
    b = (b + a) % ADLER
  }
  u32be((b << 16) | a)
  end(start)
  end(begin(0x49454e44)) // IEND
  const file = new ArrayBuffer(at)
  memory.copy(changetype<usize>(file), changetype<usize>(out), at)
  return file
}

/** The head of a stored block (RFC 1951, 3.2.4). */
function block(length: i32, last: bool): void {
  byte(last ? 1 : 0)
  byte(<u8>length)
  byte(<u8>(length >> 8))
  byte(<u8>~length)
  byte(<u8>(~length >> 8))
}

/** Begins a chunk; its length is filled in at the end. */
function begin(type: u32): i32 {
  const start = at
  u32be(0)
  u32be(type)
  return start
}

function end(start: i32): void {
  const length = at - start - 8
  let crc: u32 = 0xffffffff
  for (let i = start + 4; i < at; i++) {
    crc ^= out[i]
    for (let k = 0; k < 8; k++) crc = crc & 1 ? 0xedb88320 ^ (crc >> 1) : crc >> 1
  }
  u32be(~crc)
  const now = at
  at = start
  u32be(length)
  at = now
}

function u32be(value: u32): void {
  byte(<u8>(value >> 24))
  byte(<u8>(value >> 16))
  byte(<u8>(value >> 8))
  byte(<u8>value)
}

function byte(value: u8): void {
  out[at++] = value
}
