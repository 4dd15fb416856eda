import { setTimeout as sleep } from 'node:timers/promises'
import { retryDelayMs } from '@tender/kit'
import { type LogLine, readLogs } from '@tender/network'
import { InvalidInputError, isRetryable, parseDuration, unseal } from '@tender/protocol'
import { chooseService } from '@tender/tenant'
import { type Context, defineCommand, required, setting, text, toggle, wholeNumber } from '../command.ts'
import { type OwnReach, withLease } from '../tenant/withLease.ts'

const DEFAULT_TAIL = 100
/** What a provider is asked for when only some of it is wanted: the most that it gives. */
const WHOLE_TAIL = 10_000
/** Where a log that was cut off is taken up again. */
const OVERLAP_LINES = 1_000

export const logsCommand = defineCommand({
  description:
    "Shows what a lease's workload wrote, as its provider kept it, and what the provider wrote about it; for some days also of a lease that ended, from an archive that only its agent can read. With --follow it goes on when the provider comes back. With --json each line is an object of its own.",
  examples: [
    'tender logs 4fa1',
    'tender logs 4fa1 --follow',
    'tender logs 4fa1 --service db --since 10m',
    'tender logs 4fa1 --since 2026-11-21T08:00 --json',
  ],
  arguments: { lease: required('the beginning of a lease id') },
  options: {
    follow: toggle('go on with what is written from now on, until Ctrl-C', { short: 'f' }),
    tail: setting('count', `how many past lines of all services, ${DEFAULT_TAIL} unless told`, wholeNumber, {
      short: 'n',
    }),
    service: setting('name', 'only what this service wrote, and what was written about it', text, { short: 's' }),
    since: setting('time', 'only what is newer: 10m, or 2026-11-21T08:00', readSince),
  },
  async run(context, { lease, follow, tail, service: asked, since: sinceMs = 0 }) {
    const whole = asked !== undefined || sinceMs > 0
    const tellAll = async (reach: OwnReach) => {
      const service = asked === undefined ? undefined : chooseService(reach.manifest, asked)
      const wanted = ({ atMs, ...line }: LogLine) =>
        atMs >= sinceMs && (service === undefined || line.service === service)
      let lines = 0
      for await (const line of linesOf(context, reach, { follow, tail: tail ?? (whole ? WHOLE_TAIL : DEFAULT_TAIL) })) {
        if (!wanted(line)) continue
        lines++
        show(context, line)
      }
      if (lines === 0) context.progress.line(`${reach.record.name} has written nothing${whole ? ' of that' : ' yet'}`)
    }
    const ofJob = (id: string) => `\`tender job results ${id}\` tells what its failed tasks wrote last.`
    return withLease(context, lease, tellAll, { ofJob })
  },
})

/** @returns unix milliseconds @throws {InvalidInputError} */
function readSince(written: string): number {
  if (/^\d{4}-\d\d-\d\d/.test(written)) {
    const at = Date.parse(written)
    if (!Number.isNaN(at)) return at
    throw new InvalidInputError(`"${written}" is not a time`, [], { hint: 'Write it like 2026-11-21T08:00 or 10m.' })
  }
  return Date.now() - parseDuration(written) * 1000
}

/** The log, taken up again where it was if the provider went away while it was followed. */
async function* linesOf(
  { progress, signal }: Context,
  { record, agentKey, ask }: OwnReach,
  { follow, tail }: { follow: boolean; tail: number },
): AsyncGenerator<LogLine> {
  const { leaseId } = record
  const open = (sealed: Uint8Array) => unseal({ privateKey: agentKey, context: `logs:${leaseId}`, sealed })
  const seen = createSeen()
  for (let attempt = 1; ; attempt++) {
    seen.again()
    try {
      const request = { lease: leaseId, follow, tail: seen.any() ? OVERLAP_LINES : tail, unseal: open }
      const lines = await ask(async (provider, node) => readLogs(node, provider, request, signal))
      for await (const line of lines) {
        attempt = 1
        if (seen.isNew(line)) yield line
      }
      return
    } catch (error) {
      signal.throwIfAborted()
      if (!follow || !isRetryable(error)) throw error
      const reason = error instanceof Error ? error.message : String(error)
      progress.line(`the log was cut off: ${reason}; going on when its provider is back`)
      await sleep(retryDelayMs(attempt, {}, Math.random()), undefined, { signal })
    }
  }
}

/** The last lines that were shown: after a break they come again. */
function createSeen() {
  let recent: string[] = []
  let expected = new Map<string, number>()
  return {
    any: () => recent.length > 0,
    /** What comes from now on may begin with what was shown. */
    again(): void {
      expected = new Map()
      for (const key of recent) expected.set(key, (expected.get(key) ?? 0) + 1)
    },
    isNew({ atMs, service, stream, text }: LogLine): boolean {
      const key = `${atMs}\n${service}\n${stream}\n${text}`
      const left = expected.get(key) ?? 0
      if (left > 0) {
        expected.set(key, left - 1)
        return false
      }
      recent.push(key)
      if (recent.length > 2 * OVERLAP_LINES) recent = recent.slice(-OVERLAP_LINES)
      return true
    },
  }
}

function show({ json, emit, out }: Context, { stream, service, text, atMs }: LogLine): void {
  if (json) emit({ stream, service, text, atMs })
  else if (stream === 'system') out.line(out.paint('dim', `${service} * ${text}`))
  else out.line(`${out.paint('cyan', service)} | ${text}`)
}
