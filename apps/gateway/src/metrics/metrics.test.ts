import { zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { classes } from '../store/schema.ts'
import { describeStores } from '../testStores.ts'
import { createGatewayMetrics } from './gatewayMetrics.ts'

describeStores('what a gateway tells', (stores) => {
  test('is how far its index is, and the market', async () => {
    const store = await stores.open()
    const status = { at: 9, head: 12, events: 70, reorgs: 3, failures: 1 }
    const metrics = createGatewayMetrics({
      store,
      now: () => 1_010,
      head: () => ({ timestamp: 1_000 }),
      indexer: { status: () => status },
      network: {
        pipeUse: () => ({ open: 1, opened: 4, refused: { tooMany: 2 }, bytesOut: 10, bytesIn: 20 }),
        counts: () => ({
          peers: 3,
          connections: { direct: 2, relayed: 1 },
          streams: 5,
          receivedBytes: 30,
          sentBytes: 40,
          gossip: [{ topic: 'orders', accepted: 6, ignored: 0, refused: 0 }],
          refused: new Map(),
          places: 7,
        }),
      },
    })
    expect(await metrics.text()).toContain('tender_gateway_market_running_leases 0')

    const place = { position: 1, block: 9, tx: zeroHash, at: 990 }
    const cu = { resource: 'cu', ...place, id: zeroHash, listed: true, stakePerUnit: 1n, committed: 32, leased: 5 }
    await store.write(async ({ tx }) => {
      await tx.insert(classes).values({ ...cu, providers: 3 })
    })
    const text = await metrics.text()
    expect(text).toContain('tender_gateway_index_block_number 9')
    expect(text).toContain('tender_gateway_index_lag_blocks 3')
    expect(text).toContain('tender_gateway_index_events_total 70')
    expect(text).toContain('tender_gateway_chain_silence_seconds 10')
    expect(text).toContain('tender_gateway_market_committed_units{resource="cu"} 32')
    expect(text).toContain('tender_gateway_market_leased_units{resource="cu"} 5')
    expect(text).toContain('tender_gateway_pipe_refused_total{reason="tooMany"} 2')
    expect(text).toContain('tender_gateway_network_connected_peers 3')
    expect(text).toContain('tender_gateway_network_gossip_messages_total{topic="orders",outcome="accepted"} 6')
    expect(text).not.toContain('failed_readings_total{')
  })
})
