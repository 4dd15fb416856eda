import * as protocol from '@tender/protocol'
import {
  bytesToAscii,
  checkResult,
  formatDuration,
  type JobResult,
  jobResultSchema,
  type MarketDomain,
  type MessageName,
  marketDomain,
  messageHash,
  parseAmount,
  parseCpus,
  parseDuration,
  parseMilliseconds,
  parsePercent,
  parsePrice,
  parseSize,
  seal,
  unseal,
  watermarksOf,
} from '@tender/protocol'
import { testOrder } from '@tender/protocol/testOrder'
import { type Hex, toHex, zeroAddress, zeroHash } from 'viem'
import { attempt, attemptLater, bytesOf, must, type Target, textOf } from '../target.ts'
import { jsonOf, textsOf } from './manifests.ts'

const PROTOCOL = 'packages/protocol/src/'
const domain: MarketDomain = marketDomain({ chainId: 31_337, orderBook: zeroAddress })

const offer = {
  ...{ provider: 1n, offerEpoch: 0, order: zeroHash, resource: zeroHash, asset: zeroAddress, tier: 1, units: 1 },
  ...{ price: 15_000n, minSeconds: 0, maxDuration: 86_400, noticeSeconds: 0, expiry: 1_800_000_000, salt: 1n },
}

/** Of each signed message its schema, and one that is right. */
const signed = {
  Order: [protocol.orderSchema, testOrder()],
  Offer: [protocol.offerSchema, offer],
  Award: [protocol.awardSchema, { order: zeroHash, offers: zeroHash, deadline: 1 }],
  JobTerms: [
    protocol.jobTermsSchema,
    {
      ...{ tasks: 10, sample: 2, validators: 3, comparator: zeroHash, deadlineSeconds: 60 },
      ...{ cancelFee: 0n, verifyFee: 1n, inputs: zeroHash },
    },
  ],
  Session: [protocol.sessionSchema, { tenant: zeroAddress, agent: zeroAddress, scopes: 7, issuedAt: 1, expiry: 2 }],
  Extend: [protocol.extendSchema, { lease: zeroHash, latestEnd: 1, maxAmount: 5n, expiry: 2 }],
  Started: [protocol.startedSchema, { lease: zeroHash, at: 1, inputs: zeroHash }],
  Rating: [protocol.ratingSchema, { lease: zeroHash, stars: 5 }],
  Report: [
    protocol.reportSchema,
    { reports: zeroAddress, era: 1n, attempt: 0, round: 0, root: zeroHash, coveredUntil: 1, dataHash: zeroHash },
  ],
  LeaseEnd: [protocol.leaseEndSchema, { reports: zeroAddress, lease: zeroHash, endedAt: 1, evidence: zeroHash }],
  Verdict: [protocol.verdictSchema, { jobs: zeroAddress, lease: zeroHash, seed: zeroHash, passed: true }],
  BatchHeader: [protocol.batchHeaderSchema, { reports: zeroAddress, era: 1n, monitor: zeroAddress, digest: zeroHash }],
  ChallengeAnswer: [
    protocol.challengeAnswerSchema,
    { lease: zeroHash, nonce: zeroHash, at: 1, running: true, url: 'http://a.example.org' },
  ],
  OperatorAcceptance: [protocol.operatorAcceptanceSchema, { owner: zeroAddress, operator: zeroAddress, expiry: 1 }],
} as const satisfies Partial<Record<MessageName, readonly [unknown, unknown]>>

const jsonText = (value: unknown): string =>
  JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item))

const messages: Target = {
  name: 'messages',
  format: 'json',
  maxBytes: 8 * 1024,
  code: [`${PROTOCOL}schemas.ts`, `${PROTOCOL}hashes.ts`],
  seeds: () => Object.entries(signed).map(([name, [, message]]) => bytesOf(jsonText([name, message]))),
  run(input) {
    const value = jsonOf(input)?.value
    const [name, message] = Array.isArray(value) ? value : []
    if (!isSigned(name)) return false
    const [schema] = signed[name]
    const parsed = schema.safeParse(message)
    if (!parsed.success) return false
    // CAST: the schema is that of the name's message
    const hash = messageHash(domain, name, parsed.data as never)
    const again = schema.safeParse(JSON.parse(jsonText(parsed.data)))
    // CAST: likewise
    must(
      again.success && messageHash(domain, name, again.data as never) === hash,
      'a message does not survive being written',
    )
    return true
  },
}

function isSigned(name: unknown): name is keyof typeof signed {
  return typeof name === 'string' && Object.hasOwn(signed, name)
}

