import { PassThrough, Readable } from 'node:stream'
import type { Frames, LeaseBook, NetworkNode } from '@tender/network'
import * as network from '@tender/network'
import { decodeWireFirst, encodeWire } from '@tender/network/testParsers'
import { NotFoundError } from '@tender/protocol'
import { type Hex, zeroAddress, zeroHash } from 'viem'
import { joined } from '../mutate.ts'
import { attemptLater, type Target } from '../target.ts'
import { envelopes } from './envelopes.ts'
import { jobManifest } from './seeds.ts'

// Every protocol between peers, both sides of it, through the functions that serve and ask. Instead of a connection there are the
// frames of an input: the protocol's name, and then what the other side says, a frame each.

const { address, publicKey, signature, market } = envelopes
const peer = { publicKey, addresses: ['/ip4/203.0.113.7/tcp/4100'] }
const caller = { address, publicKey }
const never = new AbortController().signal
const lease: Hex = zeroHash
const manifest = jobManifest()

type Conversation = { frames: Frames; said: Uint8Array[] }

/** A stream on which the other side says this, and then ends; and what is said to it. */
function conversation(others: readonly Uint8Array[]): Conversation {
  const left = [...others]
  const said: Uint8Array[] = []
  const frames = {
    closed: never,
    async read(maxBytes: number) {
      const frame = left.shift()
      if (frame && frame.length > maxBytes)
        throw new network.TooLargeError('a frame', { sizeBytes: frame.length, maxBytes })
      return frame
    },
    async write(frame: Uint8Array | readonly Uint8Array[]) {
      said.push(frame instanceof Uint8Array ? frame : joined(frame))
    },
    ...{ end: async () => {}, close: async () => {}, abort() {} },
    rest: () => {
      throw new network.ConnectionLostError()
    },
  } satisfies Frames
  return { frames, said }
}

type Handler = (frames: Frames, by: typeof caller, signal: AbortSignal) => Promise<void>

/** A node whose one peer says `others` to whatever it is asked; what serves on it is kept by name. */
function nodeOver(conversations: Conversation[], others: readonly Uint8Array[] = []) {
  const handlers = new Map<string, Handler>()
  const node = {
    ...{ peerId: 'peer', address, publicKey, market },
    view: { verifySignature: async () => true, providerOf: async () => 1n, nowSeconds: () => 1_000, log() {} },
    contact: () => peer,
    relays: () => [{ peer, reserved: true }],
    relayServes: () => true,
    async open() {
      const talk = conversation(others)
      conversations.push(talk)
      return talk.frames
    },
    async handle(name: string, _limits: unknown, handler: Handler) {
      handlers.set(name, handler)
      return async () => {}
    },
  }
  // CAST: what protocols use of a node is here
  return { node: node as never as NetworkNode, handlers }
}

const isMonitor = async () => true
const record = { task: 0, exit: 0, output: zeroHash, outputBytes: 10, block: 5, blockHash: zeroHash }
const header = { header: { reports: zeroAddress, era: 1n, monitor: address, digest: zeroHash }, signature, bytes: 10 }
const report = {
  ...{ reports: zeroAddress, era: 1n, attempt: 0, round: 0, root: zeroHash, coveredUntil: 1, dataHash: zeroHash },
}
const observation = {
  ...{
    lease,
    probes: 1,
    upBps: 5,
    latencyMs: 1,
    spreadMs: 0,
    challenges: 1,
    answered: 1,
    startedAt: 5,
    evidence: zeroHash,
  },
}

