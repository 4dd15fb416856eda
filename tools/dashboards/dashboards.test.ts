import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildDashboard } from './buildDashboard.ts'
import { marketBoard } from './market.ts'
import { monitorBoard } from './monitor.ts'
import { providerBoard } from './provider.ts'
import { tenantBoard } from './tenant.ts'

/** Where each daemon's metrics are made; all of them tell those of `kit` too. */
const sources = {
  provider: ['apps/provider/src/metrics/providerMetrics.ts'],
  monitor: ['apps/monitor/src/monitorMetrics.ts'],
  relay: ['apps/relay/src/relayMetrics.ts'],
  gateway: [
    'apps/gateway/src/metrics/gatewayMetrics.ts',
    'apps/gateway/src/metrics/marketMetrics.ts',
    'apps/gateway/src/api/requestMetrics.ts',
  ],
  tenant: ['apps/cli/src/tenant/watchMeter.ts'],
}
const ofAll = ['packages/kit/src/daemonMetrics.ts', 'packages/kit/src/metrics.ts']
const told = new Map<string, Set<string>>(
  Object.entries(sources).map(([daemon, files]) => {
    const texts = [...files, ...ofAll].map((file) => readFileSync(join(import.meta.dirname, '../..', file), 'utf8'))
    return [daemon, new Set([...texts.join().matchAll(/'([a-z_]+)'/g)].map(([, name = '']) => name))]
  }),
)

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

  // A query that falls back to 0 has data even if its metric is misspelt.
  test('asks for metrics that a daemon tells', () => {
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        for (const [, daemon = '', metric = ''] of expr.matchAll(/\btender_([a-z]+)_([a-z_]+)/g)) {
          const name = metric.replace(/_(bucket|count|sum)$/, '')
          expect(told.get(daemon)?.has(name), `${title}: tender_${daemon}_${metric}`).toBe(true)
        }
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