const terms = protocol.termsSchema
const leaseTerms: Target = {
  name: 'lease-terms',
  format: 'json',
  maxBytes: 4 * 1024,
  code: [`${PROTOCOL}schemas.ts`, `${PROTOCOL}hashes.ts`],
  seeds: () => [
    bytesOf(
      jsonText({
        ...{ order: zeroHash, offer: zeroHash, index: 0, tenant: zeroAddress, provider: 1n, payout: zeroAddress },
        ...{ asset: zeroAddress, resource: zeroHash, units: 1, rate: 5n, start: 1, latestEnd: 2, kind: 0, tier: 1 },
        ...{ uptimeBps: 0, maxSilence: 0, minSeconds: 0, noticeSeconds: 0, startWindow: 0, jobTerms: zeroHash },
        verifier: zeroAddress,
      }),
    ),
  ],
  run(input) {
    const parsed = terms.safeParse(jsonOf(input)?.value)
    if (!parsed.success) return false
    must(/^0x[0-9a-f]{64}$/.test(protocol.leaseId(parsed.data)), 'a lease without an id')
    return true
  },
}

const record = (task: number) => ({
  task,
  exit: 0,
  output: zeroHash,
  outputBytes: 10,
  block: 5 + task,
  blockHash: zeroHash,
})
const result: Target = {
  name: 'job-result',
  format: 'json',
  maxBytes: 16 * 1024,
  code: [`${PROTOCOL}jobs/`],
  seeds: () => [bytesOf(jsonText({ version: 1, lease: zeroHash, provider: 7n, records: [record(0), record(1)] }))],
  run(input) {
    const parsed = jobResultSchema.safeParse(jsonOf(input)?.value)
    if (!parsed.success) return false
    const faults = checkResult(parsed.data, factsOf(parsed.data))
    const tasks = parsed.data.records.map(({ task }) => task).toSorted((a, b) => a - b)
    must(faults.length > 0 || tasks.join() === '0,1,2', 'a result without all of its tasks was taken')
    return faults.length === 0
  },
}

/** As if the chain said what the result says: what is wrong within it must show all the same. */
function factsOf(said: JobResult) {
  return {
    ...{ lease: said.lease, provider: said.provider, terms: { tasks: 3 }, replicas: 1, index: 0, outputBytes: 100 },
    ...{ root: protocol.resultRoot(watermarksOf(said)), begunBlock: 1, submittedBlock: 100, progress: [] },
    blockHashes: new Map(said.records.map(({ block, blockHash }) => [block, blockHash])),
  }
}

const asset = { symbol: 'USDC', decimals: 6 }
const numbers: Record<string, (text: string) => bigint | number> = {
  amount: (text) => parseAmount(text, asset),
  price: (text) => parsePrice(text, asset),
  duration: (text) => {
    const seconds = parseDuration(text)
    must(parseDuration(formatDuration(seconds)) === seconds, `${text} does not survive being written`)
    return seconds
  },
  milliseconds: parseMilliseconds,
  size: parseSize,
  cpus: parseCpus,
  percent: parsePercent,
}

const units: Target = {
  name: 'units',
  format: 'json',
  maxBytes: 4 * 1024,
  code: ['units.ts', 'money.ts', 'decimal.ts'].map((file) => `${PROTOCOL}${file}`),
  words: ['GiB', 'd', 'h', 'ms', ' USDC', ' USDC/h', '%', '.'],
  seeds: () =>
    [
      ...[
        ['amount', '1.5 USDC'],
        ['price', '0.02 USDC/h'],
        ['duration', '1d12h'],
        ['milliseconds', '1m30s500ms'],
      ],
      ...[
        ['size', '4GiB'],
        ['size', '1.5g'],
        ['cpus', '0.25'],
        ['percent', '99.5%'],
      ],
    ].map((value) => bytesOf(JSON.stringify(value))),
  run(input) {
    const [kind = '', text = ''] = textsOf(jsonOf(input)?.value)
    const parse = Object.hasOwn(numbers, kind) ? numbers[kind] : undefined
    const parsed = parse && attempt(() => parse(text))
    if (!parsed) return false
    const { value } = parsed
    must(value >= 0 && (typeof value === 'bigint' || Number.isSafeInteger(value)), `${text} became ${value}`)
    return true
  },
}

const privateKey: Hex = `0x${'0'.repeat(63)}1`
const publicKey: Hex = '0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const sealed: Target = {
  name: 'sealed',
  format: 'bytes',
  maxBytes: 1024,
  code: [`${PROTOCOL}seal.ts`],
  seeds: async () => [await seal({ to: publicKey, context: 'fuzz', bytes: bytesOf('secret') })],
  async run(input) {
    const opened = await attemptLater(() => unseal({ privateKey, context: 'fuzz', sealed: input }))
    if (opened) must(textOf(opened.value) === 'secret', 'what nobody sealed was opened')
    return opened !== undefined
  },
}

const names: Target = {
  name: 'chain-names',
  format: 'bytes',
  maxBytes: 64,
  code: [`${PROTOCOL}tables.ts`],
  seeds: () => ['cu', 'DE', 'gpu-a100\0\0'].map(bytesOf),
  run(input) {
    const id = toHex(input)
    const text = bytesToAscii(id)
    if (text !== undefined) must(/^[\x20-\x7e]*$/.test(text), `the name ${JSON.stringify(text)} was taken`)
    return text !== undefined
  },
}

export const messageTargets = [messages, leaseTerms, result, units, sealed, names]
