import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type BlockMeter, type BlockSource, createBlockMeter, openContentStore } from '@tender/content'
import type { Lifecycle } from '@tender/kit'
import { askBlocks, serveBlocks, serveVerdicts } from '@tender/network'
import { type Dialable, TenderError } from '@tender/protocol'
import { drawJob, getProvider, readBlocks, redrawJob, resolveJob, signVerdict } from '@tender/sdk'
import { type Hex, isAddressEqual, zeroAddress, zeroHash } from 'viem'
import type { Core } from '../core.ts'
import type { Watcher } from '../watcher.ts'
import { type DrawnJob, readDrawnJob } from './drawnJob.ts'
import { createTurns } from './inTurn.ts'
import { forgetContent } from './jobContent.ts'
import { judgeJob } from './judgeJob.ts'
import { createValidator, type Validator, type ValidatorOptions } from './validator.ts'
import { openVerdictBook } from './verdictBook.ts'

/** Whoever was drawn later waits so long for the one before to post: some blocks. */
const TURN_SECONDS = 20
/** Blocks that are asked for at a time. */
const BLOCKS_AT_ONCE = 100

/** The part of a monitor that judges jobs. What was brought here is served on, so that one provider need not serve everybody. */
export async function openValidator(
  core: Core,
  watcher: Watcher,
  life: Lifecycle,
): Promise<Validator & { moved: BlockMeter['counts'] }> {
  const { account, client, store, facts, chain, peers, node, config, log } = core
  const dir = join(resolve(config.stateDir), 'jobs')
  const content = await life.start(
    'content',
    () => openContentStore(join(dir, 'content'), { bytes: config.jobs.storeBytes }),
    (opened) => opened.close(),
  )
  const meter = createBlockMeter()
  const workDir = join(dir, 'work')
  // Of a process that was killed.
  await rm(workDir, { recursive: true, force: true })
  const verdicts = openVerdictBook(store, async (verdict) => (await signVerdict(client, verdict)).signature)
  const tools = {
    me: account.address,
    store: content,
    drivers: core.drivers ?? [],
    outcomes: verdicts.outcomes,
    sourcesOf: async (job: DrawnJob, signal: AbortSignal) =>
      (await sourcesOf(core, watcher, job, signal)).map(meter.fetching),
    hashesOf: (blocks: readonly number[]) => hashesOf(core, blocks),
    inTurn: createTurns(),
    nowSeconds: chain.nowSeconds,
    workDir,
    config: config.jobs,
  }
  const reader = createReader(core)
  const validator = createValidator({
    me: account.address,
    verdicts,
    book: facts.book,
    read: reader.read,
    judge: (job, signal) => judgeJob(tools, job, signal),
    askVerdict: peers.askVerdict,
    async forget(lease) {
      reader.forget(lease)
      forgetContent(content, lease)
      await content.collectGarbage(life.signal)
    },
    post: postingOf(core),
    // What is not known yet is no reason to blame a provider.
    cutOff: () => watcher.blind() !== false,
    nowSeconds: chain.nowSeconds,
    turnSeconds: TURN_SECONDS,
    log,
  })
  core.onEvent(validator.see)
  await life.start('judging', () => validator, validator.settled)
  await serveBlocks(node, meter.serving(content))
  await serveVerdicts(node, validator.find)
  return { ...validator, moved: meter.counts }
}

/** Reads a job once for each new block. */
function createReader({ client, facts }: Core): { read: ValidatorOptions['read']; forget(lease: Hex): void } {
  const known = new Map<Hex, { head: Hex; job: DrawnJob | undefined }>()
  return {
    async read(kept) {
      const head = facts.head()?.hash ?? zeroHash
      const before = known.get(kept.lease)
      if (before?.head === head) return before.job
      const job = await readDrawnJob(client, kept)
      known.set(kept.lease, { head, job })
      return job
    },
    forget: (lease) => void known.delete(lease),
  }
}

function postingOf({ client, log }: Core): ValidatorOptions['post'] {
  return {
    async resolve({ lease, terms, jobTerms }, passed, signatures) {
      const { transaction } = await resolveJob(client, { lease: terms, jobTerms, passed, signatures })
      log.info({ lease, passed, signatures: signatures.length, transaction }, 'resolved a job')
    },
    async redraw({ lease, terms }) {
      const { transaction } = await redrawJob(client, { lease: terms })
      log.info({ lease, transaction }, 'called for other validators of a job')
    },
    async draw({ lease, terms, jobTerms }) {
      const { transaction } = await drawJob(client, { lease: terms, jobTerms })
      log.info({ lease, transaction }, 'drew other validators of a job')
    },
  }
}

/** The provider, and then whoever else was drawn. */
async function sourcesOf(
  { account, client, peers, node }: Core,
  watcher: Pick<Watcher, 'reach'>,
  { terms, everDrawn }: DrawnJob,
  signal: AbortSignal,
): Promise<BlockSource[]> {
  const { provider } = terms
  const reach = await watcher.reach(provider, signal)
  if (!reach.contact && reach.state === 'unheard' && (await hasOperator(client, provider))) {
    throw new TenderError(`provider ${provider} was not heard of yet`, { code: 'unheard', class: 'network' })
  }
  const others = everDrawn.filter((monitor) => !isAddressEqual(monitor, account.address))
  const contacts = [reach.contact, ...others.map((monitor) => peers.contactOf(monitor))]
  return contacts.flatMap((contact) => (contact ? [sourceAt(node, contact)] : []))
}

/** A provider that has no operator key any more is reached by nobody, which is its own doing. */
async function hasOperator(client: Core['client'], provider: bigint): Promise<boolean> {
  const { operator } = await getProvider(client, { provider })
  return operator !== zeroAddress
}

function sourceAt(node: Core['node'], contact: Dialable): BlockSource {
  return { blocks: (cids, signal) => askBlocks(node, contact, cids, signal) }
}

async function hashesOf({ client }: Core, blocks: readonly number[]): Promise<Map<number, Hex>> {
  const hashes = new Map<number, Hex>()
  for (let at = 0; at < blocks.length; at += BLOCKS_AT_ONCE) {
    const read = await readBlocks(client, { blocks: blocks.slice(at, at + BLOCKS_AT_ONCE) })
    for (const block of read) if (block) hashes.set(block.block, block.hash)
  }
  return hashes
}
