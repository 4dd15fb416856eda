// A WebAssembly module of one function, put together here so that what runs can be read: keccak-f[1600] over the blocks of a
// message. Memory: the state's 25 lanes from 0, the round constants from 256, the message from 1,024 on.

const ROUND_CONSTANTS_AT = 256
const ROUNDS = 24
const LANES_IN_BLOCK = 17

const op = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  brIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  load: 0x29,
  store: 0x37,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Less: 0x49,
  i32Add: 0x6a,
  and: 0x83,
  xor: 0x85,
  rotateLeft: 0x89,
  void: 0x40,
} as const
const I32 = 0x7f
const I64 = 0x7e

/** Locals: the two parameters, the round, then lanes. */
const POINTER = 0
const BLOCKS = 1
const ROUND = 2
const lane = (index: number): number => 3 + index
const moved = (index: number): number => 28 + index
const column = (x: number): number => 53 + x
const LANE_LOCALS = 25 + 25 + 5 + 5
const parity = (x: number): number => 58 + x

/** Exports `memory` and `absorb(at, blocks)`: takes so many blocks of 136 bytes into the state. */
export function keccakModule(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 2, I32, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 2]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('absorb'), 0, 0]),
    ...section(10, [1, ...sized(absorb())]),
    ...section(11, [1, 0, op.i32Const, ...signed(ROUND_CONSTANTS_AT), op.end, ...sized(roundConstants())]),
  ])
}

function absorb(): number[] {
  const lanes = range(25)
  return [
    ...[2, 1, I32, LANE_LOCALS, I64],
    ...lanes.flatMap((index) => [op.i32Const, 0, op.load, 3, ...unsigned(8 * index), op.set, lane(index)]),
    ...[op.loop, op.void],
    ...range(LANES_IN_BLOCK).flatMap((index) => [
      ...[op.get, POINTER, op.load, 3, ...unsigned(8 * index)],
      ...[op.get, lane(index), op.xor, op.set, lane(index)],
    ]),
    ...[op.i32Const, 0, op.set, ROUND, op.loop, op.void],
    ...round(),
    ...[op.get, ROUND, op.i32Const, 8, op.i32Add, op.tee, ROUND],
    ...[op.i32Const, ...signed(8 * ROUNDS), op.i32Less, op.brIf, 0, op.end],
    ...[op.get, POINTER, op.i32Const, ...signed(8 * LANES_IN_BLOCK), op.i32Add, op.set, POINTER],
    ...[op.get, BLOCKS, op.i32Const, ...signed(-1), op.i32Add, op.tee, BLOCKS, op.brIf, 0, op.end],
    ...lanes.flatMap((index) => [op.i32Const, 0, op.get, lane(index), op.store, 3, ...unsigned(8 * index)]),
    op.end,
  ]
}

/** One round: theta, rho and pi, chi, iota, as FIPS 202 names them. */
function round(): number[] {
  const rows = range(5)
  const theta = rows.flatMap((x) => [
    ...rows.flatMap((y) => [op.get, lane(x + 5 * y), ...(y === 0 ? [] : [op.xor])]),
    ...[op.set, column(x)],
  ])
  const parities = rows.flatMap((x) => [
    ...[op.get, column((x + 4) % 5), op.get, column((x + 1) % 5), op.i64Const, 1, op.rotateLeft, op.xor],
    ...[op.set, parity(x)],
  ])
  const rotations = rotationOffsets()
  const rhoPi = range(25).flatMap((index) => {
    const [x, y] = [index % 5, Math.floor(index / 5)]
    const target = y + 5 * ((2 * x + 3 * y) % 5)
    return [
      ...[op.get, lane(index), op.get, parity(x), op.xor, op.i64Const, ...signed(rotations[index] ?? 0), op.rotateLeft],
      ...[op.set, moved(target)],
    ]
  })
  const chi = range(25).flatMap((index) => {
    const row = index - (index % 5)
    return [
      ...[op.get, moved(row + ((index + 1) % 5)), op.i64Const, ...signed(-1), op.xor],
      ...[op.get, moved(row + ((index + 2) % 5)), op.and, op.get, moved(index), op.xor, op.set, lane(index)],
    ]
  })
  const iota = [op.get, lane(0), op.get, ROUND, op.load, 3, ...unsigned(ROUND_CONSTANTS_AT), op.xor, op.set, lane(0)]
  return [...theta, ...parities, ...rhoPi, ...chi, ...iota]
}

function rotationOffsets(): number[] {
  const offsets = new Array<number>(25).fill(0)
  let [x, y] = [1, 0]
  for (let step = 0; step < 24; step++) {
    offsets[x + 5 * y] = (((step + 1) * (step + 2)) / 2) % 64
    ;[x, y] = [y, (2 * x + 3 * y) % 5]
  }
  return offsets
}

/** Little endian, from the linear feedback shift register of FIPS 202. */
function roundConstants(): number[] {
  const bytes = new Uint8Array(8 * ROUNDS)
  let register = 1
  for (let index = 0; index < ROUNDS; index++) {
    for (let power = 0; power < 7; power++) {
      const bit = 2 ** power - 1
      const at = 8 * index + (bit >> 3)
      if (register & 1) bytes[at] = (bytes[at] ?? 0) | (1 << (bit & 7))
      register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1
    }
  }
  return [...bytes]
}

const range = (count: number): number[] => [...new Array(count).keys()]
const section = (id: number, content: readonly number[]): number[] => [id, ...sized(content)]
const sized = (content: readonly number[]): number[] => [...unsigned(content.length), ...content]
const name = (text: string): number[] => sized([...text].map((letter) => letter.charCodeAt(0)))

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): number[] {
  const rest = value >> 7
  const last = (rest === 0 && (value & 0x40) === 0) || (rest === -1 && (value & 0x40) !== 0)
  return last ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(rest)]
}
