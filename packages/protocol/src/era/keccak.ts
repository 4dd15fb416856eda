import { keccakModule } from './keccakModule.ts'

// An era of a million leases is some ten million hashes. A hash function in plain JavaScript makes 64-bit words of two halves and
// takes minutes for them; WebAssembly has 64-bit words and takes a tenth of that.

const RATE_BYTES = 136
const STATE_BYTES = 200
/** Whole blocks, and all in the module's two pages of memory. */
const BUFFER_BYTES = 480 * RATE_BYTES
const BUFFER_AT = 1_024

type Engine = { memory: Uint8Array; absorb: (at: number, blocks: number) => void }

let engine: Engine | undefined

/**
 * keccak256 of `source[from..to)`, written to `target` at `at`. `source` and `target` may overlap.
 *
 * @example
 * keccakInto(bytes, 0, bytes.length, digest, 0)
 */
export function keccakInto(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void {
  engine ??= createEngine()
  const { memory, absorb } = engine
  memory.fill(0, 0, STATE_BYTES)
  let next = from
  for (; to - next >= BUFFER_BYTES; next += BUFFER_BYTES) {
    memory.set(source.subarray(next, next + BUFFER_BYTES), BUFFER_AT)
    absorb(BUFFER_AT, BUFFER_BYTES / RATE_BYTES)
  }
  const rest = to - next
  const blocks = Math.floor(rest / RATE_BYTES) + 1
  const end = BUFFER_AT + blocks * RATE_BYTES
  if (rest <= RATE_BYTES)
    for (let index = 0; index < rest; index++) memory[BUFFER_AT + index] = source[next + index] ?? 0
  else memory.set(source.subarray(next, to), BUFFER_AT)
  memory.fill(0, BUFFER_AT + rest, end)
  memory[BUFFER_AT + rest] = 0x01
  memory[end - 1] = (memory[end - 1] ?? 0) | 0x80
  absorb(BUFFER_AT, blocks)
  for (let index = 0; index < 32; index++) target[at + index] = memory[index] ?? 0
}

/**
 * keccak256 of bytes; several times faster than a hash function in JavaScript, and the same.
 *
 * @example
 * keccak(new Uint8Array()) // c5d24601…
 */
export function keccak(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const digest = new Uint8Array(32)
  keccakInto(bytes, 0, bytes.length, digest, 0)
  return digest
}

function createEngine(): Engine {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(keccakModule()), {})
  // CAST: the module is ours, see keccakModule.
  const { memory, absorb } = exports as { memory: WebAssembly.Memory; absorb: Engine['absorb'] }
  return { memory: new Uint8Array(memory.buffer), absorb }
}
