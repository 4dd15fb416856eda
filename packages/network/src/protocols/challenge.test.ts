import { type ChallengeAnswer, marketDomain, messageHash, NotFoundError, type Started } from '@tender/protocol'
import { type Address, type Hex, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { market, NOW, soon, startNode } from '../testNetwork.ts'
import { askChallenge, type ChallengeReply, serveChallenges } from './challenge.ts'

const lease: Hex = `0x${'41'.repeat(32)}`
const nonce: Hex = `0x${'42'.repeat(32)}`
const domain = marketDomain(market)

const signedAnswer = (key: Hex, message: ChallengeAnswer) =>
  privateKeyToAccount(key).sign({ hash: messageHash(domain, 'ChallengeAnswer', message) })

async function signedStart(key: Hex, started: Started) {
  return { started, signature: await privateKeyToAccount(key).sign({ hash: messageHash(domain, 'Started', started) }) }
}

/** A provider that answers as `reply` says, a monitor, and what the provider was asked. */
async function setUp(
  reply: (key: Hex, asked: { lease: Hex; nonce: Hex }, stranger: Hex) => Promise<ChallengeReply>,
  isMonitor?: (address: Address) => boolean,
) {
  const [provider, monitor, stranger] = [await startNode(), await startNode(), await startNode()]
  const asked: unknown[] = []
  await serveChallenges(provider, {
    isMonitor: async (address) => isMonitor?.(address) ?? address === monitor.address,
    async answer(request, caller) {
      asked.push({ ...request, caller: caller.address })
      return reply(provider.privateKey, request, stranger.privateKey)
    },
  })
  const ask = (node = monitor) => askChallenge(node, provider.contact(), { lease, nonce }, soon())
  return { provider, monitor, stranger, asked, ask }
}

const said = { at: NOW, running: true, url: 'http://lease.market.example:8080/' }

test('a provider signs the nonce, says where the workload answers, and shows that it started', async () => {
  const started = { lease, at: NOW - 60, inputs: zeroHash }
  const { ask, asked, monitor } = await setUp(async (key, request) => ({
    ...said,
    signature: await signedAnswer(key, { ...request, ...said }),
    started: await signedStart(key, started),
  }))
  const { answer, signature, started: shown } = await ask()
  expect(answer).toEqual({ lease, nonce, ...said })
  expect(signature).toMatch(/^0x[0-9a-f]{130}$/)
  expect(shown?.started).toEqual(started)
  expect(asked).toEqual([{ lease, nonce, caller: monitor.address }])
})

test('who is no monitor is refused before the provider signs anything', async () => {
  const { ask, asked, stranger } = await setUp(async (key, request) => ({
    ...said,
    signature: await signedAnswer(key, { ...request, ...said }),
  }))
  await expect(ask(stranger)).rejects.toMatchObject({ code: 'notMonitor', class: 'denied' })
  expect(asked).toEqual([])
})

test('a signature of another key, nonce, lease or content is no answer', async () => {
  const forgeries: ((message: ChallengeAnswer, key: Hex, stranger: Hex) => Promise<Hex>)[] = [
    (message, _key, stranger) => signedAnswer(stranger, message),
    (message, key) => signedAnswer(key, { ...message, nonce: zeroHash }),
    (message, key) => signedAnswer(key, { ...message, lease: zeroHash }),
    (message, key) => signedAnswer(key, { ...message, running: false }),
    (message, key) => signedAnswer(key, { ...message, url: '' }),
  ]
  for (const forge of forgeries) {
    const { ask } = await setUp(async (key, request, stranger) => ({
      ...said,
      signature: await forge({ ...request, ...said }, key, stranger),
    }))
    await expect(ask()).rejects.toMatchObject({ code: 'badSignature' })
  }
})

test('a start of another lease or key was not shown', async () => {
  for (const [startedLease, own] of [
    [zeroHash, true],
    [lease, false],
  ] as const) {
    const { ask } = await setUp(async (key, request, stranger) => ({
      ...said,
      signature: await signedAnswer(key, { ...request, ...said }),
      started: await signedStart(own ? key : stranger, { lease: startedLease, at: NOW, inputs: zeroHash }),
    }))
    expect(await ask()).not.toHaveProperty('started.signature')
  }
})

test("a provider's refusal arrives; a url that is none does not", async () => {
  const missing = await setUp(async () => {
    throw new NotFoundError('no such lease', { code: 'unknownLease' })
  })
  await expect(missing.ask()).rejects.toMatchObject({ code: 'unknownLease' })
  const odd = await setUp(async (key, request) => {
    const wrong = { ...said, url: 'file:///etc/passwd' }
    return { ...wrong, signature: await signedAnswer(key, { ...request, ...wrong }) }
  })
  await expect(odd.ask()).rejects.toMatchObject({ class: 'network' })
})
