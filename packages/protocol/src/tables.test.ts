import { expect, test } from 'vitest'
import { countryCode, countryId, nameOf, reasonCodes, reasonText, resourceId, resourceName, tiers } from './tables.ts'

test('resource classes and countries are left-aligned ASCII', () => {
  expect(resourceId('cu')).toBe(`0x6375${'0'.repeat(60)}`)
  expect(resourceName(resourceId('gpu.nvidia.h100-80gb'))).toBe('gpu.nvidia.h100-80gb')
  expect(resourceId('p'.repeat(32))).toBe(`0x${'70'.repeat(32)}`)
  expect(resourceName(resourceId('p'.repeat(32)))).toBe('p'.repeat(32))
  expect([countryId('DE'), countryCode('0x4445')]).toEqual(['0x4445', 'DE'])
  for (const bad of ['', 'é', 'a b', 'x'.repeat(33)]) expect(() => resourceId(bad)).toThrow(RangeError)
  for (const bad of ['de', 'DEU', 'xDE', 'D']) expect(() => countryId(bad)).toThrow(/is not a two-letter country code/)
})

test('what is not text is shown as it is', () => {
  const foreign = ['00'.repeat(32), `61ff${'00'.repeat(30)}`, `0161${'00'.repeat(30)}`, `6100${'61'.repeat(30)}`]
  for (const digits of foreign) expect(resourceName(`0x${digits}`)).toBe(`0x${digits}`)
})

test('reasons are frozen numbers with words', () => {
  expect(Object.values(reasonCodes)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  for (const code of Object.values(reasonCodes)) expect(reasonText(code)).not.toMatch(/^reason/)
  expect(reasonText(200)).toBe('reason 200')
  expect([nameOf(tiers, 2), nameOf(tiers, 9)]).toEqual(['premium', undefined])
})
