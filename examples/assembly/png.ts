// A PNG. Runs of equal bytes are compressed, which suits pictures with large flat parts; noise grows by a twentieth.

const LITERAL_RUN_MIN: i32 = 4
const LONGEST_MATCH: i32 = 258
const ADLER: u32 = 65521

let out: StaticArray<u8> = new StaticArray<u8>(0)
let at: i32 = 0
let bits: u32 = 0
let bitCount: u32 = 0

/** `pixels`: rows of `width` times red, green, blue; or with a palette, 256 such colours, of `width` indices into it. */
export function encodePng(
  width: i32, height: i32, pixels: StaticArray<u8>, palette: StaticArray<u8> | null = null,
): ArrayBuffer {
  const line = palette ? width : width * 3
  // Nine bits a literal at most, and the fixed parts.
  out = new StaticArray<u8>(((line + 1) * height * 9) / 8 + 2048)
  at = 0
  bits = 0
  bitCount = 0
  u32be(0x89504e47)
  u32be(0x0d0a1a0a)
  let start = begin(0x49484452) // IHDR
  u32be(width)
  u32be(height)
  byte(8)
  byte(palette ? 3 : 2) // indices, or colours
  byte(0)
  byte(0)
  byte(0)
  end(start)
  if (palette) {
    start = begin(0x504c5445) // PLTE
    for (let i = 0; i < 768; i++) byte(palette[i])
    end(start)
  }
  start = begin(0x49444154) // IDAT
  deflate(rows(line, height, pixels))
  end(start)
  end(begin(0x49454e44)) // IEND
  const file = new ArrayBuffer(at)
  memory.copy(changetype<usize>(file), changetype<usize>(out), at)
  return file
}

/** Each row of `line` bytes behind its filter byte, which is 0: none. */
function rows(line: i32, height: i32, pixels: StaticArray<u8>): StaticArray<u8> {
  const all = new StaticArray<u8>((line + 1) * height)
  for (let y = 0; y < height; y++) {
    memory.copy(changetype<usize>(all) + y * (line + 1) + 1, changetype<usize>(pixels) + y * line, line)
  }
  return all
}

/** zlib (RFC 1950) around one block with fixed codes (RFC 1951), whose only matches are repeats of the last byte. */
function deflate(data: StaticArray<u8>): void {
  byte(0x78)
  byte(0x01)
  put(1, 1) // the last block
  put(1, 2) // fixed codes
  let i = 0
  while (i < data.length) {
    const value = data[i]
    let run = 1
    while (i + run < data.length && data[i + run] == value && run <= LONGEST_MATCH) run++
    symbol(value)
    i++
    if (run > LITERAL_RUN_MIN) {
      repeat(run - 1)
      i += run - 1
    }
  }
  symbol(256)
  if (bitCount > 0) put(0, 8 - bitCount)
  let a: u32 = 1
  let b: u32 = 0
  for (let j = 0; j < data.length; j++) {
    a = (a + data[j]) % ADLER
    b = (b + a) % ADLER
  }
  u32be((b << 16) | a)
}

/** A match of `length` bytes at distance 1. */
function repeat(length: i32): void {
  if (length == LONGEST_MATCH) {
    symbol(285)
  } else {
    // Length codes come in groups of four, each group with one extra bit more (RFC 1951, 3.2.5).
    const rest = length - 3
    const extra = rest < 8 ? 0 : 29 - <i32>clz(rest)
    symbol(257 + (extra << 2) + (rest >> extra))
    put(rest & ((1 << extra) - 1), extra)
  }
  put(0, 5) // distance 1
}

/** A symbol in the fixed code, whose bits go in most significant first. */
function symbol(value: i32): void {
  if (value < 144) reversed(0x30 + value, 8)
  else if (value < 256) reversed(0x190 + value - 144, 9)
  else if (value < 280) reversed(value - 256, 7)
  else reversed(0xc0 + value - 280, 8)
}

function reversed(code: u32, count: u32): void {
  for (let i: i32 = count - 1; i >= 0; i--) put((code >> i) & 1, 1)
}

function put(value: u32, count: u32): void {
  bits |= value << bitCount
  bitCount += count
  while (bitCount >= 8) {
    byte(<u8>bits)
    bits >>= 8
    bitCount -= 8
  }
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
