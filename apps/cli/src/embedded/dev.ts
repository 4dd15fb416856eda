import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLog, createLogFile } from '@tender/kit'
import { failureClass, TenderError } from '@tender/protocol'
import { createMarketClient, getLease } from '@tender/sdk'
import { shortId, type Tenant, type TenantLease, up } from '@tender/tenant'
import { privateKeyToAccount } from 'viem/accounts'
import type { Context } from '../command.ts'
import { keepPlayKey } from '../home/keystore.ts'
import { DEFAULT_MARKET, writeMarketProfile } from '../home/marketProfile.ts'
import { startTenant } from '../startTenant.ts'
import { fetchWorkload } from '../tenant/fetchWorkload.ts'
import { visitor } from '../tenant/visit.ts'
import { newcomerKeys, tenantKey } from './cast.ts'
import { readExample } from './example.ts'
import { type EmbeddedMarket, startEmbeddedMarket } from './startEmbeddedMarket.ts'
import { type Names, tell, tellCost } from './story.ts'
import { runVisitor } from './visitor.ts'

export type DevOptions = {
  /** See `startEmbeddedMarket`. */
  firstPort: number
  /** Rent a computer for the example unless something runs already, and have a visitor rent now and then. */
  example: boolean
  /** See `startEmbeddedMarket`. */
  dockerSocket: string
}

/** What the embedded market looks like to programs. */
export type DevReport = {
  rpcUrl: string
  /** What one opens in a browser. */
  dashboard: string | undefined
  /** Metrics of all daemons: `/targets` is for Prometheus's `http_sd_configs`. */
  metrics: string
  resumed: boolean
  providers: { id: bigint; name: string; country: string; price: string; ingressPort: number }[]
  bootstrap: string[]
  leases: { leaseId: string; name: string; url: string | undefined }[]
}

/** Name of the ready-made tenant. */
const PLAY_ACCOUNT = 'dev'

/** How long a workload of an earlier run may take to serve again. */
const RESTART_TIMEOUT_MS = 10_000
const RESTART_ASK_MS = 100

const SETTLE_EVERY_SECONDS = 60

/** Ends earlier, once all providers have answered; a busy machine may take its time. */
const AUCTION_SECONDS = 20

/** Where the embedded market keeps everything. */
export function embeddedDirectory(home: string): string {
  return join(home, 'dev')
}

/**
 * Runs the embedded market until Ctrl-C. `onReady` is told once, when it can be used.
 *
 * @throws {TenderError} `chainDied` if the chain ends by itself
 */
export async function runDev(
  context: Context,
  { firstPort, example, dockerSocket }: DevOptions,
  onReady: (report: DevReport) => void,
): Promise<void> {
  const { home, out, progress, signal } = context
  const started = performance.now()
  const leaving = new AbortController()
  let visitor: Promise<void> | undefined
  const market = await startEmbeddedMarket({
    directory: embeddedDirectory(home),
    firstPort,
    settleEverySeconds: SETTLE_EVERY_SECONDS,
    gateway: true,
    dockerSocket,
    signal,
    onProgress: (step) => progress.status(step),
  })
  try {
    progress.status(undefined)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    out.line(`the dashboard is at ${market.gateway?.url}`)
    out.line()
    out.line(
      `${market.resumed ? 'your market goes on' : 'a whole market'}: a chain, ${market.providers.length} providers and ${market.monitors.length} monitors, in ${seconds} s`,
    )
    if (market.containers) out.line('they run containers too, on the Docker engine of this machine')
    for (const { role } of market.providers) out.line(`  ${role.name.padEnd(8)} ${role.country}  ${role.price}`)
    out.line()
    const leases = await rent(context, market, example)
    tellHowToGoOn(context)
    onReady(reportOf(market, leases))
    if (example) visitor = startVisitor(home, market, leaving.signal)
    await untilStopped(market, signal)
  } finally {
    progress.status('stopping everything')
    leaving.abort()
    await visitor
    await market.stop()
    progress.status(undefined)
  }
}

