import { zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { classes, cursor } from '../store/schema.ts'
import { describeStores } from '../testStores.ts'
import { addHttpMetrics, addIndexerMetrics, addPipeMetrics, createGatewayMetrics } from './gatewayMetrics.ts'
import { addStoreMetrics } from './storeMetrics.ts'

describeStores('what the database tells', (stores) => {
  test('is how far it is, and the market', async () => {
    const store = await stores.open()
    const metrics = createGatewayMetrics()
    addStoreMetrics(metrics, { store, now: () => 1_010, head: () => ({ block: 12, timestamp: 1_000 }) })
    const empty = await metrics.text()
    expect(empty).toContain('tender_gateway_index_lag_blocks 12')
    expect(empty).toContain('tender_gateway_market_running_leases 0')

    const place = { position: 1, block: 9, tx: zeroHash, at: 990 }
    const cu = { resource: 'cu', ...place, id: zeroHash, listed: true, stakePerUnit: 1n, committed: 32, leased: 5 }
    await store.write(async ({ tx }) => {
      await tx.insert(classes).values({ ...cu, providers: 3 })
      const chain = { chainId: 31_337, orderBook: zeroAddress, deployBlock: 1, deployHash: zeroHash }
      await tx.insert(cursor).values({ id: 1, ...chain, block: 9, hash: zeroHash, timestamp: 990, finalBlock: 1 })
    })
    const text = await metrics.text()
    expect(text).toContain('tender_gateway_index_block_number 9')
    expect(text).toContain('tender_gateway_index_lag_blocks 3')
    expect(text).toContain('tender_gateway_chain_silence_seconds 10')
    expect(text).toContain('tender_gateway_market_committed_units{resource="cu"} 32')
    expect(text).toContain('tender_gateway_market_leased_units{resource="cu"} 5')
    expect(text).not.toContain('failed_readings_total{')
  })
})

test('what the other parts count is told', async () => {
  const metrics = createGatewayMetrics()
  addIndexerMetrics(metrics, () => ({ steps: 2, events: 70, reorganisations: 1, undoneBlocks: 3 }))
  addPipeMetrics(metrics, () => ({ open: 1, opened: 4, refused: { tooMany: 2 }, bytesOut: 10, bytesIn: 20 }))
  const http = addHttpMetrics(metrics, () => 6)
  http.answered('rest', 200, 0.004)
  http.answered('rest', 404, 0.002)
  const text = await metrics.text()
  expect(text).toContain('tender_gateway_index_events_total 70')
  expect(text).toContain('tender_gateway_pipe_refused_total{reason="tooMany"} 2')
  expect(text).toContain('tender_gateway_http_requests_total{kind="rest",status="4xx"} 1')
  expect(text).toContain('tender_gateway_http_request_seconds_count{kind="rest"} 2')
  expect(text).toContain('tender_gateway_http_event_streams 6')
})
