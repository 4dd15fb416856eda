import { describe, expect, test } from 'vitest'
import { HEIGHT, placeOf, shapes, WIDTH } from './worldShapes.ts'

describe('the map', () => {
  test('knows countries by their letters', () => {
    const codes = new Set(shapes.map(({ country }) => country))
    for (const code of ['DE', 'US', 'IN', 'BR', 'ZA', 'JP']) expect(codes).toContain(code)
    expect(codes).not.toContain('AQ')
  })

  test('places large and small countries within itself, west left and north up', () => {
    for (const code of ['DE', 'US', 'SG', 'MT', 'AU', 'FR']) {
      const [x = -1, y = -1] = placeOf(code) ?? []
      expect(x, code).toBeGreaterThan(0)
      expect(x, code).toBeLessThan(WIDTH)
      expect(y, code).toBeGreaterThan(0)
      expect(y, code).toBeLessThan(HEIGHT)
    }
    expect(placeOf('US')?.[0]).toBeLessThan(placeOf('DE')?.[0] ?? 0)
    expect(placeOf('DE')?.[1]).toBeLessThan(placeOf('ZA')?.[1] ?? 0)
    expect(placeOf('0x1234')).toBeUndefined()
  })
})
