import type { Logger } from '@tender/kit'
import type { ReasonedVerdict, VerdictRequest } from '@tender/network'
import { NotFoundError, TenderError } from '@tender/protocol'
import { ContractError, type MarketEvent } from '@tender/sdk'
import { type Address, type Hex, isAddressEqual } from 'viem'
import type { LeaseHistory } from '../facts/eventBook.ts'
import { decideVerdict, type VerdictStep } from './decideVerdict.ts'
import type { DrawnJob } from './drawnJob.ts'
import type { Finding } from './finding.ts'
import { collect, countVerdicts, noteMajority, type Signatures } from './signatures.ts'
import type { KeptJob, VerdictBook } from './verdictBook.ts'

export type ValidatorOptions = {
  me: Address
  verdicts: VerdictBook
  book: { lease(id: Hex): Pick<LeaseHistory, 'lease' | 'terms' | 'opened' | 'ends'> | undefined }
  /** See `readDrawnJob`. */
  read(job: KeptJob): Promise<DrawnJob | undefined>
  /** See `judgeJob`. */
  judge(job: DrawnJob, signal: AbortSignal): Promise<Finding>
  askVerdict(validator: Address, request: VerdictRequest, signal: AbortSignal): Promise<ReasonedVerdict>
  /** Lets go of a job's content. */
  forget(lease: Hex): Promise<void>
  /** What goes to the chain. */
  post: {
    resolve(job: DrawnJob, passed: boolean, signatures: { validator: Address; signature: Hex }[]): Promise<void>
    redraw(job: DrawnJob): Promise<void>
    draw(job: DrawnJob): Promise<void>
  }
  cutOff(): boolean
  nowSeconds(): number
  turnSeconds: number
  log: Logger
}

/** How far a job is with this monitor. */
export const jobWorkStates = ['waiting', 'judging', 'signed', 'declined', 'unserved'] as const
export type JobWork = { lease: Hex; state: (typeof jobWorkStates)[number]; why?: string }

/** What it did since it started. */
export type ValidatorCounts = { signed: { passed: number; failed: number }; resolved: number; declined: number }

/** Judges the jobs that this monitor was drawn for. */
export type Validator = {
  /** Told each event of the market, before it is kept that it was told. */
  see(event: MarketEvent): void
  /** Signs, collects, and takes to the chain what is to be done now. Judging is begun, and not waited for. */
  step(signal: AbortSignal): Promise<void>
  /** Resolves when nothing is judged. */
  settled(): Promise<void>
  /** A verdict as others may see it. @throws {NotFoundError} `unknownVerdict` */
  find(request: VerdictRequest): ReasonedVerdict
  work(): JobWork[]
  counts(): ValidatorCounts
  /** Tells of each verdict that it signs. */
  onVerdict(heard: (verdict: SignedVerdict) => void): void
}

/** A verdict that was just signed. `seconds`: since its validators were drawn. */
export type SignedVerdict = { passed: boolean; seconds: number; tasks: readonly { same: boolean }[] }

/** From then on a job that is over stays so: the block that ended it is not taken back any more. */
const SETTLED_SECONDS = 3_600
/** For so long after that anybody may ask why a verdict was what it was. */
const KEPT_SECONDS = 30 * 86_400
/** What failed by this host's own fault, or could not be fetched, is tried again so much later. */
const AGAIN_MS = 10_000

type Held = {
  job?: DrawnJob | undefined
  finding?: Finding | undefined
  /** Not judged again before: `performance.now()`. */
  againMs: number
  signatures: Signatures
  step: VerdictStep
}

function begin(seed: Hex): Held {
  return { againMs: 0, signatures: { seed, signed: new Map() }, step: { do: 'rest' } }
}

