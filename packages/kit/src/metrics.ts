import { TenderError } from '@tender/protocol'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Every value a label can have, or how many different ones are told apart; any other counts as `other`. */
export type LabelSpecs = Readonly<Record<string, readonly string[] | number>>

/** Values for each of a metric's labels. */
export type LabelValues<S extends LabelSpecs> = {
  readonly [K in keyof S]: S[K] extends readonly (infer V extends string)[] ? V : string
}

/** A metric without labels takes none. */
type Given<S extends LabelSpecs> = keyof S extends never ? [] : [labels: LabelValues<S>]

/** What is true when somebody asks: one number, or one for each set of labels. */
export type Reading<S extends LabelSpecs> = keyof S extends never ? number : Iterable<readonly [number, LabelValues<S>]>

export type MetricOptions<S extends LabelSpecs> = {
  /** One sentence for who operates the daemon. */
  help: string
  labels?: S
  /** Asked at each scrape; what it last said is forgotten. One that fails or takes long leaves out this metric only. */
  read?: () => Reading<S> | Promise<Reading<S>>
}

/** The metrics of one daemon. */
export type Metrics = {
  /** With which all names begin, e.g. `tender_provider`. */
  readonly prefix: string
  /** Something that only grows: the name ends in `_total`. */
  counter<const S extends LabelSpecs = Record<never, never>>(
    name: string,
    options: MetricOptions<S>,
  ): { add(amount: number, ...labels: Given<S>): void }
  /** Something that is so much now: the name ends in one of {@link metricUnits}. */
  gauge<const S extends LabelSpecs = Record<never, never>>(
    name: string,
    options: MetricOptions<S>,
  ): { set(value: number, ...labels: Given<S>): void }
  /** How values are spread, counted below each of `buckets`: the name ends in one of {@link metricUnits}. */
  histogram<const S extends LabelSpecs = Record<never, never>>(
    name: string,
    options: Omit<MetricOptions<S>, 'read'> & { buckets: readonly number[] },
  ): { observe(value: number, ...labels: Given<S>): void }
  /** All of them as Prometheus reads them. Never rejects because a reading failed. */
  text(): Promise<string>
}

/** What a gauge or histogram may be measured in. `up` is 1 or 0, `info` always 1, `tokens` whole ones of an asset. */
export const metricUnits = [
  'blocks',
  'bps',
  'bytes',
  'connections',
  'events',
  'info',
  'jobs',
  'leases',
  'number',
  'peers',
  'places',
  'providers',
  'ratio',
  'seconds',
  'streams',
  'tasks',
  'tokens',
  'units',
  'up',
] as const

/** As Prometheus asks for it. */
export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE

/** What a label's value becomes that is none of those it may have. */
const OTHER = 'other'

/** Shorter than Prometheus waits for a whole scrape (10 s). */
const READ_TIMEOUT_MS = 4_000

/**
 * Metrics in a registry of their own, since one process may run many daemons.
 *
 * @param options.labels that every metric has besides its own, e.g. which provider it is
 *
 * @example
 * const metrics = createMetrics({ prefix: 'tender_provider', labels: { provider: '7' } })
 * const bids = metrics.counter('bids_total', { help: 'Answers to orders.', labels: { decision: ['bid', 'declined'] } })
 * bids.add(1, { decision: 'bid' })
 * metrics.gauge('disk_free_bytes', { help: 'Room for files.', read: () => freeBytes(stateDir) })
 */
