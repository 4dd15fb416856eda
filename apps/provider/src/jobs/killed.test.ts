import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { assemble } from '@tender/driver-wasm/testModules'
import { addProvider, startTestMarket } from '@tender/sdk/testMarket'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryDir } from './testJobs.ts'
import { contactAt, keyOf, sellerConfig, startTenant, wholeStatus } from './testTenant.ts'

const TASKS = 12
const patient = { timeout: 120_000, interval: 20 }

/** A provider's process; killed with the test. */
async function startProcess(configFile: string) {
  const script = join(import.meta.dirname, 'testProviderProcess.ts')
  const child = spawn(process.execPath, [script, configFile, keyOf(3)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  onTestFinished(kill)
  const [line] = await once(createInterface(child.stdout), 'line')
  const addresses: readonly string[] = JSON.parse(line)
  return { addresses, kill }
}

test('a provider that is killed again and again goes on where it was: no task that is done runs again', async () => {
  const market = await startTestMarket({ heartbeatSeconds: 1 })
  onTestFinished(market.stop)
  await addProvider(market, { first: 2 })
  const program = assemble('noise')
  const tenant = await startTenant(market, { tasks: TASKS, atOnce: 2, driver: 'wasm', program })
  const stateDir = temporaryDir()
  const configFile = join(stateDir, 'provider.json')
  writeFileSync(configFile, JSON.stringify(sellerConfig(market, tenant.node, join(stateDir, 'state'))))

  let provider = await startProcess(configFile)
  const { lease } = await tenant.order(provider.addresses)
  const ask = () => wholeStatus(tenant.node, contactAt(provider.addresses), lease)
  for (const least of [2, 6]) {
    await expect.poll(async () => (await ask()).done, patient).toBeGreaterThanOrEqual(least)
    const before = await ask()
    await provider.kill()
    provider = await startProcess(configFile)
    const after = await ask()
    // Blocks and all: these records were not made again.
    expect(after.records.slice(0, before.records.length)).toEqual(before.records)
  }
  await expect.poll(async () => (await ask()).phase, patient).toMatch(/submitted|drawn/)
  const { records, failed } = await ask()
  expect(records.map(({ task }) => task).toSorted((a, b) => a - b)).toEqual(Array.from({ length: TASKS }, (_, n) => n))
  expect(failed).toBe(0)
})
