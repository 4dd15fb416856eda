/** How a peer's figure was got. */
export type Basis =
  /** By this project, of the peer's own contracts. */
  | 'measured'
  /** By the peer itself. */
  | 'published'
  /** From what was measured, by the arithmetic that `includes` names. */
  | 'computed'

export type PeerFigure = { system: string; gas: number; basis: Basis; includes: string; source: string }

/**
 * One thing that markets do on a chain, the rows of our own measurement that together do it, what the least does it for, and what it
 * costs elsewhere.
 */
export type Comparison = { operation: string; ours: readonly OwnFigure[]; peers: readonly PeerFigure[] }

/** `rows`: names of our rows, whose gas is added. */
export type OwnFigure = { system: string; rows: readonly string[]; reference?: boolean; includes: string }

/** Said once of everything that is `measured`. */
export const howPeersWereMeasured =
  'Measured: by this project, once, from the receipts of transactions that the peer’s own contracts took on anvil 1.7.1 (`prague` rules), with ' +
  'the peer’s own compiler settings at the commit that is named, no balance or account new, the ERC-20 approval (46,000, once) left out. ' +
  'Published: by the peer, at the address that is named. Computed: from what was measured. EVM gas ranks designs; Filecoin’s and Fluence’s own ' +
  'chains charge by another schedule. What a peer does besides (capacity proofs, voting, arbitration) differs, and so does what its figure buys.'

const ESCROW = 'both sides bound, money locked, clock running'

const systems = {
  fluence: { system: 'Fluence deal', source: 'fluencelabs/deal b87aa6a6' },
  iexec: { system: 'iExec PoCo classic', source: 'iExecBlockchainComputing/PoCo fd0c823e' },
  boost: { system: 'iExec PoCo Boost', source: 'iExecBlockchainComputing/PoCo fd0c823e' },
  lilypad: { system: 'Lilypad', source: 'Lilypad-Tech/lilypad 9ed8651' },
  filecoin: { system: 'Filecoin Pay', source: 'FilOzone/filecoin-pay 04ded6a' },
  marlin: { system: 'Marlin Oyster', source: 'MarketV1, 366b61f4' },
  flow: { system: 'Sablier Flow', source: 'sablier-labs/flow 35daf53' },
  flowPublished: {
    system: 'Sablier Flow',
    source: 'https://github.com/sablier-labs/benchmarks, results/flow/sablier-flow.md',
  },
  legacy: { system: 'Sablier Legacy', source: 'https://docs.sablier.com/guides/legacy/gas-costs' },
  golem: { system: 'Golem LockPayment', source: 'Golem’s LockPayment contract' },
  floor: { system: 'the minimum', source: 'a prototype of this project: one slot a lease, payments to a ledger' },
  seaport: { system: 'Seaport 1.6', source: 'ProjectOpenSea/seaport 1.6' },
} as const

type System = keyof typeof systems

function figure(system: System, gas: number, basis: Basis, includes: string): PeerFigure {
  return { ...systems[system], gas, basis, includes }
}

const FLUENCE_ONE = 1_397_224
const FLUENCE_OF_32 = 434_000
/** What a unit more costs, if opening a deal of n units costs a fixed part and n times this. */
const fluenceMore = (32 * FLUENCE_OF_32 - FLUENCE_ONE) / 31
const MACHINES = 8

const one: Comparison = {
  operation: 'one compute unit matched',
  ours: [
    { system: 'Tender', rows: ['match.1'], includes: `two signatures checked, ${ESCROW}` },
    {
      system: 'the minimum',
      rows: ['reference.oneSlot'],
      includes: 'the same calldata, no rule of a market, one slot',
    },
  ],
  peers: [
    figure('fluence', FLUENCE_ONE, 'measured', `${ESCROW}; 0.90 M more on the provider’s side, once`),
    figure('iexec', 846_199, 'measured', `one worker; orders matched, ${ESCROW}`),
    figure('boost', 400_180, 'measured', `orders matched, ${ESCROW}`),
    figure('lilypad', 1_118_517, 'measured', `its own settings; ${ESCROW}`),
    figure(
      'marlin',
      169_780,
      'measured',
      `the tenant picks the operator itself: no offer is signed or checked; ${ESCROW}`,
    ),
    figure('seaport', 169_840, 'measured', 'two signed orders matched and settled at once: no lease comes of it'),
  ],
}

