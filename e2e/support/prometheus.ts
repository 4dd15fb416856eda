import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { freePorts } from './tender.ts'
import { LIMIT_MS } from './until.ts'

/** A real Prometheus that scrapes every few seconds. */
export type Prometheus = {
  /** What a query gives now. */
  query(expr: string): Promise<Series[]>
  /** What it gave in the last two minutes. */
  queryRange(expr: string): Promise<Series[]>
  /** Rules of the alerts that could not be evaluated, with why. */
  brokenRules(): Promise<string[]>
  stop(): Promise<void>
}

export type Series = { labels: Record<string, string>; values: number[] }

/** Why there is none here; `undefined` if there is. */
export async function missingPrometheus(): Promise<string | undefined> {
  const found = await promisify(execFile)('sh', ['-c', 'command -v prometheus promtool']).catch(() => undefined)
  return found ? undefined : 'there is no prometheus: install it, with its promtool'
}

/** The example in the repository, by its path below `deploy/prometheus`. */
export const examplePath = (name: string) => fileURLToPath(new URL(`../../deploy/prometheus/${name}`, import.meta.url))

const number = z.string().transform(Number)
const sample = z.tuple([z.number(), number]).transform(([, value]) => value)
const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    result: z.array(
      z.union([
        z.object({ metric: z.record(z.string(), z.string()), value: sample }),
        z.object({ metric: z.record(z.string(), z.string()), values: z.array(sample) }),
      ]),
    ),
  }),
})
const rulesSchema = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        rules: z.array(z.object({ name: z.string(), health: z.string(), lastError: z.string().optional() })),
      }),
    ),
  }),
})

/**
 * Starts it with the example's alerts.
 *
 * @param targetsUrl where it finds what to scrape
 * @param tenant host and port of a tenant's metrics
 */
export async function startPrometheus(
  directory: string,
  { targetsUrl, tenant }: { targetsUrl: string; tenant: string },
): Promise<Prometheus> {
  const config = {
    // A busy machine may take seconds to answer; what limits an answer is the interval.
    global: { scrape_interval: '5s', scrape_timeout: '5s', evaluation_interval: '5s' },
    rule_files: [examplePath('alerts.yml')],
    scrape_configs: [
      { job_name: 'tender-dev', http_sd_configs: [{ url: targetsUrl, refresh_interval: '15s' }] },
      { job_name: 'tender-tenant', static_configs: [{ targets: [tenant] }] },
    ],
  }
  // YAML takes JSON as it is.
  writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(config))
  const port = await freePorts(1)
  const args = [`--config.file=${join(directory, 'prometheus.yml')}`, `--storage.tsdb.path=${join(directory, 'tsdb')}`]
  const child = spawn('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exited = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`

  async function ask(path: string, asked: Record<string, string> = {}): Promise<unknown> {
    const response = await fetch(`${url}${path}?${new URLSearchParams(asked)}`, {
      signal: AbortSignal.timeout(LIMIT_MS),
    })
    if (!response.ok) throw new Error(`${JSON.stringify(asked)}: ${await response.text()}`)
    return response.json()
  }
  async function seriesOf(path: string, asked: Record<string, string>): Promise<Series[]> {
    const { data } = answerSchema.parse(await ask(path, asked))
    return data.result.map((one) => ({ labels: one.metric, values: 'value' in one ? [one.value] : one.values }))
  }

  return {
    query: (query) => seriesOf('/api/v1/query', { query }),
    queryRange(query) {
      const end = Math.floor(Date.now() / 1_000)
      return seriesOf('/api/v1/query_range', { query, start: String(end - 120), end: String(end), step: '5' })
    },
    async brokenRules() {
      const { data } = rulesSchema.parse(await ask('/api/v1/rules'))
      const rules = data.groups.flatMap((group) => group.rules)
      return rules
        .filter(({ health }) => health !== 'ok')
        .map(({ name, health, lastError }) => `${name}: ${health} ${lastError ?? ''}`)
    },
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

const boardSchema = z.object({
  panels: z.array(
    z.object({
      title: z.string(),
      targets: z.array(z.object({ expr: z.string(), instant: z.boolean().default(false) })).default([]),
    }),
  ),
})

/** Every query of a dashboard in `deploy/grafana`, with what Grafana fills in. */
export function queriesOf(board: string): { title: string; expr: string; instant: boolean }[] {
  const file = fileURLToPath(new URL(`../../deploy/grafana/${board}.json`, import.meta.url))
  return boardSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).panels.flatMap(({ title, targets }) =>
    targets.map(({ expr, instant }) => ({
      title,
      instant,
      expr: expr.replaceAll('$__rate_interval', '1m').replaceAll(/"\$\w+"/g, '".*"'),
    })),
  )
}
