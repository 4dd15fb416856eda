import { type DecodeOptions, decode, decodeFirst, encode } from 'cborg'
import { structBigIntEncoder, TAG_BIGINT_POS } from 'cborg/taglib'
import { bytesToBigInt } from 'viem'
import { BadFrameError } from './errors.ts'

/** No number of the protocol is wider than a `uint256`; decoding a bignum costs the square of its length. */
const MAX_BIGINT_BYTES = 32

const decodeOptions: DecodeOptions = {
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

/** Plain data as CBOR. Bigints stay bigints (tag 2), absent properties are left out. */
export function encodeWire(value: unknown): Uint8Array {
  return encode(value, { typeEncoders: { bigint: structBigIntEncoder }, ignoreUndefinedProperties: true })
}

/** Reverses {@link encodeWire}. What comes out still has to be parsed by a schema. @throws {BadFrameError} */
export function decodeWire(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, decodeOptions)
  } catch (cause) {
    throw new BadFrameError('not CBOR', cause)
  }
}

/** Like {@link decodeWire}, of bytes that other bytes follow: the value and what follows, not copied. @throws {BadFrameError} */
export function decodeWireFirst(bytes: Uint8Array): { value: unknown; tail: Uint8Array } {
  try {
    const [value, tail] = decodeFirst(bytes, decodeOptions)
    return { value, tail }
  } catch (cause) {
    throw new BadFrameError('not CBOR', cause)
  }
}