const eight: Comparison = {
  operation: 'eight units on eight machines',
  ours: [
    {
      system: 'Tender',
      rows: ['match.8.distinctProviders'],
      includes: 'one order, eight providers’ bids, eight leases',
    },
    {
      system: 'the minimum',
      rows: ['match.8.distinctProviders'],
      reference: true,
      includes: 'the same calldata, no rule of a market, one slot each',
    },
  ],
  peers: [
    figure(
      'fluence',
      Math.round(FLUENCE_ONE + (MACHINES - 1) * fluenceMore),
      'computed',
      'one deal; from 1 unit and from 32 (434,000 each), by a straight line',
    ),
    figure('iexec', MACHINES * 846_199, 'computed', 'eight tasks of one worker: it grows with each'),
    figure('marlin', MACHINES * 169_780, 'computed', 'eight jobs: it opens one at a time'),
  ],
}

const created: Comparison = {
  operation: 'streaming payment created',
  ours: [{ system: 'Tender', rows: ['match.1'], includes: 'funded; the match that it comes of included' }],
  peers: [
    figure('filecoin', 413_595, 'measured', 'a rail without an arbiter, funded; no market'),
    figure('filecoin', 501_162, 'measured', 'with arbiter and commission'),
    figure('marlin', 169_780, 'measured', 'a job, funded'),
    figure('flow', 162_058, 'measured', 'created and funded; no market'),
    figure(
      'flowPublished',
      124_332 + 37_549,
      'published',
      'create and deposit, inside the contract: without the transactions’ own 21,000 and calldata',
    ),
    figure('legacy', 240_000, 'published', 'create, a rough estimate'),
    figure('golem', 110_136, 'measured', 'a payment locked, which does not stream; no market'),
  ],
}

const settled: Comparison = {
  operation: 'streaming payment settled',
  ours: [
    { system: 'Tender', rows: ['settle.1h'], includes: 'to a balance, any time since the last' },
    { system: 'Tender, of 32 at once', rows: ['settle.batch32.perLease'], includes: 'its share of the transaction' },
  ],
  peers: [
    figure('floor', 36_703, 'measured', 'nothing but the slots, and terms that are passed and hashed'),
    figure('fluence', 148_000, 'measured', 'the least of 148,000 to 165,000'),
    figure('filecoin', 94_414, 'measured', 'without an arbiter'),
    figure('filecoin', 106_639, 'measured', 'with arbiter and commission'),
    figure('marlin', 61_267, 'measured', 'pushed as ERC-20'),
    figure('flow', 86_000, 'measured', 'the least of 86,000 to 88,000; withdrawn as ERC-20'),
    figure(
      'flowPublished',
      40_995,
      'published',
      'withdraw, solvent, inside the contract: without the transaction’s own 21,000 and calldata',
    ),
    figure('legacy', 80_000, 'published', 'withdraw, a rough estimate'),
    figure('golem', 50_204, 'measured', 'paid once from the lock'),
  ],
}

const whole: Comparison = {
  operation: 'a lease: opened, paid once, closed',
  ours: [{ system: 'Tender', rows: ['lease.whole'], includes: 'match, settle, close' }],
  peers: [
    figure('floor', 165_162, 'measured', 'two signatures, nothing of a market'),
    figure('fluence', 2_100_000, 'measured', 'rounded; capacity proofs of some 1.5 M a unit and day left out'),
    figure('filecoin', 706_950, 'measured', 'without an arbiter'),
    figure('marlin', 368_569, 'measured', ''),
    figure('flow', 354_000, 'measured', 'rounded; no market'),
    figure('golem', 204_663, 'measured', 'no market, nothing streams'),
  ],
}

const job: Comparison = {
  operation: 'a job: matched, computed, checked, paid',
  ours: [
    {
      system: 'Tender',
      rows: ['match.1', 'job.whole'],
      includes: 'match, begin, submit, draw, three of three validators’ verdict, all paid',
    },
  ],
  peers: [
    figure('lilypad', 1_774_158, 'measured', 'its own settings; result accepted'),
    figure('iexec', 1_603_911, 'measured', 'one worker: contribute, reveal, finalize'),
    figure('boost', 531_308, 'measured', 'match and push: nobody checks'),
  ],
}

/** What the market does on a chain, beside others. */
export const comparisons: readonly Comparison[] = [one, eight, created, settled, whole, job]
