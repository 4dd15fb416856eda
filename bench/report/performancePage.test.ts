import { expect, test } from 'vitest'
import { drawChart } from './drawChart.ts'
import type { Kept } from './keep.ts'
import { performancePage } from './performancePage.ts'

const kept: Kept = {
  commit: 'abc',
  machine: { processor: 'A chip', cores: 2, memoryBytes: 2 ** 33, system: 'Linux 6', node: 'v24.0.0' },
  date: '2026-01-02T03:04:05.000Z',
  load: 0.25,
  seconds: 12,
  result: {
    bench: 'gas',
    title: 'Costs',
    question: 'What against what?',
    tables: [
      {
        title: 'All',
        columns: [
          { key: 'what', label: 'what' },
          { key: 'gas', label: 'gas' },
        ],
        rows: [
          { what: 'a | b', gas: 21_000 },
          { what: 'nothing', gas: null },
        ],
      },
    ],
    charts: [{ title: 'Gas', table: 0, kind: 'bar', x: 'what', y: 'gas' }],
  },
}

test('a page has what is kept, under its heading, with chart, remark and circumstances', () => {
  const benches = [
    { name: 'era', group: 'Never run' },
    { name: 'gas', group: 'Gas' },
  ]
  const page = performancePage(benches, new Map([['gas', kept]]), new Map([['gas', 'A remark.\n']]))
  expect(page).toContain('## Gas\n\n### Costs\n\nWhat against what? `npm run bench:gas`\n\n<picture>')
  expect(page).toContain('| what | gas |\n|---|---:|\n| a \\| b | 21,000 |\n| nothing |  |\n\nA remark.')
  expect(page).toContain('2026-01-02, at commit `abc`, in 12 s, from a load of 0.3 on; 2 cores of A chip, 8 GiB')
  expect(page).not.toContain('Never run')
})

test('a chart has a bar for each number, in the colours of its page', () => {
  const [chart] = kept.result.charts
  if (!chart) throw new Error('no chart')
  const [light, dark] = [drawChart(chart, kept.result.tables, 'light'), drawChart(chart, kept.result.tables, 'dark')]
  expect(light.match(/fill="#0969da"/g)).toHaveLength(1)
  expect(light).toContain('>21,000</text>')
  expect(dark).toContain('#4493f8')
  expect(() => drawChart({ ...chart, y: 'unknown' }, kept.result.tables, 'light')).toThrow('no column unknown')
})
