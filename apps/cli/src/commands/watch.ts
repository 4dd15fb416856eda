import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MetricsServer, metricsConfigSchema, parseConfig, serveMetrics } from '@tender/kit'
import { failureClass, formatDuration, InvalidInputError, isRetryable, parseDuration } from '@tender/protocol'
import { clockTime } from '@tender/tenant'
import { type Context, defineCommand, setting, text, toggle } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { openMarket } from '../openMarket.ts'
import { openTenantRecords } from '../tenant/fileRecords.ts'
import type { Alarm } from '../tenant/leaseAlarms.ts'
import { createWatchMeter } from '../tenant/watchMeter.ts'
import { type Watch, watchOwn } from '../watchOwn.ts'
import { checkWebhookUrl, type Webhook } from '../webhook.ts'

const DEFAULT_EVERY_SECONDS = 30

/** What nobody can guess has so many characters. */
const LEAST_SECRET_CHARACTERS = 16

export const watchCommand = defineCommand({
  description:
    'Follows the leases that were ordered on this machine until Ctrl-C. Tells once each: a day before a lease ends, an hour before, when it ended and why, when its provider stops answering or answers again, when its workload breaks, when the balance does not suffice for the next extension, and of jobs when one has ended, or somebody is late with it. Nothing is told twice, however often this is started. Needs no password.',
  examples: [
    'tender watch',
    'tender watch --json >> alarms.jsonl',
    'tender watch --webhook https://example.org/hook --webhook-secret ~/.tender/hook.secret',
    'tender watch --once   # from cron',
    'tender watch --metrics 127.0.0.1:9467   # for Prometheus, see docs/observability.md',
  ],
  options: {
    webhook: setting('url', 'where each is posted as JSON, and again until it is taken', checkWebhookUrl),
    webhookSecret: setting('file', 'a file with a secret that signs what is posted, see docs/tenant.md', text),
    every: setting('time', `how often to look, ${DEFAULT_EVERY_SECONDS}s unless told`, parseDuration),
    once: toggle('look once, and end'),
    metrics: setting('address', 'where to serve metrics for Prometheus, e.g. 127.0.0.1:9467', metricsPlace),
  },
  async run(context, { webhook: url, webhookSecret, every = DEFAULT_EVERY_SECONDS, once, metrics: listen }) {
    const webhook = await webhookOf(url, webhookSecret)
    const { name, market } = await openMarket(context)
    const records = await openTenantRecords(marketDirectory(context.home, name))
    const meter = createWatchMeter({ name, client: market })
    const watch = watchOwn({
      home: context.home,
      name,
      market,
      records,
      webhook,
      onAlarm(alarm) {
        meter.alarmed(alarm)
        if (context.json) context.emit(alarm)
        else tell(alarm, context)
      },
      onLook: meter.looked,
      onTrouble: (message) => context.progress.line(message),
    })
    let served: MetricsServer | undefined
    try {
      if (listen !== undefined) served = await serveMetrics({ listen, metrics: meter.metrics })
      if (once) await watch.look(context.signal)
      else {
        context.progress.line(`watching your leases on market ${name}, every ${formatDuration(every)}`)
        if (served) context.progress.line(`metrics are at ${served.url}/metrics`)
        await goOn(watch, Math.max(1, every), context)
      }
    } finally {
      await served?.close()
      watch.close()
    }
  },
})

function metricsPlace(written: string): string {
  return parseConfig(metricsConfigSchema, { listen: written }, '--metrics').listen
}

async function webhookOf(url: string | undefined, secretFile: string | undefined): Promise<Webhook | undefined> {
  if (url === undefined) return undefined
  if (secretFile === undefined) return { url }
  const secret = (await readFile(secretFile, 'utf8')).trim()
  if (secret.length >= LEAST_SECRET_CHARACTERS) return { url, secret }
  throw new InvalidInputError(`${secretFile} has no secret of ${LEAST_SECRET_CHARACTERS} characters or more`, [], {
    hint: 'Make one with `openssl rand -hex 32`.',
  })
}

/** A chain that is away for a while is no reason to stop watching. */
async function goOn(watch: Watch, everySeconds: number, { progress, signal }: Context): Promise<void> {
  let trouble: string | undefined
  for (;;) {
    try {
      await watch.look(signal)
      if (trouble !== undefined) progress.line('the market can be looked at again')
      trouble = undefined
    } catch (error) {
      signal.throwIfAborted()
      if (!isRetryable(error) || failureClass(error) === 'internal') throw error
      const now = error instanceof Error ? error.message : String(error)
      if (now !== trouble) progress.line(`the market cannot be looked at: ${now}; trying again`)
      trouble = now
    }
    await sleep(everySeconds * 1000, undefined, { signal })
  }
}

function tell(alarm: Alarm, { out }: Context): void {
  const urgent = alarm.event === 'endsInHour' || alarm.event === 'ended' || alarm.event === 'failed'
  const colour = alarm.event === 'answersAgain' ? 'green' : urgent ? 'red' : 'yellow'
  out.line(`${out.paint('dim', clockTime(alarm.at))} ${out.paint(colour, alarm.message)}`)
}
