import { TenderError } from '@tender/protocol/errors'
import { expect, test } from 'vitest'
import { isRejected, isUnknownChain, walletError } from './walletErrors.ts'

test('a rejection is said as such, however deep the wallet hides it', () => {
  const thrown = { message: 'Internal', data: { originalError: { code: 4001, message: 'User rejected' } } }
  const error = walletError(thrown, 'the deposit')
  expect(error).toMatchObject({ code: 'rejected', class: 'cancelled' })
  expect(isRejected(error)).toBe(true)
  expect(isRejected(new Error('other', { cause: { code: 4001 } }))).toBe(true)
  expect(String(error)).toContain('the deposit')
})

test('an unknown chain asks for the chain to be added, nothing else does', () => {
  expect(isUnknownChain({ code: 4902 })).toBe(true)
  expect(isUnknownChain({ code: 4001 })).toBe(false)
  expect(isUnknownChain(undefined)).toBe(false)
})

test('what is no wallet error stays what it was', () => {
  const own = new TenderError('short', { code: 'x', class: 'funds' })
  expect(walletError(own, 'it')).toBe(own)
  const strange = new Error('strange')
  expect(walletError(strange, 'it')).toBe(strange)
  expect(walletError({ code: -32_603, message: 'nonce too low' }, 'it')).toMatchObject({ code: 'walletRefused' })
})
