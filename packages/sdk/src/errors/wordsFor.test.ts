import { errorsAbi } from '@tender/abi'
import { expect, test } from 'vitest'
import { contractWords } from './contractWords.ts'
import { formatNames, wordsFor } from './wordsFor.ts'

const asset = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const dollar = { address: asset, symbol: 'USDC', name: 'Test USD Coin', decimals: 6 } as const
const declared = errorsAbi.map(({ name, inputs }) => ({
  name,
  signature: `${name}(${inputs.map(({ type }) => type).join(',')})`,
  inputs: inputs.map((input) => input.name),
}))

test('every error that a contract declares has words, and they use its own arguments', () => {
  for (const { name, signature, inputs } of declared) {
    const words = contractWords[signature] ?? contractWords[name]
    if (!words) throw new Error(`errors/contractWords.ts lacks ${signature}: say in words what it means`)
    const derived = inputs.includes('asked') && inputs.includes('available') ? ['missing'] : []
    const used = [...`${words.text} ${words.hint ?? ''}`.matchAll(/\{(\w+)(?::(\w+))?\}/g)]
    for (const [, key, format] of used) {
      expect([...inputs, ...derived], signature).toContain(key)
      if (format) expect(formatNames, signature).toContain(format)
      if (format === 'amount') expect(inputs, signature).toContain('asset')
    }
  }
})

test('there are no words for errors that no contract declares', () => {
  const names = new Set([...declared.flatMap(({ name, signature }) => [name, signature]), 'Error', 'Panic'])
  expect(Object.keys(contractWords).filter((name) => !names.has(name))).toEqual([])
})

test('values are written as people read them', () => {
  const funds = {
    name: 'InsufficientBalance',
    signature: 'InsufficientBalance(address,address,uint256,uint256)',
    args: { account: '0xA', asset, asked: 2_500_000n, available: 1n },
  }
  expect(wordsFor(funds, new Map([[asset.toLowerCase(), dollar]]))).toEqual({
    message: '0xA has 0.000001 USDC in escrow, but this needs 2.5 USDC',
    hint: 'Deposit 2.499999 USDC more.',
    class: 'funds',
  })
  expect(wordsFor(funds, new Map()).hint).toBe('Deposit 2499999 smallest units more.')
  const write = (name: string, args: Record<string, unknown>) =>
    wordsFor({ name, signature: name, args }, new Map()).message
  expect(write('OrderExpired', { expiry: 1_795_233_600, now_: 1_795_233_601 })).toBe(
    'the order expired at 2026-11-21 04:00:00 UTC, it is 2026-11-21 04:00:01 UTC now',
  )
  expect(write('InsufficientStake', { pool: 1n, asked: 15n * 10n ** 17n, free: 0n })).toBe(
    'the stake that is not locked is 0 TNDR, but this needs 1.5 TNDR',
  )
  expect(write('TierTooLow', { offered: 0, asked: 2 })).toBe(
    'the offer is of tier interruptible, the order asks for premium',
  )
  expect(write('FeeTooHigh', { asked: 250, most: 200 })).toBe('a fee of 2.5 % is more than the 2 % allowed')
  expect(write('FromTheFuture', {})).toBe('the contract refused: FromTheFuture')
})
