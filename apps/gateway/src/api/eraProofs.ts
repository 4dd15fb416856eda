import type { LeaseProof, ProviderProof } from '@tender/api'
import { type Leaf, type LeaseMetric, leafKinds, NotFoundError, UnreachableError } from '@tender/protocol'
import { encodeAbiParameters, getAddress, type Hex } from 'viem'
import type { EraProof, GatewayNetwork } from '../network/gatewayNetwork.ts'
import type { Store } from '../store/openStore.ts'
import { findEra } from './queries/eras.ts'

/** Proofs from the data that monitors published, against the roots that the chain has. */
export type EraProofs = {
  /** @throws {NotFoundError} `unknownEra`, `notInReport` @throws {UnreachableError} `noMonitorAnswers`, `noPeer` */
  lease(era: number, lease: Hex, signal: AbortSignal): Promise<LeaseProof>
  /** @throws the same */
  provider(era: number, provider: string, signal: AbortSignal): Promise<ProviderProof>
}

export function createEraProofs(store: Store, network: GatewayNetwork | undefined, now: () => number): EraProofs {
  function peer(): GatewayNetwork {
    if (network) return network
    throw new UnreachableError('this gateway runs no peer that could ask monitors', { code: 'noPeer' })
  }

  async function reportOf(number: number) {
    const { era, root, tx, block } = await store.read((db) => findEra(db, number, now()))
    return { era, root, tx, block }
  }

  return {
    async lease(number, lease, signal) {
      const report = await reportOf(number)
      const proofs = await peer().proofs(BigInt(number), { lease }, signal)
      const found = proofs.find(({ leaf }) => leaf.kind === 'lease')
      if (found?.leaf.kind !== 'lease') throw notInReport(number, `lease ${lease}`)
      const { result } = await peer().eraData(BigInt(number), signal)
      const metric = result.metrics.find((one) => one.lease === lease)
      return {
        ...report,
        ...shown(found),
        leaf: { kind: 'lease', lease: found.leaf.lease, served: found.leaf.served },
        metric: metric ? metricOf(metric) : null,
      }
    },
    async provider(number, provider, signal) {
      const report = await reportOf(number)
      const proofs = await peer().proofs(BigInt(number), { provider: BigInt(provider) }, signal)
      const found = proofs.find(({ leaf }) => leaf.kind === 'provider')
      if (found?.leaf.kind !== 'provider') throw notInReport(number, `provider ${provider}`)
      const { result } = await peer().eraData(BigInt(number), signal)
      const record = result.state.providers.find((one) => one.provider === BigInt(provider))
      const { score, rewards, slashed } = found.leaf
      return {
        ...report,
        ...shown(found),
        leaf: { kind: 'provider', provider, score, rewards, slashed },
        inputs: record?.inputs ?? null,
      }
    },
  }
}

function notInReport(era: number, what: string): NotFoundError {
  return new NotFoundError(`the report of era ${era} says nothing of ${what}`, {
    code: 'notInReport',
    hint: 'A lease stands in reports from the era it began in until the first one that covers its end.',
  })
}

function shown({ leaf, hash, proof }: EraProof) {
  return { encoded: encodeLeaf(leaf), hash, proof: [...proof] }
}

function metricOf({ lease: _, upBps, latencyMs, spreadMs, ...rest }: LeaseMetric): LeaseProof['metric'] {
  return {
    ...rest,
    upBps: upBps ?? null,
    latencyMs: latencyMs ?? null,
    spreadMs: spreadMs ?? null,
    assigned: rest.assigned.map((monitor) => getAddress(monitor)),
    seenBy: rest.seenBy.map((monitor) => getAddress(monitor)),
  }
}

/** A leaf as the contract encodes it before it hashes it twice; see `IEraReports`. */
export function encodeLeaf(leaf: Leaf): Hex {
  const words = [BigInt(leafKinds[leaf.kind]), ...wordsOf(leaf)]
  return encodeAbiParameters(
    words.map(() => ({ type: 'uint256' }) as const),
    words,
  )
}

function wordsOf(leaf: Leaf): bigint[] {
  switch (leaf.kind) {
    case 'lease':
      return [BigInt(leaf.lease), BigInt(leaf.served)]
    case 'credit':
      return [BigInt(leaf.lease), leaf.provider, BigInt(leaf.tenant), leaf.amount]
    case 'provider':
      return [leaf.provider, BigInt(leaf.score), leaf.rewards, leaf.slashed]
    case 'monitor':
      return [BigInt(leaf.monitor), BigInt(leaf.asset), leaf.rewards]
    case 'monitorSlash':
      return [BigInt(leaf.monitor), leaf.slashed]
    case 'dispute':
      return [leaf.dispute, leaf.upheld ? 1n : 0n]
  }
}
