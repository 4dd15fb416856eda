import { type DecodeOptions, decode, decodeFirst, encode, type Token, Tokenizer, Type } from 'cborg'
import { structBigIntEncoder, TAG_BIGINT_POS } from 'cborg/taglib'
import { bytesToBigInt } from 'viem'
import { BadFrameError } from './errors.ts'

/** No number of the protocol is wider than a `uint256`; decoding a bignum costs the square of its length. */
const MAX_BIGINT_BYTES = 32

/** Far more than any message has. Without a limit it would be whatever the stack has room for, which is another one each time. */
const MAX_DEPTH = 64

const decodeOptions: DecodeOptions = {
  allowBigInt: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  rejectDuplicateMapKeys: true,
  tags: {
    [TAG_BIGINT_POS]: (content) => {
      const bytes = content()
      if (!(bytes instanceof Uint8Array) || bytes.length > MAX_BIGINT_BYTES) throw new BadFrameError('oversize bigint')
      return bytesToBigInt(bytes)
    },
  },
}

/** Refuses what is nested too deeply before anything recurses into it. */
class BoundedTokenizer extends Tokenizer {
  /** Of each array, map and tag that is open: how many items are still to come. */
  readonly #open: number[] = []

  override next(): Token {
    const token = super.next()
    const open = this.#open
    while (open.at(-1) === 0) open.pop()
    const inside = open.length - 1
    if (inside >= 0) open[inside] = (open[inside] ?? 0) - 1
    const items = itemsIn(token)
    if (items > 0 && open.push(items) > MAX_DEPTH) throw new BadFrameError('nested too deeply')
    return token
  }
}

function itemsIn({ type, value }: Token): number {
  if (type === Type.array) return value
  if (type === Type.map) return 2 * value
  return type === Type.tag ? 1 : 0
}

function optionsFor(bytes: Uint8Array): DecodeOptions {
  // What is cut out of a Buffer would be one.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { ...decodeOptions, tokenizer: new BoundedTokenizer(plain, decodeOptions) }
}

/** Plain data as CBOR. Bigints stay bigints (tag 2), absent properties are left out. */
export function encodeWire(value: unknown): Uint8Array {
  return encode(value, { typeEncoders: { bigint: structBigIntEncoder }, ignoreUndefinedProperties: true })
}

/** Reverses {@link encodeWire}. What comes out still has to be parsed by a schema. @throws {BadFrameError} */
export function decodeWire(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, optionsFor(bytes))
  } catch (cause) {
    throw new BadFrameError('not CBOR', cause)
  }
}

/** Like {@link decodeWire}, of bytes that other bytes follow: the value and what follows, not copied. @throws {BadFrameError} */
export function decodeWireFirst(bytes: Uint8Array): { value: unknown; tail: Uint8Array } {
  try {
    const [value, tail] = decodeFirst(bytes, optionsFor(bytes))
    return { value, tail }
  } catch (cause) {
    throw new BadFrameError('not CBOR', cause)
  }
}