/** Makes the market usable from other terminals, and rents a computer for the example if nothing runs. */
async function rent(context: Context, market: EmbeddedMarket, example: boolean): Promise<TenantLease[]> {
  const { home, out, signal } = context
  const { rpcUrl, book, bootstrap } = market
  const profile = { version: 1, rpcUrl, book, bootstrap, account: PLAY_ACCOUNT } as const
  await keepPlayKey(home, PLAY_ACCOUNT, tenantKey)
  for (const [name, key] of Object.entries(newcomerKeys)) await keepPlayKey(home, name, key)
  await writeMarketProfile(home, DEFAULT_MARKET, profile)
  const client = await createMarketClient({ rpcUrl, book, account: privateKeyToAccount(tenantKey), signal })
  const tenant = await startTenant(context, { name: DEFAULT_MARKET, market: client, bootstrap })
  try {
    const running = await runningLeases(tenant)
    for (const line of await Promise.all(running.map((lease) => tellRunning(lease, signal)))) out.line(line)
    if (!example || running.length > 0) return running
    const names: Names = new Map(market.providers.map(({ role, provider }) => [provider.id, role.name]))
    const { leases, asset } = await up(tenant, await readExample(), {
      visit: visitor(market),
      auctionSeconds: AUCTION_SECONDS,
      enoughAnswers: market.providers.length,
      onEvent: (event) => {
        for (const line of tell(event, names)) out.line(line)
      },
      signal,
    })
    for (const { terms } of leases) out.line(`  ${tellCost(terms.rate, asset)}`)
    return leases
  } finally {
    await tenant.close()
  }
}

async function startVisitor(home: string, market: EmbeddedMarket, signal: AbortSignal): Promise<void> {
  const directory = join(embeddedDirectory(home), 'visitor')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const stream = createLogFile(join(directory, 'visitor.log'))
  await runVisitor(market, { directory, log: createLog({ name: 'visitor', stream }), signal })
}

/** A workload that was stopped with the market is started again by its provider: this waits for it. */
async function tellRunning({ leaseId, name, url }: TenantLease, signal: AbortSignal): Promise<string> {
  const which = `${name} goes on: lease ${shortId(leaseId)}`
  if (url === undefined) return which
  const deadline = Date.now() + RESTART_TIMEOUT_MS
  for (;;) {
    const status = await statusOf(url, signal)
    // It may be of a provider that was started by itself, or of a start on other ports.
    if (status === undefined) return `${which}, but ${url} does not answer`
    if (status < 500 || Date.now() > deadline) return `${which}, ${url} answers with ${status}`
    await sleep(RESTART_ASK_MS, undefined, { signal })
  }
}

/** `undefined` if nobody answers. */
async function statusOf(url: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    return (await fetchWorkload(url, signal)).status
  } catch (error) {
    if (failureClass(error) !== 'network') throw error
  }
}

async function runningLeases({ market, records }: Tenant): Promise<TenantLease[]> {
  const leases = await records.leases.all()
  const states = await Promise.all(leases.map(({ terms }) => getLease(market, { lease: terms }).catch(ignoreUnknown)))
  return leases.filter((_, index) => states[index]?.status === 'running')
}

/** A record of an earlier chain at the same place. */
function ignoreUnknown(error: unknown): undefined {
  if (!(error instanceof TenderError) || error.class !== 'notFound') throw error
}

function tellHowToGoOn({ out }: Context): void {
  out.line()
  out.line('in a second terminal:')
  out.line('  npm run tender -- ps                                what runs, and what it cost so far')
  out.line('  npm run tender -- up examples/image/compose.yaml    rent another one')
  out.line('  npm run tender -- run examples/pathtracer/job.yaml  pay for a result: a picture, by three providers')
  out.line(
    '  npm run tender -- provider init --help              be a provider yourself, with the accounts owner and operator',
  )
  out.line('  npm run tender -- --help')
  out.line('a visitor rents something now and then, so that the dashboard has something to show; --empty does without')
  out.line('Ctrl-C stops everything; the next start goes on from here.')
}

function reportOf(
  { rpcUrl, gateway, metricsUrl, resumed, providers, bootstrap }: EmbeddedMarket,
  leases: readonly TenantLease[],
): DevReport {
  return {
    rpcUrl,
    dashboard: gateway?.url,
    metrics: metricsUrl,
    resumed,
    providers: providers.map(({ role: { name, country, price }, provider: { id, ingressPort } }) => ({
      id,
      name,
      country,
      price,
      ingressPort,
    })),
    bootstrap,
    leases: leases.map(({ leaseId, name, url }) => ({ leaseId, name, url })),
  }
}

async function untilStopped({ broken }: EmbeddedMarket, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await Promise.race([stopped, broken])
  if (signal.aborted) return
  throw new TenderError('the chain ended by itself', {
    code: 'chainDied',
    class: 'internal',
    hint: 'Start again: everything up to the last seconds is kept.',
  })
}
