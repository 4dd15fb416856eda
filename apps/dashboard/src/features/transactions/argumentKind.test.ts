import { describe, expect, test } from 'vitest'
import { argumentKind } from './argumentKind.ts'

describe('argumentKind', () => {
  test.each([
    ['provider', '7', 'provider'],
    ['provider', '0', 'plain'],
    ['provider', '0x1111111111111111111111111111111111111111', 'hex'],
    ['lease', `0x${'ab'.repeat(32)}`, 'lease'],
    ['lease', '12', 'plain'],
    ['era', '3', 'era'],
    ['asset', '0x1111111111111111111111111111111111111111', 'asset'],
    ['slashed', '5000', 'stake'],
    ['start', 1_795_238_167, 'time'],
    ['start', 0, 'plain'],
    ['terms', { provider: '1' }, 'nested'],
    ['signers', '31', 'plain'],
    ['upheld', true, 'plain'],
    ['missing', null, 'plain'],
  ] as const)('%s = %s is shown as %s', (name, value, kind) => {
    expect(argumentKind(name, value)).toBe(kind)
  })
})