/** One lease that has everything. */
const book = {
  find: async () => ({ tenant: address, agent: address, manifest: zeroHash }),
  remember: async () => {},
  maxBytes: 1_000_000,
  hasBlob: async () => false,
  async storeBlob({ bytes }: { bytes: AsyncIterable<Uint8Array> }) {
    for await (const _ of bytes);
  },
  accept: async () => ({ url: 'http://a.example.org' }),
  keepExtend: async () => {},
  evidence: async () => ({ leaseId: lease, reason: 'it ended', endedAt: 5, exit: 'code 1', logTail: ['a'] }),
  jobStatus: async () => ({ phase: 'running' as const, tasks: 3, done: 1, failed: 0, running: [1], records: [record] }),
  async *logs() {
    yield { atMs: 1, stream: 'stdout' as const, service: 'web', text: 'hello' }
    yield { sealed: Uint8Array.of(1, 2, 3) }
  },
  status: async () => ({ phase: 'ready' as const, url: 'http://a.example.org', revision: 0, stop: 5 }),
  taskLog: async () => ({ end: 'it ended', lines: [{ atMs: 1, stream: 'stdout' as const, text: 'hello' }] }),
  usage: async () => {
    const used = { cpuMs: 1, memoryBytes: 2, memoryPeakBytes: 3 }
    return { atMs: 1, ...used, limits: { cpuMilli: 5, memoryBytes: 6 }, services: [{ service: 'web', ...used }] }
  },
  async connect(): Promise<never> {
    throw new NotFoundError('nothing answers there')
  },
  copyOut: async () => Readable.from([Buffer.from('tar')]),
  async copyIn(_lease: Hex, _to: unknown, tar: Readable) {
    for await (const _ of tar);
  },
  async exec() {
    const stdin = new PassThrough().resume()
    const { promise, resolve } = Promise.withResolvers<number>()
    stdin.once('finish', () => resolve(0))
    const output = () => Readable.from([Buffer.from('x')])
    return { stdin, stdout: output(), stderr: output(), exit: promise, kill: () => resolve(1), resize: async () => {} }
  },
} satisfies LeaseBook & Record<string, unknown>

const leaves = [{ leaf: { kind: 'lease' as const, lease, served: 5 }, proof: [zeroHash] }]
const verdict = { passed: true, signature, tasks: [{ task: 0, same: true, detail: 'same' }], faults: [] }

/** Serves everything. */
async function serveAll(node: NetworkNode): Promise<void> {
  const judge = async () => ({ signature })
  await network.serveProposals(node, { isMonitor, judge })
  await network.serveSuspicions(node, { isMonitor, judge })
  await network.serveBatchHeaders(node, { isMonitor, keep: async () => {} })
  await network.serveBids(node, async () => ({ accepted: true }))
  await network.serveBlocks(node, { block: async () => Uint8Array.of(1) })
  await network.serveCapacity(node, { isMonitor, work: async () => [zeroHash] })
  const reply = {
    at: 1_000,
    running: true,
    url: '',
    signature,
    started: { started: { lease, at: 1, inputs: zeroHash }, signature },
  }
  await network.serveChallenges(node, { isMonitor, answer: async () => reply })
  await network.serveCopies(node, book)
  await network.serveEvidence(node, book)
  await network.serveExec(node, book)
  await network.serveIngress(node, book)
  await network.serveJobStatus(node, book)
  await network.serveLeaves(node, async () => ({ era: 1n, leaves }))
  await network.serveLogs(node, book)
  await network.serveManifests(node, book)
  await network.serveObservations(node, async () => ({ batch: header, seen: { observation, probes: [] } }))
  await network.serveParts(node, async () => Uint8Array.of(1, 2))
  await network.servePings(node)
  await network.serveExtends(node, book)
  await network.serveRelayIngress(node, { domain: 'relay.example', http: 80, owns: async () => true })
  await network.serveRatings(node, async () => {})
  await network.serveStatus(node, book)
  await network.serveTaskLogs(node, book)
  await network.serveTunnels(node, book)
  await network.serveUsage(node, book)
  await network.serveVerdicts(node, () => verdict)
  await network.serveWhy(node, async () => ({ decision: 'declined', reasons: [{ rule: 'price', message: 'too low' }] }))
}

