import { describe, expect, test } from 'vitest'
import { buildDashboard } from './buildDashboard.ts'
import { marketBoard } from './market.ts'
import { monitorBoard } from './monitor.ts'
import { providerBoard } from './provider.ts'
import { tenantBoard } from './tenant.ts'

type Built = {
  uid: string
  panels: {
    id: number
    type: string
    title: string
    description: string
    gridPos: { x: number; y: number; w: number; h: number }
    targets: { refId: string; expr: string; legendFormat: string; datasource: { uid: string } }[]
    fieldConfig: { defaults: { unit: string; thresholds: { steps: { value: number | null }[] } } }
  }[]
}

describe.each([tenantBoard, providerBoard, monitorBoard, marketBoard])('the dashboard $name', (board) => {
  // CAST: what was just built, with the parts that are looked at
  const built = JSON.parse(buildDashboard(board)) as Built
  const panels = built.panels.filter(({ type }) => type !== 'row')

  test('has panels that say what they show, in which unit, and from when on it is wrong', () => {
    expect(panels).not.toEqual([])
    for (const { title, description, fieldConfig } of panels) {
      expect([title, description.length > 10], title).toEqual([expect.any(String), true])
      const { unit, thresholds } = fieldConfig.defaults
      expect(unit, title).toEqual(expect.any(String))
      const [first, ...rest] = thresholds.steps.map(({ value }) => value)
      expect(first, title).toBeNull()
      expect(rest, title).toEqual([...rest].sort((a, b) => Number(a) - Number(b)))
    }
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
  })

  test('has queries on the chosen source, each with a name', () => {
    for (const { title, targets } of panels) {
      expect(targets, title).not.toEqual([])
      for (const { expr, legendFormat, datasource } of targets) {
        expect(expr, title).toMatch(/tender[_-]/)
        expect([legendFormat !== '', datasource.uid.startsWith('$')], title).toEqual([true, true])
      }
    }
  })

  test('has panels that lie side by side, none over another', () => {
    expect(new Set(built.panels.map(({ id }) => id)).size).toBe(built.panels.length)
    for (const [index, { title, gridPos: a }] of built.panels.entries()) {
      expect(a.x + a.w, title).toBeLessThanOrEqual(24)
      for (const { gridPos: b } of built.panels.slice(index + 1)) {
        const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y
        expect(apart, title).toBe(true)
      }
    }
  })
})
