import { describe, expect, test } from 'vitest'
import { createMetrics, processMetrics } from './metrics.ts'

const linesOf = async (metrics: { text(): Promise<string> }) =>
  (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))

describe('createMetrics', () => {
  test('tells each kind with its labels and those of the daemon', async () => {
    const metrics = createMetrics({ prefix: 'tender_test', labels: { provider: '7' } })
    metrics.counter('sent_bytes_total', { help: 'Sent.' }).add(3)
    metrics.gauge('driver_up', { help: 'Works.', labels: { driver: 4 } }).set(1, { driver: 'wasm' })
    metrics.histogram('probe_seconds', { help: 'Probes.', buckets: [0.1, 1] }).observe(0.5)
    expect(await linesOf(metrics)).toEqual([
      'tender_test_sent_bytes_total{provider="7"} 3',
      'tender_test_driver_up{driver="wasm",provider="7"} 1',
      'tender_test_probe_seconds_bucket{le="0.1",provider="7"} 0',
      'tender_test_probe_seconds_bucket{le="1",provider="7"} 1',
      'tender_test_probe_seconds_bucket{le="+Inf",provider="7"} 1',
      'tender_test_probe_seconds_sum{provider="7"} 0.5',
      'tender_test_probe_seconds_count{provider="7"} 1',
    ])
  })

  test('daemons of one process do not share theirs, and the process tells its own once', async () => {
    const [one, other] = ['1', '2'].map((provider) => createMetrics({ prefix: 'tender_test', labels: { provider } }))
    one?.counter('bids_total', { help: 'Bids.' }).add(1)
    expect(await linesOf(other ?? createMetrics({ prefix: 'none' }))).toEqual([])
    expect(await processMetrics()).toContain('process_cpu_seconds_total')
    expect(await processMetrics()).not.toContain('tender_test')
  })

  test.each([
    ['counter', 'bids'],
    ['counter', 'sent_bytes'],
    ['gauge', 'latency'],
    ['gauge', 'latency_ms'],
    ['gauge', 'events_total'],
    ['gauge', 'Free_bytes'],
    ['histogram', 'probe_milliseconds'],
  ] as const)('refuses the %s %s, whose name does not end in its unit', (kind, name) => {
    const metrics = createMetrics({ prefix: 'tender_test' })
    expect(() => metrics[kind](name, { help: 'Something.', buckets: [1] })).toThrow('does not end in its unit')
  })

  test('series whose labels are known are there from the beginning', async () => {
    const metrics = createMetrics({ prefix: 'tender_test' })
    metrics.counter('bids_total', { help: 'Bids.', labels: { decision: ['bid', 'declined'] } })
    expect(await linesOf(metrics)).toEqual([
      'tender_test_bids_total{decision="bid"} 0',
      'tender_test_bids_total{decision="declined"} 0',
    ])
  })

  test('what could be named without end is counted together once there are many', async () => {
    const metrics = createMetrics({ prefix: 'tender_test' })
    const refused = metrics.counter('refused_total', { help: 'Refused.', labels: { rule: 2 } })
    for (const rule of ['price', 'room', 'price', 'third', 'fourth']) refused.add(1, { rule })
    expect(await linesOf(metrics)).toEqual([
      'tender_test_refused_total{rule="price"} 2',
      'tender_test_refused_total{rule="room"} 1',
      'tender_test_refused_total{rule="other"} 2',
    ])
  })

  test('what is read at a scrape replaces what was read before', async () => {
    const metrics = createMetrics({ prefix: 'tender_test' })
    let leases: [number, { phase: string }][] = [[2, { phase: 'running' }]]
    metrics.gauge('current_leases', { help: 'Leases.', labels: { phase: 8 }, read: () => leases })
    expect(await linesOf(metrics)).toEqual(['tender_test_current_leases{phase="running"} 2'])
    leases = [[1, { phase: 'ending' }]]
    expect(await linesOf(metrics)).toEqual(['tender_test_current_leases{phase="ending"} 1'])
    // What is no more takes no room of what comes.
    for (let lease = 0; lease < 20; lease++) {
      leases = [[1, { phase: `${lease}` }]]
      expect(await linesOf(metrics)).toEqual([`tender_test_current_leases{phase="${lease}"} 1`])
    }
  })

  test('a reading that fails leaves out its own metric only, and is counted', async () => {
    const metrics = createMetrics({ prefix: 'tender_test' })
    const gone = async (): Promise<never> => {
      throw new Error('gone')
    }
    metrics.gauge('free_bytes', { help: 'Free.', labels: { disk: 4 }, read: gone })
    metrics.gauge('lost_peers', { help: 'Lost.', read: gone })
    metrics.gauge('known_peers', { help: 'Peers.', read: async () => 3 })
    await metrics.text()
    expect(await linesOf(metrics)).toEqual([
      'tender_test_failed_readings_total{metric="free_bytes"} 1',
      'tender_test_failed_readings_total{metric="lost_peers"} 1',
      'tender_test_known_peers 3',
    ])
  })
})