const session = { session: { tenant: address, agent: address, scopes: 7, issuedAt: 5, expiry: 2_000 }, signature }
const end = { reports: zeroAddress, lease, endedAt: 1, evidence: zeroHash }
const bid = { type: 'bid' as const, offer: { ...envelopes.offer, order: `0x${'33'.repeat(32)}` as const }, signature }
const decline = {
  type: 'decline' as const,
  provider: 1n,
  order: zeroHash,
  reasons: [{ rule: 'price', message: 'too low' }],
}
const within = { timeoutMs: 10_000, signal: never }
const place = { lease, service: 'web', replica: 0 }

/** Asks one question of each protocol. */
const questions: Record<string, (node: NetworkNode) => Promise<unknown>> = {
  proposal: (node) =>
    network.sendProposal(
      node,
      peer,
      { report, signature, block: { number: 1n, hash: zeroHash }, batches: [header] },
      within,
    ),
  suspicion: (node) => network.sendSuspicion(node, peer, end, within),
  batch: (node) => network.sendBatchHeader(node, peer, header, never),
  bid: (node) => network.sendBid(node, peer, bid, never),
  decline: (node) => network.sendBid(node, peer, decline, never),
  blocks: (node) => Array.fromAsync(network.askBlocks(node, peer, [Uint8Array.of(1, 2), Uint8Array.of(3)], never)),
  capacity: (node) =>
    network.askCapacity(
      node,
      peer,
      { nonce: zeroHash, resource: zeroHash, units: 1, memoryKib: 64, passes: 1 },
      within,
    ),
  challenge: (node) => network.askChallenge(node, peer, { lease, nonce: zeroHash }, never),
  'copy-out': async (node) => (await network.copyOut(node, peer, { ...place, path: '/data' }, never)).toArray(),
  'copy-in': (node) =>
    network.copyIn(node, peer, { ...place, path: '/data', session }, Readable.from([Buffer.from('tar')]), never),
  evidence: async (node) => {
    const evidence = await network.askEvidence(node, peer, { lease }, never)
    return evidence && network.evidenceHash(evidence)
  },
  exec: async (node) => {
    const running = await network.openExec(
      node,
      peer,
      { ...place, command: ['sh'], terminal: { columns: 80, rows: 24 } },
      never,
    )
    running.stdout.resume()
    running.stderr.resume()
    running.stdin.on('error', () => {}).end()
    return running.exit
  },
  ingress: (node) =>
    network.openIngress(node, peer, { lease, host: 'a.example', secure: true, clientAddress: '203.0.113.7' }, never),
  jobStatus: (node) => network.askJobStatus(node, peer, { lease, from: 0, session }, never),
  leaves: (node) => network.askLeaves(node, peer, { era: 1n, of: { leases: [lease] } }, never),
  logs: (node) =>
    Array.fromAsync(
      network.readLogs(node, peer, { lease, follow: false, tail: 5, unseal: async (sealed) => sealed }, never),
    ),
  manifest: (node) => {
    const readBlob = () => [Uint8Array.of(1, 2, 3)]
    return network.sendManifest(
      node,
      peer,
      { lease, manifest, revision: 1, secrets: { password: '0x0102' }, readBlob },
      never,
    )
  },
  observations: (node) => network.askObservations(node, peer, { lease, era: 1n }, never),
  part: (node) => network.askPart(node, peer, zeroHash, { maxBytes: 1_000, signal: never }),
  ping: (node) => network.askPing(node, peer, never),
  prolong: (node) => {
    const permission = { lease, latestEnd: 1, maxAmount: 5n, expiry: 2 }
    return network.sendExtend(node, peer, { lease, permission, signature, runwaySeconds: 60 }, never)
  },
  publish: (node) => network.publishLeases(node, peer, { leases: [lease] }, never),
  rating: (node) => network.sendRating(node, peer, { rating: { lease, stars: 5 }, tenant: address, signature }, never),
  status: (node) => network.askStatus(node, peer, { lease, session }, never),
  taskLog: (node) => network.askTaskLog(node, peer, { lease, task: 0 }, never),
  tunnel: (node) => network.openTunnel(node, peer, { lease, service: 'web', port: 80 }, never),
  usage: (node) => network.askUsage(node, peer, { lease }, never),
  verdict: (node) => network.askVerdict(node, peer, { jobs: zeroAddress, lease, seed: zeroHash }, never),
  why: (node) => network.askWhy(node, peer, zeroHash, never),
}

