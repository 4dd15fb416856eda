import { expect, test } from 'vitest'
import { areBands, planMosaic } from './mosaicPlan.ts'

const band = { width: 480, height: 10 }
const times = <T>(count: number, item: T) => Array.from({ length: count }, () => item)

test('bands below each other are one picture, and those to come have their place', () => {
  const plan = planMosaic([undefined, ...times(25, band), undefined], 1)
  expect(plan).toMatchObject({ width: 480, height: 270 })
  expect(plan?.places[26]).toEqual({ x: 0, y: 260, ...band })
})

test('tiles stand in rows, each as high as its highest, and the last may be short', () => {
  const [wide, high] = [
    { width: 30, height: 10 },
    { width: 10, height: 30 },
  ]
  expect(planMosaic([wide, high, wide], 2)).toEqual({
    width: 40,
    height: 40,
    places: [
      { x: 0, y: 0, ...wide },
      { x: 30, y: 0, ...high },
      { x: 0, y: 30, ...wide },
    ],
  })
  expect(planMosaic([wide], 8)).toMatchObject({ width: 30, height: 10 })
})

test('nothing, and what is too large for a canvas, is not put together', () => {
  expect(planMosaic([], 1)).toBeUndefined()
  expect(planMosaic([undefined], 1)).toBeUndefined()
  expect(planMosaic(times(400, { width: 1000, height: 1000 }), 20)).toBeUndefined()
  expect(planMosaic(times(3, { width: 10, height: 8000 }), 1)).toBeUndefined()
})

test('bands are told from frames', () => {
  expect(areBands(times(27, band))).toBe(true)
  expect(areBands([band])).toBe(false)
  expect(areBands([undefined, band])).toBe(true)
  expect(areBands([undefined, undefined])).toBe(false)
  expect(areBands([band, { width: 470, height: 10 }])).toBe(false)
  expect(areBands(times(5, { width: 1920, height: 1080 }))).toBe(false)
})
