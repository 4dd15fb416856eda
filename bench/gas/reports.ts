import { randomFillSync } from 'node:crypto'
import { eraReportsAbi, leaseEscrowAbi, stakingAbi } from '@tender/abi'
import {
  buildTree,
  leafHash,
  leaseId,
  type MerkleTree,
  marketDomain,
  type Report,
  type Terms,
  typedData,
} from '@tender/protocol'
import { encodeFunctionData, hexToBytes, parseEther, zeroHash } from 'viem'
import type { LocalAccount } from 'viem/accounts'
import type { Call } from './chain.ts'
import { allowClaims, type Claims, claim, claimsOf, dispute, placeClaims } from './claims.ts'
import { makeAccount } from './market.ts'
import type { Scene } from './scenarios.ts'

const DAY_SECONDS = 86_400
const HASH_BYTES = 32
const WEIGHT = 100
/** A compressed key; nobody dials these monitors. */
const PUBLIC_KEY = `0x02${'11'.repeat(HASH_BYTES)}` as const

/** How many monitors sign, and how many leaves reports have. Both rise. */
export type ReportPlan = { monitors: readonly number[]; sizes: readonly { name: string; leaves: number }[] }

export const reportPlan: ReportPlan = {
  monitors: [4, 16, 64],
  sizes: [
    { name: '10', leaves: 10 },
    { name: '10k', leaves: 10_000 },
    { name: '1M', leaves: 1_000_000 },
  ],
}

/**
 * Reports of so many monitors over so many leaves. Against each of those that all sign: settling one lease, claiming a provider's rewards,
 * resolving a dispute; and settling 32 leases of one provider against the largest, with one multiproof.
 */
export async function reports(scene: Scene, leases: readonly Terms[], plan: ReportPlan): Promise<void> {
  const { bench, market, add } = scene
  const [alone] = leases
  if (!alone) throw new Error('no lease')
  await allowClaims(scene)
  const monitors: LocalAccount[] = []
  let turn = 0
  let last = 0n
  for (const count of plan.monitors) {
    while (monitors.length < count) monitors.push(await joined(scene, `monitor ${monitors.length}`))
    for (const { name, leaves } of plan.sizes) {
      await bench.pass(DAY_SECONDS)
      // The first report has none before it that could be disputed.
      const opened = last === 0n ? undefined : await dispute(scene, alone, last)
      const claims = claimsOf(scene, turn, opened?.id ?? 0n)
      const served = DAY_SECONDS / 4 + 100 * turn++
      const tree = treeOf(leaves, leaves < leases.length ? [alone] : leases, { served, claims })
      const report = await draft(scene, tree)
      const { gasUsed } = await bench.send(market.owner, await posted(scene, report, monitors))
      add(`report.${count}monitors.${name}`, Number(gasUsed))
      await bench.pass(DAY_SECONDS)
      last = report.era
      if (!opened) continue
      const used = await claim(scene, tree, leaves, report.era, claims)
      if (count < Math.max(...plan.monitors)) continue

      add(`dispute.open.${name}`, opened.gas)
      add(`dispute.resolve.${name}`, used.resolve)
      add(`rewards.claim.${name}`, used.claim)
      await settleServed(scene, leases, { name, tree, served: { era: report.era, served } })
      if (leaves === plan.sizes.at(-1)?.leaves)
        await settleManyServed(scene, leases, { name, tree, served: { era: report.era, served } })
    }
  }
}

type Against = { name: string; tree: MerkleTree; served: Served }

async function settleServed(scene: Scene, [alone]: readonly Terms[], { name, tree, served }: Against): Promise<void> {
  if (!alone) throw new Error('no lease')
  const { gasUsed } = await scene.bench.send(scene.seller.operator, settled(scene, alone, served, tree))
  scene.add(`settle.served.${name}`, Number(gasUsed))
}

async function settleManyServed(
  scene: Scene,
  leases: readonly Terms[],
  { name, tree, served }: Against,
): Promise<void> {
  const batch = leases.slice(1)
  const { gasUsed } = await scene.bench.send(scene.seller.operator, settledMany(scene, batch, served, tree))
  scene.add(`settle.served.batch${batch.length}.${name}`, Number(gasUsed))
  scene.add(`settle.served.batch${batch.length}.${name}.perLease`, Number(gasUsed) / batch.length)
}

/** A new monitor. */
export async function joined({ bench, market }: Scene, name: string): Promise<LocalAccount> {
  const monitor = await makeAccount(bench, name)
  const pool = (2n << 160n) | BigInt(monitor.address)
  await bench.send(market.owner, {
    to: market.contracts.staking,
    data: encodeFunctionData({ abi: stakingAbi, functionName: 'stake', args: [pool, parseEther(String(WEIGHT))] }),
  })
  await bench.send(monitor, {
    to: market.contracts.eraReports,
    data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'join', args: [WEIGHT, PUBLIC_KEY, ''] }),
  })
  return monitor
}

type Said = { served: number; claims: Claims }

/** So many leaves: one for each of the leases, then others that nobody asks for, and last what is claimed. */
function treeOf(leaves: number, leases: readonly Terms[], { served, claims }: Said): MerkleTree {
  const hashes = randomFillSync(new Uint8Array(leaves * HASH_BYTES))
  leases.forEach((terms, index) => {
    hashes.set(hexToBytes(leafHash({ kind: 'lease', lease: leaseId(terms), served })), index * HASH_BYTES)
  })
  placeClaims(hashes, claims)
  return buildTree(hashes)
}

/** The next report, up to now. */
async function draft({ bench, market }: Scene, { root }: MerkleTree): Promise<Report> {
  const { eraReports } = market.contracts
  await bench.rpc.mine({ blocks: 1 })
  const coveredUntil = await bench.now()
  const [era, attempt] = await bench.rpc.readContract({
    address: eraReports,
    abi: eraReportsAbi,
    functionName: 'nextReport',
  })
  return { reports: eraReports, era, attempt, round: 0, root, coveredUntil, dataHash: zeroHash }
}

/** The report with the signatures of all. */
async function posted({ market }: Scene, report: Report, monitors: readonly LocalAccount[]): Promise<Call> {
  const domain = marketDomain({ chainId: market.chainId, orderBook: market.contracts.orderBook })
  const signed = typedData(domain, 'Report', report)
  const signatures = await Promise.all(monitors.map((monitor) => monitor.signTypedData(signed)))
  const args = [report, monitors.map((_, index) => index), signatures] as const
  return {
    to: market.contracts.eraReports,
    data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'postReport', args }),
  }
}

type Served = { era: bigint; served: number }

function settled({ market }: Scene, terms: Terms, leaf: Served, tree: MerkleTree): Call {
  const args = [terms, leaf, tree.proof(0)] as const
  return {
    to: market.contracts.leaseEscrow,
    data: encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'settle', args }),
  }
}

function settledMany({ market }: Scene, leases: readonly Terms[], { era, served }: Served, tree: MerkleTree): Call {
  const { proof, flags } = tree.multiproof(leases.map((_, index) => index + 1))
  const args = [leases, era, leases.map(() => served), proof, flags] as const
  return {
    to: market.contracts.leaseEscrow,
    data: encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'settleMany', args }),
  }
}
