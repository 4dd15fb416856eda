import type { TestMarket } from '@tender/sdk/testMarket'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finding } from '../finding.ts'
import { judgeCapacity } from './capacityLaws.ts'
import { judgeConservation } from './conservation.ts'
import { replayEscrow } from './escrowBooks.ts'
import type { ChainFacts, ContractName, EventOf, MarketEvent } from './facts.ts'
import { judgeJobs } from './jobLaws.ts'
import { judgeChain } from './judgeChain.ts'
import { judgeOpenings } from './openingLaws.ts'
import { judgePenalties } from './penaltyLaws.ts'
import { readFacts } from './readFacts.ts'
import { judgeRewards } from './rewardLaws.ts'
import { judgeStake } from './stakeLaws.ts'
import { playHistory } from './testHistory.ts'

let market: TestMarket
let facts: ChainFacts

beforeAll(async () => {
  market = await playHistory()
  facts = await readFacts(market.book, market.chain.url, AbortSignal.timeout(60_000))
})
afterAll(() => market?.stop())

test('an honest market passes', async () => {
  expect((await judgeChain(facts)).findings).toEqual([])
})

/** The first event of that name that `is` the one meant. */
function told<C extends ContractName, Name extends string>(
  { events }: ChainFacts,
  contract: C,
  name: Name,
  is: (event: EventOf<C, Name>) => boolean = () => true,
): EventOf<C, Name> {
  // CAST: chosen by these two just here
  const found = events.filter((event) => event.contract === contract && event.name === name) as EventOf<C, Name>[]
  const event = found.find(is)
  if (!event) throw new Error(`the history has no ${name}`)
  return event
}

const drop = (known: ChainFacts, event: MarketEvent) => known.events.splice(known.events.indexOf(event), 1)
const isService = ({ args }: EventOf<'leaseEscrow', 'LeaseSettled'>) => args.secondsPaid > 0
const isJobPay = ({ args }: EventOf<'leaseEscrow', 'LeaseSettled'>) => args.secondsPaid === 0

const conservation = (known: ChainFacts) => judgeConservation(known, replayEscrow(known))

/** Each law by itself: to judge all of them for every lie would take most of a minute. */
const laws: Record<string, (known: ChainFacts) => Finding[] | Promise<Finding[]>> = {
  escrowConservation: conservation,
  escrowBalance: conservation,
  leaseState: conservation,
  leasePayment: (known) => replayEscrow(known).payments.findings,
  leaseEnd: (known) => replayEscrow(known).endings.findings,
  leaseOpening: judgeOpenings,
  jobPayment: (known) => judgeJobs(known, replayEscrow(known)),
  stake: judgeStake,
  penalty: (known) => judgePenalties(known, replayEscrow(known)),
  capacity: (known) => judgeCapacity(known, replayEscrow(known)),
  reportClaim: judgeRewards,
}