export function createValidator(options: ValidatorOptions): Validator {
  const { me, verdicts, book, nowSeconds, log } = options
  const held = new Map<Hex, Held>()
  const judging = new Map<Held, Promise<void>>()
  const listeners: ((verdict: SignedVerdict) => void)[] = []
  const counts: ValidatorCounts = { signed: { passed: 0, failed: 0 }, resolved: 0, declined: 0 }

  /** Looks at the chain, and forgets what belonged to another draw. */
  async function look(kept: KeptJob): Promise<Held> {
    const { lease, overSince } = kept
    const job = await options.read(kept)
    const isOver = !job || job.state.state === 'ended'
    if (isOver && overSince === undefined) verdicts.keep({ ...kept, overSince: nowSeconds() })
    if (!isOver && overSince !== undefined) verdicts.keep({ ...kept, overSince: undefined })
    const seed = job?.verdictSeed ?? '0x'
    const before = held.get(lease)
    const one = before?.signatures.seed === seed ? before : begin(seed)
    one.job = job
    held.set(lease, one)
    return one
  }

  function decide(one: Held): VerdictStep {
    const { job, finding, signatures } = one
    if (!job) return { do: 'rest' }
    const { validators, lease } = job
    const own = verdicts.verdict(lease, signatures.seed)
    if (own) signatures.signed.set(me, { passed: own.passed, signature: own.signature })
    noteMajority(signatures, validators.length, nowSeconds())
    const place = validators.findIndex((one) => isAddressEqual(one, me))
    return decideVerdict(
      {
        job: job.state,
        place: place < 0 ? undefined : place,
        drawn: validators.length,
        finding,
        judging: judging.has(one),
        cutOff: options.cutOff(),
        signed: own?.passed,
        agreed: countVerdicts(signatures),
        agreedSince: signatures.agreedSince,
        turnSeconds: options.turnSeconds,
      },
      nowSeconds(),
    )
  }

  async function act(job: DrawnJob, one: Held, signal: AbortSignal): Promise<void> {
    const { signatures, step, finding } = one
    const { lease, validators } = job
    const { seed } = signatures
    if (step.do === 'sign') {
      const kept = await verdicts.sign(lease, seed, { passed: step.passed, ...reasonsOf(finding) })
      counts.signed[kept.passed ? 'passed' : 'failed'] += 1
      const seconds = Math.max(0, nowSeconds() - job.state.since)
      for (const heard of listeners) heard({ passed: kept.passed, seconds, tasks: kept.tasks })
      log.info({ lease, passed: kept.passed }, 'signed a verdict on a job')
    } else if (step.do === 'collect') {
      const others = validators.filter((validator) => !isAddressEqual(validator, me))
      await collect(signatures, others, (validator) => options.askVerdict(validator, { lease, seed }, signal))
    } else if (step.do === 'resolve') {
      const agreeing = [...signatures.signed].filter(([, { passed }]) => passed === step.passed)
      const signed = agreeing.map(([validator, { signature }]) => ({ validator, signature }))
      await options.post.resolve(job, step.passed, signed)
      counts.resolved += 1
    } else if (step.do === 'redraw') await options.post.redraw(job)
    else if (step.do === 'draw') await options.post.draw(job)
  }

  async function stepOne(kept: KeptJob, signal: AbortSignal): Promise<void> {
    if (isSettled(kept)) return letGo(kept)
    const one = await look(kept)
    one.step = decide(one)
    if (!one.job) return
    if (one.step.do === 'judge') beginToJudge(one, one.job, signal)
    else await act(one.job, one, signal)
  }

  /** A job that is slow to fetch does not hold up the others. */
  function beginToJudge(one: Held, job: DrawnJob, signal: AbortSignal): void {
    if (judging.has(one) || one.againMs > performance.now()) return
    const work = judge(one, job, signal).finally(() => judging.delete(one))
    judging.set(one, work)
  }

  function isSettled({ overSince }: KeptJob): boolean {
    return overSince !== undefined && nowSeconds() > overSince + SETTLED_SECONDS
  }

  async function letGo({ lease, overSince = 0 }: KeptJob): Promise<void> {
    const one = held.get(lease)
    if (one) await options.forget(lease)
    held.delete(lease)
    const isGone = one && !one.job
    if (isGone || nowSeconds() > overSince + KEPT_SECONDS) verdicts.forget(lease)
  }

  async function judge(one: Held, job: DrawnJob, signal: AbortSignal): Promise<void> {
    const { lease } = job
    try {
      const found = await options.judge(job, signal)
      one.finding = withTries(found, one.finding)
      if (found.kind === 'declined') counts.declined += 1
      log.info({ lease, ...found }, 'judged a job')
    } catch (error) {
      if (signal.aborted) return
      // Its own trouble: what it asked for in vain before says nothing any more.
      one.finding = undefined
      log.warn({ lease, error }, 'a job could not be judged here, and is tried again')
    }
    one.againMs = performance.now() + AGAIN_MS
  }

  return {
    see(event) {
      if (event.type !== 'JobDrawn' || !event.args.validators.some((one) => isAddressEqual(one, me))) return
      const found = book.lease(event.args.lease)
      const [bought] = found?.ends ?? []
      if (!found || !bought) return
      verdicts.keep({ lease: found.lease, terms: found.terms, opened: found.opened, end: bought.end })
    },

    async step(signal) {
      // Before the first block nobody knows what time it is.
      if (nowSeconds() === 0) return
      await Promise.all(
        verdicts.jobs().map(async (kept) => {
          try {
            await stepOne(kept, signal)
          } catch (error) {
            signal.throwIfAborted()
            // Most often another validator was faster, or a block came while the job was read.
            const isUsual =
              error instanceof ContractError || (error instanceof TenderError && error.code === 'chainMoved')
            const level = isUsual ? 'info' : 'warn'
            log[level]({ lease: kept.lease, error }, 'a step of a job failed, and is tried again')
          }
        }),
      )
    },

    settled: async () => void (await Promise.all(judging.values())),

    find({ lease, seed }) {
      const [kept, verdict] = [verdicts.job(lease), verdicts.verdict(lease, seed)]
      const isDrawn = held.get(lease)?.job?.verdictSeeds.includes(seed)
      if (!kept || !verdict || !(isDrawn || isSettled(kept))) {
        throw new NotFoundError(`there is no verdict on ${lease} for ${seed} here`, { code: 'unknownVerdict' })
      }
      const { passed, signature, tasks, faults } = verdict
      return { passed, signature, tasks, faults }
    },

    work: () => [...held].flatMap(([lease, one]) => (isActive(one) ? [workOf(lease, one)] : [])),
    counts: () => counts,
    onVerdict: (heard) => void listeners.push(heard),
  }

  function workOf(lease: Hex, { finding, signatures, step }: Held): JobWork {
    if (verdicts.verdict(lease, signatures.seed)) return { lease, state: 'signed' }
    if (finding?.kind === 'declined') return { lease, state: 'declined', why: finding.why }
    if (finding?.kind === 'unserved') return { lease, state: 'unserved', why: finding.what }
    return { lease, state: step.do === 'judge' ? 'judging' : 'waiting' }
  }
}

/** What was not served before either was asked for in vain since then. */
function withTries(found: Finding, before: Finding | undefined): Finding {
  if (found.kind !== 'unserved' || before?.kind !== 'unserved') return found
  return { ...found, since: before.since, tries: before.tries + 1 }
}

function isActive({ job }: Held): boolean {
  return job !== undefined && job.state.state !== 'ended'
}

function reasonsOf(finding: Finding | undefined) {
  if (finding?.kind === 'judged') return finding.reasons
  return { tasks: [], faults: finding?.kind === 'unserved' ? [`${finding.what}: nobody served it in time`] : [] }
}
