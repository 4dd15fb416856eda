/**
 * Writes `deploy/grafana/*.json`, the dashboards, from `tools/dashboards`.
 *
 *   npm run grafana               writes
 *   npm run grafana -- --check    exits with 1 if what is committed is stale
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildDashboard } from './dashboards/buildDashboard.ts'
import { marketBoard } from './dashboards/market.ts'
import { monitorBoard } from './dashboards/monitor.ts'
import { providerBoard } from './dashboards/provider.ts'
import { tenantBoard } from './dashboards/tenant.ts'

const boards = [tenantBoard, providerBoard, monitorBoard, marketBoard]
const directory = join(import.meta.dirname, '../deploy/grafana')

function main(): void {
  const wanted = new Map(boards.map((board) => [`${board.name}.json`, `${buildDashboard(board)}\n`]))
  mkdirSync(directory, { recursive: true })
  const found = new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]))
  const stale = [...new Set([...wanted.keys(), ...found.keys()])].filter((name) => wanted.get(name) !== found.get(name))
  if (process.argv.includes('--check')) {
    if (stale.length === 0) return
    console.error(`deploy/grafana is stale (${stale.join(', ')}): run npm run grafana and commit the result`)
    process.exitCode = 1
    return
  }
  for (const name of stale) {
    const text = wanted.get(name)
    if (text === undefined) rmSync(join(directory, name))
    else writeFileSync(join(directory, name), text)
  }
  console.log(stale.length > 0 ? `written: ${stale.join(', ')}` : 'nothing changed')
}

main()
