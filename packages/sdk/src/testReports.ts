import { type Leaf, leafTree, type MerkleTree, type Report } from '@tender/protocol'
import { type Hex, hexToNumber, parseUnits, slice, testActions, zeroHash } from 'viem'
import { getChainTime } from './actions/getChainTime.ts'
import { getNextReport } from './actions/getNextReport.ts'
import { getReportRules } from './actions/getReportRules.ts'
import { joinMonitor } from './actions/joinMonitor.ts'
import { postReport } from './actions/postReport.ts'
import { sendStakeTokens } from './actions/sendStakeTokens.ts'
import { signReport } from './actions/signReport.ts'
import { stake } from './actions/stake.ts'
import type { MarketClient } from './createMarketClient.ts'
import { accountOf } from './internal/send.ts'

// Real reports for tests, on a local chain: from a monitor that is alone and says what it is told.

/** A report that is effective. */
export type TestReport = Pick<MerkleTree, 'proof' | 'multiproof'> & { report: Report }

export type TestMonitor = {
  client: MarketClient
  index: number
  /**
   * Posts the next era's report and turns the clock until it is effective. Figures of leaves are cumulative.
   * `coveredUntil`: Unix seconds. @default now
   */
  report(leaves: readonly Leaf[], over?: Partial<Report>): Promise<TestReport>
}

/** Makes the client's account the market's monitor, with stake from `holder`, and turns the clock until it counts. */
export async function joinTestMonitor(client: MarketClient, holder: MarketClient): Promise<TestMonitor> {
  const { address: monitor } = accountOf(client)
  const { minWeight, genesis, eraSeconds } = await getReportRules(client)
  await cheats(client).setBalance({ address: monitor, value: parseUnits('1', 18) })
  const amount = parseUnits(String(minWeight), 18)
  await sendStakeTokens(holder, { to: monitor, amount })
  await stake(client, { monitor, amount })
  const { index } = await joinMonitor(client, { weight: minWeight, publicKey: publicKeyOf(client), addresses: [] })
  const { clockEra } = await getNextReport(client)
  await turnClockTo(client, genesis + (clockEra + 1) * eraSeconds)

  return {
    client,
    index,
    async report(leaves, over = {}) {
      const tree = leafTree(leaves)
      const report = { ...(await nextReport(client, tree.root)), ...over }
      const { signature } = await signReport(client, { report })
      const { effectiveAt } = await postReport(client, { report, signatures: [{ index, signature }] })
      await turnClockTo(client, effectiveAt)
      return { report, proof: tree.proof, multiproof: tree.multiproof }
    },
  }
}

/** What a report of that root has to say beside it. */
export async function nextReport(client: MarketClient, root: Hex): Promise<Report> {
  const { era, attempt } = await getNextReport(client)
  const { timestamp: coveredUntil } = await getChainTime(client)
  return { reports: client.book.contracts.eraReports, era, attempt, round: 0, root, coveredUntil, dataHash: zeroHash }
}

/** Moves a local chain's clock to `timestamp`, Unix seconds, and mines a block; never back. */
export async function turnClockTo(client: MarketClient, timestamp: number): Promise<void> {
  const { timestamp: now } = await getChainTime(client)
  if (now >= timestamp) return
  await cheats(client).increaseTime({ seconds: timestamp - now })
  await cheats(client).mine({ blocks: 1 })
}

/** The compressed public key of the client's account. */
export function publicKeyOf(client: MarketClient): Hex {
  const account = accountOf(client)
  if (!('publicKey' in account)) throw new Error('a wallet does not tell its public key')
  const { publicKey } = account
  const even = hexToNumber(slice(publicKey, 64, 65)) % 2 === 0
  return `0x${even ? '02' : '03'}${slice(publicKey, 1, 33).slice(2)}`
}

function cheats({ rpc }: MarketClient) {
  return rpc.extend(testActions({ mode: 'anvil' }))
}