/** What was falsified, which law says so, and what of its sentence shows that it was for this. */
const lies: [string, string, RegExp, (known: ChainFacts) => unknown][] = [
  [
    'a token is missing in the escrow',
    'escrowConservation',
    /tokens of/,
    ({ state }) => {
      for (const [token, tokens] of state.tokens) state.tokens.set(token, tokens - 1n)
    },
  ],
  [
    'an account has a unit too many',
    'escrowBalance',
    /balance of/,
    ({ state }) => {
      const [key = '', amount = 0n] = [...state.balances].find(([, each]) => each > 0n) ?? []
      state.balances.set(key, amount + 1n)
    },
  ],
  [
    'a withdrawal was not told',
    'escrowBalance',
    /balance of/,
    (known) => drop(known, told(known, 'leaseEscrow', 'Withdrawn')),
  ],
  [
    'a resolved lease holds a unit',
    'leaseState',
    /what the lease holds/,
    ({ state }) => {
      const resolved = [...state.leases.values()].find((each) => each.state.resolved)
      if (resolved) resolved.held = 1n
    },
  ],
  [
    'a lease that is all settled was never resolved',
    'leaseState',
    /still it holds|resolved/,
    (known) => {
      const { args } = told(known, 'leaseEscrow', 'LeaseSettled', isService)
      drop(
        known,
        told(known, 'leaseEscrow', 'LeaseResolved', (event) => event.args.lease === args.lease),
      )
    },
  ],
  [
    'a provider was paid a second too many',
    'leasePayment',
    /seconds paid since the start/,
    (known) => {
      told(known, 'leaseEscrow', 'LeaseSettled', isService).args.secondsPaid += 1
    },
  ],
  [
    'a provider was paid twice for the same seconds',
    'leasePayment',
    /seconds paid|what the seconds earn/,
    (known) => {
      const event = told(known, 'leaseEscrow', 'LeaseSettled', isService)
      known.events.splice(known.events.indexOf(event), 0, structuredClone(event))
    },
  ],
  [
    'the provider got a unit more than the seconds earn',
    'leasePayment',
    /what the seconds earn/,
    (known) => {
      told(known, 'leaseEscrow', 'LeaseSettled', isService).args.paid += 1n
    },
  ],
  [
    'the market took too much of a payment',
    'leasePayment',
    /the market's fee/,
    (known) => {
      const { args } = told(known, 'leaseEscrow', 'LeaseSettled', isService)
      Object.assign(args, { paid: args.paid - 1n, fee: args.fee + 1n })
    },
  ],
  [
    'a report said less than was paid',
    'leasePayment',
    /does not have/,
    ({ calls }) => {
      for (const call of [...calls.values()].flat()) if (call.name === 'settle') call.args[1].served -= 1
    },
  ],
  [
    'one of several leaves of a report was another',
    'leasePayment',
    /does not have/,
    ({ calls }) => {
      for (const call of [...calls.values()].flat()) if (call.name === 'settleMany') Object.assign(call.args[2], [1, 1])
    },
  ],
  [
    'a stranger claimed by time',
    'leasePayment',
    /neither the operator nor the payout/,
    ({ calls, place }) => {
      for (const call of [...calls.values()].flat()) if (call.name === 'settleByTime') call.from = place.contracts.jobs
    },
  ],
  [
    'a report was vetoed before it paid',
    'leasePayment',
    /not effective/,
    (known) => {
      const { args, at } = told(known, 'eraReports', 'ReportPosted')
      const veto = { contract: 'eraReports', name: 'ReportVetoed', args: { era: args.era, attempt: 0 }, at } as const
      known.events.splice(known.events.findIndex((event) => event.at === at) + 1, 0, veto)
    },
  ],
  [
    'an extension cost too little',
    'leasePayment',
    /extension costs/,
    (known) => {
      told(known, 'leaseEscrow', 'LeaseExtended').args.amount -= 1n
    },
  ],
  [
    'a tenant got back too little at the end',
    'leasePayment',
    /came back at the end/,
    (known) => {
      told(known, 'leaseEscrow', 'LeaseEnded', ({ args }) => args.refunded > 0n && args.reason === 1).args.refunded -=
        1n
    },
  ],
  [
    'a lease was finished before its grace was over',
    'leasePayment',
    /finished at/,
    ({ rules }) => {
      rules.finalGrace *= 10
    },
  ],
  [
    'a closed lease went on for a minute',
    'leaseEnd',
    /ended for reason 1/,
    (known) => {
      told(known, 'leaseEscrow', 'LeaseEnded', ({ args }) => args.reason === 1).args.closedAt += 60
    },
  ],
  [
    'a replaced lease had no handover',
    'leaseEnd',
    /ended for reason 2/,
    (known) => {
      told(known, 'leaseEscrow', 'LeaseEnded', ({ args }) => args.reason === 2).args.closedAt -= 60
    },
  ],
  [
    'units came back twice',
    'leaseEnd',
    /came back twice/,
    (known) => {
      known.events.push(structuredClone(told(known, 'leaseEscrow', 'LeaseReleased')))
    },
  ],
  [
    'a lease opened at another price',
    'leaseOpening',
    /the rate of a lease|hash of its terms/,
    (known) => {
      told(known, 'leaseEscrow', 'LeaseOpened').args.terms.rate += 1n
    },
  ],
  [
    'a lease opened without the tenant',
    'leaseOpening',
    /did not sign/,
    ({ calls, place }) => {
      for (const call of [...calls.values()].flat()) {
        if (call.name === 'matchOrder')
          Object.assign(call, { from: place.contracts.jobs, args: call.args.with(4, '0x') })
      }
    },
  ],
  [
    'an offer was signed by another key',
    'leaseOpening',
    /its provider did not sign/,
    (known) => {
      told(known, 'providerRegistry', 'ProviderRegistered').args.operator = known.place.contracts.jobs
    },
  ],
  [
    'a job was paid more than its price',
    'jobPayment',
    /pays: expected/,
    (known) => {
      told(known, 'leaseEscrow', 'LeaseSettled', isJobPay).args.paid += 1n
    },
  ],
  [
    'a validator got another part',
    'jobPayment',
    /verify fee became/,
    (known) => {
      told(known, 'leaseEscrow', 'Given').args.amount += 1n
    },
  ],
  [
    'a verdict that nobody signed counted',
    'jobPayment',
    /not all its signers/,
    ({ calls }) => {
      for (const call of [...calls.values()].flat())
        if (call.name === 'resolve') Object.assign(call.args[5], ['0x', '0x'])
    },
  ],
  [
    'a verdict came before the tenant could challenge it',
    'jobPayment',
    /a good verdict counted/,
    ({ rules }) => {
      rules.jobs.challengeSeconds += 100_000
    },
  ],
  [
    'other validators were drawn',
    'jobPayment',
    /validators drawn/,
    (known) => {
      const { args } = told(known, 'jobs', 'JobDrawn')
      args.validators = [...args.validators].reverse().slice(1)
    },
  ],
  [
    'a draw was made from another block',
    'jobPayment',
    /the seed of a draw/,
    ({ blockHashes }) => {
      for (const block of blockHashes.keys()) blockHashes.set(block, `0x${'ab'.repeat(32)}`)
    },
  ],
  [
    'a job that ended is said to run',
    'jobPayment',
    /the state of a job/,
    ({ state }) => {
      for (const job of state.jobs.values()) job.state = 1
    },
  ],
  [
    'a fee stayed with the contract of jobs',
    'jobPayment',
    /have not ended/,
    ({ state, place }) => {
      for (const [key, amount] of state.balances) {
        if (key.startsWith(place.contracts.jobs)) state.balances.set(key, amount + 1n)
      }
    },
  ],
  [
    'a stake got too many shares',
    'stake',
    /shares for a stake/,
    (known) => {
      told(known, 'staking', 'Staked').args.shares += 1n
    },
  ],
  [
    'a slash burnt more than it took',
    'stake',
    /what a slash burns/,
    (known) => {
      told(known, 'staking', 'Slashed').args.burnt += 1n
    },
  ],
  [
    'stake tokens are missing',
    'stake',
    /stake tokens in the contract/,
    ({ state }) => {
      state.staked -= 1n
    },
  ],
  [
    "a pool has shares that are nobody's",
    'stake',
    /a pool/,
    ({ state }) => {
      for (const pool of state.pools.values()) pool.shares += 1n
    },
  ],
  [
    'an abandoned lease cost no penalty',
    'penalty',
    /0 penalties/,
    (known) => drop(known, told(known, 'capacityRegistry', 'Penalised')),
  ],
  [
    'a penalty was too small',
    'penalty',
    /the penalty asked for/,
    (known) => {
      told(known, 'staking', 'Slashed').args.asked -= 1n
    },
  ],
  [
    'a provider was punished for nothing',
    'penalty',
    /costs none/,
    (known) => {
      const event = structuredClone(told(known, 'capacityRegistry', 'Penalised'))
      known.events.push({ ...event, at: told(known, 'leaseEscrow', 'LeaseOpened').at })
    },
  ],
  [
    'units were not given back',
    'capacity',
    /units leased/,
    ({ state }) => {
      for (const commitment of state.capacity.values()) commitment.leased += 1
    },
  ],
  [
    'less stake is locked than the units need',
    'capacity',
    /stake locked/,
    ({ state }) => {
      for (const pool of state.pools.values()) pool.locked -= 1n
    },
  ],
  [
    'a monitor was paid twice',
    'reportClaim',
    /was given/,
    (known) => {
      known.events.push(structuredClone(told(known, 'rewards', 'MonitorPaid')))
    },
  ],
  [
    'a credit was applied that no report has',
    'reportClaim',
    /does not have/,
    ({ calls }) => {
      for (const call of [...calls.values()].flat())
        if (call.name === 'applyCredit') Object.assign(call.args[5], ['0x'])
    },
  ],
]

describe('a falsified fact is found', () => {
  test.each(lies)('%s', async (_, check, sentence, falsify) => {
    const known = structuredClone(facts)
    falsify(known)
    const findings = (await laws[check]?.(known)) ?? []
    const said = findings.filter((finding) => finding.check === check).map(({ message }) => message)
    expect(said).toContainEqual(expect.stringMatching(sentence))
  })
})
