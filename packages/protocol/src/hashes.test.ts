import { type Address, encodeAbiParameters, type Hex, keccak256, pad, stringToBytes, zeroAddress, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import {
  leaseId,
  type MessageName,
  marketDomain,
  messageHash,
  messageTypes,
  offersHash,
  type SignedMessages,
  termsParameters,
  typedData,
} from './hashes.ts'
import { countryId, resourceId } from './tables.ts'

const address = (seed: number): Address => `0x${seed.toString(16).padStart(2, '0').repeat(20)}`
const word = (seed: number): Hex => `0x${seed.toString(16).padStart(2, '0').repeat(32)}`
const domain = marketDomain({ chainId: 31_337, orderBook: address(0xb0) })

/** One of each message, every field different from its neighbours. */
const messages: SignedMessages = {
  Order: {
    tenant: address(1),
    agent: address(2),
    asset: address(3),
    resource: resourceId('cu'),
    kind: 0,
    tier: 1,
    units: 4,
    replicas: 5,
    maxPrice: 20_000n,
    duration: 7200,
    maxMinSeconds: 600,
    uptimeBps: 9950,
    maxSilence: 3600,
    worstLevel: 4,
    spread: 2,
    countries: [countryId('DE'), countryId('FR')],
    verifier: address(6),
    manifest: word(7),
    jobTerms: zeroHash,
    previous: word(8),
    handoverSeconds: 30,
    auctionEnd: 1_800_000_000,
    expiry: 1_800_000_600,
    nonce: 2n ** 255n + 9n,
  },
  Offer: {
    provider: 2n ** 63n + 1n,
    offerEpoch: 3,
    order: word(9),
    resource: resourceId('gpu.nvidia.h100-80gb'),
    asset: address(3),
    tier: 2,
    units: 64,
    price: 19_999n,
    minSeconds: 60,
    maxDuration: 86_400,
    noticeSeconds: 120,
    expiry: 1_800_000_300,
    salt: 12_345n,
  },
  Award: { order: word(9), offers: word(10), deadline: 1_800_000_400 },
  JobTerms: {
    tasks: 100,
    sample: 8,
    validators: 3,
    comparator: word(11),
    deadlineSeconds: 4000,
    cancelFee: 5n,
    verifyFee: 6n,
    inputs: word(12),
  },
  Session: { tenant: address(1), agent: address(4), scopes: 15, issuedAt: 1_800_000_001, expiry: 1_800_000_900 },
  Extend: { lease: word(13), latestEnd: 1_800_009_000, maxAmount: 7n, expiry: 1_800_000_800 },
  Started: { lease: word(13), at: 1_800_000_500, inputs: zeroHash },
  Rating: { lease: word(13), stars: 5 },
  Report: {
    reports: address(7),
    era: 2n ** 63n + 5n,
    attempt: 1,
    round: 2,
    root: word(14),
    coveredUntil: 1_800_003_600,
    dataHash: word(15),
  },
  LeaseEnd: { reports: address(7), lease: word(13), endedAt: 1_800_002_000, evidence: word(16) },
  Verdict: { jobs: address(7), lease: word(13), seed: word(16), passed: true },
  BatchHeader: { reports: address(7), era: 9n, monitor: address(8), digest: word(17) },
  ChallengeAnswer: { lease: word(13), nonce: word(18), at: 1_800_000_700, running: true, url: 'http://a.example:80/' },
  OperatorAcceptance: { owner: address(5), operator: address(6), expiry: 1_800_001_000 },
  Contact: { order: word(1), addresses: ['/ip4/127.0.0.1/tcp/4100', '/dns4/a.example/tcp/443'] },
}

// The type strings that the contracts hash, written out: a renamed, moved or widened field must break signatures loudly.
const typeStrings: Record<MessageName, string> = {
  Order:
    'Order(address tenant,address agent,address asset,bytes32 resource,uint8 kind,uint8 tier,uint32 units,uint16 replicas,uint96 maxPrice,uint32 duration,uint32 maxMinSeconds,uint16 uptimeBps,uint32 maxSilence,uint8 worstLevel,uint8 spread,bytes2[] countries,address verifier,bytes32 manifest,bytes32 jobTerms,bytes32 previous,uint32 handoverSeconds,uint40 auctionEnd,uint40 expiry,uint256 nonce)',
  Offer:
    'Offer(uint64 provider,uint32 offerEpoch,bytes32 order,bytes32 resource,address asset,uint8 tier,uint32 units,uint96 price,uint32 minSeconds,uint32 maxDuration,uint32 noticeSeconds,uint40 expiry,uint256 salt)',
  Award: 'Award(bytes32 order,bytes32 offers,uint40 deadline)',
  JobTerms:
    'JobTerms(uint32 tasks,uint16 sample,uint8 validators,bytes32 comparator,uint32 deadlineSeconds,uint96 cancelFee,uint96 verifyFee,bytes32 inputs)',
  Session: 'Session(address tenant,address agent,uint8 scopes,uint40 issuedAt,uint40 expiry)',
  Extend: 'Extend(bytes32 lease,uint40 latestEnd,uint96 maxAmount,uint40 expiry)',
  Started: 'Started(bytes32 lease,uint40 at,bytes32 inputs)',
  Rating: 'Rating(bytes32 lease,uint8 stars)',
  Report:
    'Report(address reports,uint64 era,uint32 attempt,uint32 round,bytes32 root,uint40 coveredUntil,bytes32 dataHash)',
  LeaseEnd: 'LeaseEnd(address reports,bytes32 lease,uint40 endedAt,bytes32 evidence)',
  Verdict: 'Verdict(address jobs,bytes32 lease,bytes32 seed,bool passed)',
  BatchHeader: 'BatchHeader(address reports,uint64 era,address monitor,bytes32 digest)',
  ChallengeAnswer: 'ChallengeAnswer(bytes32 lease,bytes32 nonce,uint40 at,bool running,string url)',
  OperatorAcceptance: 'OperatorAcceptance(address owner,address operator,uint40 expiry)',
  Contact: 'Contact(bytes32 order,string[] addresses)',
}

const vectors: Record<MessageName, Hex> = {
  Order: '0xa93661e271a2bbb159fba54d98a863affe19d85e0343cef987c8d092e9f5f487',
  Offer: '0x27826632c90b3e212f8572c7953094d3f3cbfc71ce822c92809160a48ea449ca',
  Award: '0xc5be66fa0c15fd4bf7f2ea969422d64a0285ecad7623a730bbd55bc499a142fa',
  JobTerms: '0x1ff34654eb4ac8ab27ed5a1665417596cce689e6b35ba6500c6e6d39dde017d1',
  Session: '0x5187585c0e09eb503304df52e6c5b3658db26f41059624b408b934c2025f04bd',
  Extend: '0xbab4ef1ed63cfa7bbabe591d694d29e0eaba21ea58541553e804d4e9e81e0da6',
  Started: '0x93d086ad028030953f02c976393bcbdfde256600f2f77321485ad5d9cecc9152',
  Rating: '0xbade4a3d87448077a919061917679a9b6de10b0aa06a38978673f47af27eef2e',
  Report: '0xdfac54a4af6b1416c0c7da7005ecf2d98c6edbdb1313309476c494f18ddd8c4e',
  LeaseEnd: '0x255e9e75ba5b1be53256ced4102ecd5db48af6ba1bed0441eb06df3a8a305add',
  Verdict: '0x22291a1d72f9313644d9a7aceeeefaa866f5f3e8f5f1f2f83292d2a37eccd520',
  BatchHeader: '0xddd6264379cad5cc0e9253e2499462323500fe7d15125b51b31e1e7be6499011',
  ChallengeAnswer: '0xf1bd93e43619e5fb9b7edab76b02184440b1761a3843e8f1f4d23751799349f9',
  OperatorAcceptance: '0x8aecc16b7ad3c399cc2904a69ac3b82b756fddca433f811e7c43974701fc4f2c',
  Contact: '0x018311e7d45a1dc529cdc5585f481622eec5148bd82fdf67b8514d95f10977ce',
}

// CAST: the keys of a mapped type over MessageName
const names = Object.keys(messages) as MessageName[]

/** EIP-712 spelled out with nothing but keccak and 32-byte words. */
function digestByHand(name: MessageName): Hex {
  const domainType = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'
  const separator = keccak256(
    encodeAbiParameters(
      [{ type: 'bytes32' }, { type: 'bytes32' }, { type: 'bytes32' }, { type: 'uint256' }, { type: 'address' }],
      [hashText(domainType), hashText('Tender'), hashText('1'), 31_337n, address(0xb0)],
    ),
  )
  const fields: readonly { name: string; type: string }[] = messageTypes[name]
  const message: Record<string, unknown> = { ...messages[name] }
  const words = fields.map((field) => wordOf(field.type, message[field.name]))
  const struct = keccak256(`0x${[hashText(typeStrings[name]), ...words].map((one) => one.slice(2)).join('')}`)
  return keccak256(`0x1901${separator.slice(2)}${struct.slice(2)}`)
}

function hashText(text: string): Hex {
  return keccak256(stringToBytes(text))
}

function wordOf(type: string, value: unknown): Hex {
  if (Array.isArray(value))
    return keccak256(`0x${value.map((item) => wordOf(type.slice(0, -2), item).slice(2)).join('')}`)
  if (type === 'string') return hashText(String(value))
  if (typeof value === 'boolean') return wordOf('uint8', Number(value))
  if (typeof value === 'string' && type.startsWith('bytes')) return pad(hexOf(value), { dir: 'right', size: 32 })
  if (typeof value === 'string') return pad(hexOf(value), { size: 32 })
  return `0x${BigInt(Number.isInteger(value) || typeof value === 'bigint' ? String(value) : 'not a number')
    .toString(16)
    .padStart(64, '0')}`
}

function hexOf(text: string): Hex {
  // CAST: the fixtures above are hex
  return text as Hex
}

test.each(names)('%s has its frozen digest', (name) => {
  expect(messageHash(domain, name, messages[name])).toBe(vectors[name])
})

test.each(names)('%s hashes as EIP-712 says, word by word', (name) => {
  expect(messageHash(domain, name, messages[name])).toBe(digestByHand(name))
})

test.each(names)('%s is signed over its digest', async (name) => {
  const account = privateKeyToAccount(word(0x42))
  const signature = await account.signTypedData(typedData(domain, name, messages[name]))
  expect(signature).toBe(await account.sign({ hash: messageHash(domain, name, messages[name]) }))
})

test('a digest is of one chain and one market', () => {
  const elsewhere = [
    marketDomain({ chainId: 1, orderBook: address(0xb0) }),
    marketDomain({ chainId: 31_337, orderBook: address(0xb1) }),
  ]
  const digests = [domain, ...elsewhere].map((one) => messageHash(one, 'Order', messages.Order))
  expect(new Set(digests).size).toBe(3)
})

test('an award commits to its offers and their order', () => {
  expect(offersHash([word(1), word(2)])).toBe(keccak256(`0x${'01'.repeat(32)}${'02'.repeat(32)}`))
  expect(offersHash([word(2), word(1)])).not.toBe(offersHash([word(1), word(2)]))
})

test('a lease is named by its terms, one word a field', () => {
  const terms = {
    order: word(1),
    offer: word(2),
    index: 3,
    tenant: address(4),
    provider: 5n,
    payout: address(6),
    asset: address(7),
    resource: resourceId('cu'),
    units: 8,
    rate: 2n ** 127n,
    start: 9,
    latestEnd: 10,
    kind: 0,
    tier: 1,
    uptimeBps: 11,
    maxSilence: 12,
    minSeconds: 13,
    noticeSeconds: 14,
    startWindow: 15,
    jobTerms: zeroHash,
    verifier: zeroAddress,
  }
  const values: Record<string, unknown> = terms
  const words = termsParameters.map(({ name, type }) => wordOf(type, values[name]).slice(2))
  expect(words).toHaveLength(21)
  expect(leaseId(terms)).toBe(keccak256(`0x${words.join('')}`))
  expect(leaseId(terms)).toBe('0x3269795f2acdbf5521d13639e1bb9947ef0b18fc4c7b6a8a0d0bb64ae0796dba')
})
