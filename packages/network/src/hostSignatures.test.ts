import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { verifyByOpenSsl } from './hostSignatures.ts'

const bytes = fc.uint8Array({ maxLength: 200 })
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((key) => secp256k1.utils.isValidSecretKey(key))
const message = fc.record({ secret, data: bytes })

beforeAll(() => verifyByOpenSsl())

const keyOf = (secretKey: Uint8Array) => publicKeyFromRaw(secp256k1.getPublicKey(secretKey))
const sign = (data: Uint8Array, secretKey: Uint8Array) => secp256k1.sign(data, secretKey, { format: 'der' })

/** What libp2p would say by itself: malformed signatures throw there. */
function verdict(data: Uint8Array, signature: Uint8Array, secretKey: Uint8Array): boolean {
  try {
    return secp256k1.verify(signature, data, secp256k1.getPublicKey(secretKey), { format: 'der' })
  } catch {
    return false
  }
}

test('what a key signed is told from what it did not', () => {
  fc.assert(
    fc.property(message, message, (one, other) => {
      const signature = sign(one.data, one.secret)
      expect(keyOf(one.secret).verify(one.data, signature)).toBe(true)
      expect(keyOf(other.secret).verify(one.data, signature)).toBe(false)
      expect(keyOf(one.secret).verify(new Uint8Array([...one.data, 1]), signature)).toBe(false)
    }),
    { numRuns: 50 },
  )
})

test('what is no signature gets the verdict that libp2p gives', () => {
  const change = fc.record({ at: fc.nat(75), to: fc.nat(255), cut: fc.nat(4), more: fc.uint8Array({ maxLength: 3 }) })
  fc.assert(
    fc.property(message, change, ({ data, secret }, { at, to, cut, more }) => {
      const signature = sign(data, secret)
      signature[at % signature.length] = to
      const changed = new Uint8Array([...signature.subarray(0, signature.length - cut), ...more])
      expect(keyOf(secret).verify(data, changed)).toBe(verdict(data, changed, secret))
    }),
    { numRuns: 200 },
  )
  expect(keyOf(new Uint8Array(32).fill(1)).verify(new Uint8Array(3), new Uint8Array())).toBe(false)
})

test('the other signature that follows from one is none', () => {
  fc.assert(
    fc.property(message, ({ data, secret }) => {
      const { r, s } = secp256k1.Signature.fromBytes(sign(data, secret), 'der')
      const other = new secp256k1.Signature(r, secp256k1.Point.Fn.ORDER - s).toBytes('der')
      expect(verdict(data, other, secret)).toBe(false)
      expect(keyOf(secret).verify(data, other)).toBe(false)
    }),
    { numRuns: 50 },
  )
})
