/** A validator's judging of one job, as a process of its own, run by bench/jobs.ts: from the chain and the provider's content to a finding. */
import { join } from 'node:path'
import { startAgent } from '@tender/cli'
import { openContentStore } from '@tender/content'
import { createWasmDriver } from '@tender/driver-wasm'
import { openStore } from '@tender/kit'
import { createTurns, jobsConfigSchema, judgeJob, openVerdictBook, readDrawnJob } from '@tender/monitor'
import { askBlocks } from '@tender/network'
import type { Dialable, Terms } from '@tender/protocol'
import { type AddressBook, createMarketClient, readBlocks } from '@tender/sdk'
import { type Hex, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { between, moment, type Span } from './moment.ts'

export type Judging = {
  rpcUrl: string
  book: AddressBook
  provider: Dialable
  job: { lease: Hex; terms: Terms; opened: number; end: number }
  /** How many tasks are run again, whatever was ordered. */
  sample: number
  /** For its files. */
  folder: string
}

const signal = AbortSignal.timeout(600_000)

process.once('message', async (message) => {
  // CAST: the parent sends exactly this
  process.send?.(await judge(message as Judging), undefined, {}, () => process.exit())
})

async function judge({ rpcUrl, book, provider, job: asked, sample, folder }: Judging): Promise<Span> {
  const privateKey = generatePrivateKey()
  const account = privateKeyToAccount(privateKey)
  const market = await createMarketClient({ rpcUrl, book, account })
  const node = await startAgent({ privateKey, market, bootstrap: provider.addresses })
  const store = openContentStore(join(folder, 'content'), { bytes: 1e9 })
  const tools = {
    me: account.address,
    store,
    drivers: [createWasmDriver({ stateDir: join(folder, 'wasm') })],
    outcomes: openVerdictBook(openStore({ file: join(folder, 'verdicts.db') }), async () => zeroHash).outcomes,
    sourcesOf: async () => [
      { blocks: (cids: readonly Uint8Array[], within: AbortSignal) => askBlocks(node, provider, cids, within) },
    ],
    hashesOf: async (blocks: readonly number[]) =>
      new Map((await readBlocks(market, { blocks })).flatMap((block) => (block ? [[block.block, block.hash]] : []))),
    inTurn: createTurns(),
    nowSeconds: () => Math.floor(Date.now() / 1000),
    workDir: join(folder, 'work'),
    config: jobsConfigSchema.parse({}),
  }
  const from = moment()
  const job = await readDrawnJob(market, asked)
  if (!job) throw new Error('nobody was drawn')
  const finding = await judgeJob(tools, { ...job, jobTerms: { ...job.jobTerms, sample } }, signal)
  const span = between(from, moment())
  if (finding.kind !== 'judged' || !finding.passed) throw new Error(JSON.stringify(finding))
  if (finding.reasons.tasks.length !== sample) throw new Error(`${finding.reasons.tasks.length} tasks were judged`)
  return span
}
