import { expect, test } from 'vitest'
import { clientOf } from './clientAddress.ts'

const proxies = new Set(['127.0.0.1'])
const direct = (address: string) => clientOf(address, undefined, proxies)

test('clients are counted by network', () => {
  expect(direct('203.0.113.7')).toBe('203.0.113.7')
  expect(direct('::ffff:203.0.113.7')).toBe('203.0.113.7')
  expect(direct('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2')
  expect(direct('2001:db8::7')).toBe(direct('2001:db8::8'))
  expect(direct('2001:db8:0:1::7')).not.toBe(direct('2001:db8::7'))
})

test('only a trusted proxy says who asks, and only by what it added itself', () => {
  expect(clientOf('203.0.113.7', '198.51.100.1', proxies)).toBe('203.0.113.7')
  expect(clientOf('::ffff:127.0.0.1', '198.51.100.1', proxies)).toBe('198.51.100.1')
  expect(clientOf('127.0.0.1', '6.6.6.6, 198.51.100.1', proxies)).toBe('198.51.100.1')
  expect(clientOf('127.0.0.1', undefined, proxies)).toBe('127.0.0.1')
})
