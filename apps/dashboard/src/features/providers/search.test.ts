import { describe, expect, test } from 'vitest'
import { parseCompareSearch, parseProvidersSearch, readIds } from './search.ts'

describe('addresses of the providers’ pages', () => {
  test('at most four providers are compared, each once, and only numbers', () => {
    expect(readIds('3,1,3,x,-2,0,7,8,9')).toEqual(['3', '1', '7', '8'])
    expect(parseCompareSearch({ ids: 'nonsense' })).toEqual({})
    // What stands alone in an address is read as a number.
    expect(parseCompareSearch({ ids: 12 })).toEqual({ ids: '12' })
  })

  test('filters that make sense are kept, others dropped', () => {
    expect(parseProvidersSearch({ country: 'DE', level: 2, class: 'cu', state: 'paused', other: 1 })).toEqual({
      country: 'DE',
      level: 2,
      class: 'cu',
      state: 'paused',
    })
    expect(parseProvidersSearch({ country: 'Germany', level: 9, class: 'CU!', state: 'gone' })).toEqual({})
  })
})
