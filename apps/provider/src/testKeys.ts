import type { Hex } from 'viem'

/** A key's compressed form, as peers tell it. */
export function compressedKeyOf({ publicKey }: { publicKey: Hex }): Hex {
  const x = publicKey.slice(4, 68)
  const isOdd = Number.parseInt(publicKey.slice(-1), 16) % 2 === 1
  return `0x${isOdd ? '03' : '02'}${x}`
}