/** Name of the protocol that a question is of. */
const protocolOf = (question: string): string => (question === 'decline' ? 'bid' : question)

/** The name that an input begins with, and its frames. */
function split(input: Uint8Array): { name: string; frames: Uint8Array[] } | undefined {
  const parts: Uint8Array[] = []
  let name: unknown
  for (let rest = input; rest.length > 0; ) {
    try {
      const { value, tail } = decodeWireFirst(rest)
      if (parts.length === 0) name = value
      parts.push(rest.subarray(0, rest.length - tail.length))
      rest = tail
    } catch {
      // What is no value is a frame all the same.
      parts.push(rest)
      break
    }
  }
  return typeof name === 'string' ? { name, frames: parts.slice(1) } : undefined
}

/** What is said to a server that is ready for everything. */
const READY = encodeWire({ value: { ready: true } })
const NEEDED = encodeWire({ value: { needed: [] } })

/** What our own side says of each question, once to a silent peer and once to a ready one. */
async function requestSeeds(): Promise<Uint8Array[]> {
  const seeds: Uint8Array[] = []
  for (const [name, ask] of Object.entries(questions)) {
    const others = name === 'manifest' ? [NEEDED] : name === 'exec' || name.startsWith('copy') ? [READY] : []
    const talks: Conversation[] = []
    await attemptLater(() => ask(nodeOver(talks, others).node))
    // A command that runs waits for what is typed, which comes a turn later.
    await new Promise(setImmediate)
    for (const { said } of talks) seeds.push(joined([encodeWire(protocolOf(name)), ...said]))
  }
  return seeds
}

async function answerSeeds(): Promise<Uint8Array[]> {
  const seeds: Uint8Array[] = []
  const serving = await servers
  for (const seed of await requestSeeds()) {
    const asked = split(seed)
    const talk = conversation(asked?.frames ?? [])
    await attemptLater(async () => serving.get(asked?.name ?? '')?.(talk.frames, caller, never))
    if (asked && talk.said.length > 0) seeds.push(joined([encodeWire(asked.name), ...talk.said]))
  }
  const failure = { failure: { code: 'unknownLease', class: 'notFound', message: 'no', hint: 'ask another' } }
  seeds.push(joined([encodeWire('status'), encodeWire(failure)]))
  return seeds
}

const servers = (async () => {
  const { node, handlers } = nodeOver([])
  await serveAll(node)
  return handlers
})()

const code = ['packages/network/src/protocols/']
const more = [
  'rpc.ts',
  'leaseAccess.ts',
  'leaseStream.ts',
  'streamKind.ts',
  'items.ts',
  'execServer.ts',
  'execChannel.ts',
  'errors.ts',
]
const NETWORK = 'packages/network/src/'

const requests: Target = {
  name: 'peer-requests',
  format: 'cbor',
  maxBytes: 32 * 1024,
  code: [...code, ...more.map((file) => `${NETWORK}${file}`)],
  seeds: requestSeeds,
  async run(input) {
    const asked = split(input)
    const handler = asked && (await servers).get(asked.name)
    if (!asked || !handler) return false
    return (await attemptLater(() => handler(conversation(asked.frames).frames, caller, never))) !== undefined
  },
}

const answers: Target = {
  name: 'peer-answers',
  format: 'cbor',
  maxBytes: 32 * 1024,
  code: [...code, ...more.map((file) => `${NETWORK}${file}`)],
  seeds: answerSeeds,
  async run(input) {
    const told = split(input)
    const ask = told && Object.hasOwn(questions, told.name) ? questions[told.name] : undefined
    if (!told || !ask) return false
    return (await attemptLater(() => ask(nodeOver([], told.frames).node))) !== undefined
  },
}

export const peerTargets = [requests, answers]