export function createMetrics({ prefix, labels = {} }: { prefix: string; labels?: Record<string, string> }): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels(labels)
  const failures = new Counter({
    name: `${prefix}_failed_readings_total`,
    help: 'Metrics that were left out of a scrape, because what they tell could not be read.',
    labelNames: ['metric'],
    registers: [registry],
  })
  const common = <S extends LabelSpecs>(name: string, { help, labels: specs }: MetricOptions<S>) => ({
    name: `${prefix}_${name}`,
    help,
    labelNames: Object.keys(specs ?? {}),
    registers: [registry],
  })

  /** Does not reject: a scrape tells the rest. */
  async function take(name: string, read: AnyRead, put: Put): Promise<void> {
    put.clear()
    try {
      const reading = await within(async () => read())
      put.zero()
      const all = typeof reading === 'number' ? [[reading, {}] as const] : reading
      for (const [value, given] of all) put.value(value, given)
    } catch {
      failures.inc({ metric: name })
    }
  }

  return {
    prefix,
    counter(name, options) {
      checkName(name, ['total'])
      const { read } = options
      const series = createSeries(options.labels)
      const collect = read && { collect: () => take(name, read, put) }
      const counter = new Counter({ ...common(name, options), ...collect })
      const put: Put = {
        clear: () => series.forget(counter),
        zero: () => {
          for (const known of series.known()) counter.inc(known, 0)
        },
        value: (value, given) => counter.inc(series.of(given), value),
      }
      put.zero()
      return { add: (amount, ...[given]) => put.value(amount, given ?? {}) }
    },
    gauge(name, options) {
      checkName(name, metricUnits)
      const { read } = options
      const series = createSeries(options.labels)
      const collect = read && { collect: () => take(name, read, put) }
      const gauge = new Gauge({ ...common(name, options), ...collect })
      const put: Put = {
        clear: () => series.forget(gauge),
        zero: () => {
          for (const known of series.known()) gauge.set(known, 0)
        },
        value: (value, given) => gauge.set(series.of(given), value),
      }
      return { set: (value, ...[given]) => put.value(value, given ?? {}) }
    },
    histogram(name, { buckets, ...options }) {
      checkName(name, metricUnits)
      const series = createSeries(options.labels)
      const histogram = new Histogram({ ...common(name, options), buckets: [...buckets] })
      for (const known of series.known()) histogram.zero(known)
      return { observe: (value, ...[given]) => histogram.observe(series.of(given ?? {}), value) }
    },
    text: () => registry.metrics(),
  }
}

type AnyReading = number | Iterable<readonly [number, object]>
type AnyRead = () => AnyReading | Promise<AnyReading>
type Put = { clear(): void; zero(): void; value(value: number, labels: object): void }

let ofProcess: Registry | undefined

/** What Node tells of this process (CPU, memory, event loop, collections), however many daemons it runs. */
export function processMetrics(): Promise<string> {
  if (!ofProcess) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess.metrics()
}

/** A number whose unit is not said is read wrongly one day. */
function checkName(name: string, units: readonly string[]): void {
  if (/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name) && units.includes(name.slice(name.lastIndexOf('_') + 1))) return
  const endings = units.map((unit) => `_${unit}`).join(', ')
  throw new TenderError(`a metric is named ${name}, which does not end in its unit`, {
    code: 'badMetricName',
    class: 'internal',
    hint: `Names are in lower case and end in one of ${endings}.`,
  })
}

/** Keeps the number of a metric's series bounded, whatever it is given. */
function createSeries(specs: LabelSpecs = {}) {
  const seen = new Map(
    Object.entries(specs).map(([label, spec]) => [label, new Set(typeof spec === 'number' ? [] : spec)]),
  )
  function bounded(label: string, value: string): string {
    const values = seen.get(label)
    const spec = specs[label]
    if (!values || values.has(value)) return value
    if (typeof spec !== 'number' || values.size >= spec) return OTHER
    values.add(value)
    return value
  }
  return {
    /** All series of a metric, also the only one of one without labels, which a reset would leave at 0. */
    forget(metric: Counter | Gauge): void {
      metric.reset()
      metric.remove({})
      for (const [label, spec] of Object.entries(specs)) if (typeof spec === 'number') seen.get(label)?.clear()
    },
    of: (given: object): Record<string, string> =>
      Object.fromEntries(Object.entries(given).map(([label, value]) => [label, bounded(label, String(value))])),
    /** All that can be, if that is known: they begin at 0, since a series that appears with its first event hides it. */
    known(): Record<string, string>[] {
      let all: Record<string, string>[] = [{}]
      for (const [label, spec] of Object.entries(specs)) {
        all = typeof spec === 'number' ? [] : all.flatMap((so) => spec.map((value) => ({ ...so, [label]: value })))
      }
      return all
    },
  }
}

async function within<T>(work: () => Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timeout = setTimeout(() => reject(new Error('took too long')), READ_TIMEOUT_MS)
  try {
    return await Promise.race([work(), promise])
  } finally {
    clearTimeout(timeout)
  }
}
