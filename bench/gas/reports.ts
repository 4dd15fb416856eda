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
import { makeAccount } from './market.ts'
import type { Scene } from './scenarios.ts'

const DAY_SECONDS = 86_400
const HASH_BYTES = 32
const WEIGHT = 100
/** A compressed key; nobody dials these monitors. */
const PUBLIC_KEY = `0x02${'11'.repeat(HASH_BYTES)}` as const

const monitorCounts = [4, 16, 64]
const sizes = [
  { name: '10', leaves: 10 },
  { name: '10k', leaves: 10_000 },
  { name: '1M', leaves: 1_000_000 },
]

/**
 * Reports of 4, 16 and 64 monitors over 10 to a million leaves; settling one lease against each, and 32 leases of one provider
 * against the largest with one multiproof.
 */
export async function reports(scene: Scene, leases: readonly Terms[]): Promise<void> {
  const { bench, market, seller, add } = scene
  const [alone, ...batch] = leases
  if (!alone) throw new Error('no lease')
  const monitors: LocalAccount[] = []
  for (const count of monitorCounts) {
    while (monitors.length < count) monitors.push(await joined(scene, `monitor ${monitors.length}`))
    for (const [index, { name, leaves }] of sizes.entries()) {
      await bench.pass(DAY_SECONDS)
      const served = DAY_SECONDS / 4 + monitors.length * 100 + index
      const tree = treeOf(leaves, leaves < leases.length ? [alone] : leases, served)
      const report = await draft(scene, tree)
      const { gasUsed } = await bench.send(market.owner, await posted(scene, report, monitors))
      add(`report.${count}monitors.${name}`, Number(gasUsed))
      if (count < Math.max(...monitorCounts)) continue

      await bench.pass(DAY_SECONDS)
      const leaf = { era: report.era, served }
      const settling = await bench.send(seller.operator, settled(scene, alone, leaf, tree))
      add(`settle.served.${name}`, Number(settling.gasUsed))
      if (leaves < leases.length || index < sizes.length - 1) continue
      const many = await bench.send(seller.operator, settledMany(scene, batch, leaf, tree))
      add(`settle.served.batch${batch.length}.${name}`, Number(many.gasUsed))
      add(`settle.served.batch${batch.length}.${name}.perLease`, Number(many.gasUsed) / batch.length)
    }
  }
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

/** So many leaves: one for each of the leases, then others that nobody asks for. */
function treeOf(leaves: number, leases: readonly Terms[], served: number): MerkleTree {
  const hashes = randomFillSync(new Uint8Array(leaves * HASH_BYTES))
  leases.forEach((terms, index) => {
    hashes.set(hexToBytes(leafHash({ kind: 'lease', lease: leaseId(terms), served })), index * HASH_BYTES)
  })
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
