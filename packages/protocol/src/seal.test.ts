import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { bytesToHex, bytesToString, type Hex, hexToBytes, stringToBytes } from 'viem'
import { describe, expect, test } from 'vitest'
import { SEAL_OVERHEAD_BYTES, seal, unseal } from './seal.ts'

const privateKey: Hex = `0x${'11'.repeat(32)}`
const publicKeyOf = (key: Hex) => bytesToHex(secp256k1.getPublicKey(hexToBytes(key)))
const to = publicKeyOf(privateKey)
const context = 'secret:0x05:token'
const failed = expect.objectContaining({ code: 'unsealFailed', class: 'user' })

const byte = fc.uint8Array({ maxLength: 200 })
const key = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((bytes) => secp256k1.utils.isValidSecretKey(bytes))
  .map((bytes) => bytesToHex(bytes))

test('what is sealed opens for its key and purpose, and is never the same twice', async () => {
  await fc.assert(
    fc.asyncProperty(key, fc.string(), byte, async (privateKey, context, bytes) => {
      const to = publicKeyOf(privateKey)
      const [one, other] = await Promise.all([seal({ to, context, bytes }), seal({ to, context, bytes })])
      expect(one.length).toBe(bytes.length + SEAL_OVERHEAD_BYTES)
      expect(bytesToHex(one)).not.toBe(bytesToHex(other))
      expect(await unseal({ privateKey, context, sealed: one })).toEqual(bytes)
    }),
    { numRuns: 25 },
  )
})

test('vectors of version 1 open', async () => {
  for (const [sealed, text] of vectors)
    expect(bytesToString(await unseal({ privateKey, context, sealed: hexToBytes(sealed) }))).toBe(text)
})

const vectors: readonly [Hex, string][] = [
  ['0x0102710eaae22c8a8e18f14b4f62e2f37411f5258374d099aa44763713c419e55b3269ed60307b9d5c5ab14260fca711138b', ''],
  [
    '0x0103bd6d4b56c8662f11a4d71aeade714a0361d4b41c23613bab7082929474b9ea16eccd96052722ffabff11c7532633687b2e2fea3324bd57',
    'hunter2',
  ],
  [
    '0x01034add6067b01fd3c72b9185627056fd74c40beb73b85348818d8f90d64e7f595105fff50a2e5d60a2b6f51bbfec5a2e9d78628bbb986d519f90df',
    'naïve ☂',
  ],
]

describe('is not opened', () => {
  const sealed = seal({ to, context, bytes: stringToBytes('hunter2') })

  test('by another key, or for another purpose', async () => {
    const other: Hex = `0x${'12'.repeat(32)}`
    await expect(unseal({ privateKey: other, context, sealed: await sealed })).rejects.toThrow(failed)
    for (const near of ['', `${context} `, 'secret:0x06:token', 'logs:0x05'])
      await expect(unseal({ privateKey, context: near, sealed: await sealed })).rejects.toThrow(failed)
  })

  test('if any bit is changed, or bytes are missing or added', async () => {
    const good = await sealed
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(7), async (at, bit) => {
        const bad = good.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte))
        await expect(unseal({ privateKey, context, sealed: bad })).rejects.toThrow(failed)
      }),
      { numRuns: 50 },
    )
    for (const length of [0, 1, 33, 34, SEAL_OVERHEAD_BYTES - 1, good.length - 1])
      await expect(unseal({ privateKey, context, sealed: good.slice(0, length) })).rejects.toThrow(failed)
    const longer = Uint8Array.of(...good, 0)
    await expect(unseal({ privateKey, context, sealed: longer })).rejects.toThrow(failed)
  })

  test('whatever somebody sends', async () => {
    await fc.assert(
      fc.asyncProperty(byte, async (sealed) => {
        await expect(unseal({ privateKey, context, sealed })).rejects.toThrow(failed)
      }),
    )
  })

  test('and the error tells nothing of what it holds', async () => {
    const error = await unseal({ privateKey, context: 'other', sealed: await sealed }).catch((error: Error) => error)
    expect(JSON.stringify(error)).not.toMatch(/hunter2|1111/)
  })
})

test.each(['0x', '0x02', `0x02${'ff'.repeat(32)}`, `0x${'00'.repeat(33)}`] as const)(
  'nothing is sealed for %s, which is no public key',
  async (to) => {
    await expect(seal({ to, context, bytes: new Uint8Array() })).rejects.toThrow(
      expect.objectContaining({ code: 'badPublicKey' }),
    )
  },
)
