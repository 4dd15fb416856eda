import { createLog, openStore } from '@tender/kit'
import { marketDomain, type Report } from '@tender/protocol'
import { findReports, getMonitors, type MarketClient, signReport } from '@tender/sdk'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { joinTestMonitor, nextReport, type TestMonitor } from '@tender/sdk/testReports'
import { zeroHash } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEventBook } from '../facts/eventBook.ts'
import { nextReport as standing } from '../facts/nextReport.ts'
import { createWitness } from './witness.ts'

let market: TestMarket
let watcher: MarketClient
beforeAll(async () => {
  market = await startTestMarket()
  watcher = await market.client(1)
})
afterAll(() => market.stop())

function witnessOf(posted: ReturnType<typeof standing>['posted'] = []) {
  const { chainId, contracts } = market.book
  return createWitness({
    client: watcher,
    domain: marketDomain({ chainId, orderBook: contracts.orderBook }),
    store: openStore({ file: ':memory:' }),
    next: () => ({ posted }),
    log: createLog({ name: 'test', level: 'silent' }),
  })
}

async function see(witness: ReturnType<typeof witnessOf>, { client }: TestMonitor, report: Report): Promise<void> {
  const { signature } = await signReport(client, { report })
  witness.see(report, signature, client.account?.address ?? '0x')
}

const isListed = async ({ client }: TestMonitor) =>
  (await getMonitors(watcher)).some(({ key }) => key === client.account?.address)

test('who signs two reports of one round loses its seat, who signs two rounds does not', async () => {
  const monitor = await joinTestMonitor(await market.client(4), market.governor)
  const report = await nextReport(watcher, zeroHash)
  const witness = witnessOf()
  await see(witness, monitor, report)
  await see(witness, monitor, report)
  await see(witness, monitor, { ...report, round: 1, root: `0x${'01'.repeat(32)}` })
  await witness.step()
  expect(await isListed(monitor)).toBe(true)

  await see(witness, monitor, { ...report, root: `0x${'01'.repeat(32)}` })
  await witness.step()
  expect(await isListed(monitor)).toBe(false)
})

test('a report that a leader proposed is compared with the one that was posted', async () => {
  const monitor = await joinTestMonitor(await market.client(5), market.governor)
  const { report } = await monitor.report([])
  const [posted] = await findReports(watcher, { era: report.era })
  if (!posted) throw new Error('no report')
  const book = createEventBook({ leases: [], common: [] })
  book.apply({ ...posted, type: 'posted', block: posted.block, logIndex: 0 })
  const witness = witnessOf(standing(book.common(), 0).posted)
  await see(witness, monitor, { ...report, dataHash: `0x${'02'.repeat(32)}` })
  await witness.step()
  expect(await isListed(monitor)).toBe(false)
})
