/**
 * A provider as a process of its own, run by bench/jobs.ts. Tells its parent where it is, when a step of a job is on the chain, and whenever
 * it is asked.
 */
import { join } from 'node:path'
import { createWasmDriver } from '@tender/driver-wasm'
import { createLog } from '@tender/kit'
import { type ProviderConfigFile, providerConfigSchema, startProvider } from '@tender/provider'
import type { Hex } from 'viem'
import { type Moment, moment } from './moment.ts'

export type ProviderStart = { config: ProviderConfigFile; privateKey: Hex }
export type FromProvider = { addresses: string[] } | { moment: Moment } | { lease: Hex; step: string; moment: Moment }

const tell = (message: FromProvider) => process.send?.(message)

process.once('disconnect', () => process.exit())
process.once('message', async (message) => {
  // CAST: the parent sends exactly this
  const { config: file, privateKey } = message as ProviderStart
  const config = providerConfigSchema.parse(file)
  const provider = await startProvider({
    config,
    privateKey,
    drivers: [createWasmDriver({ stateDir: join(config.stateDir, 'wasm') })],
    log: createLog({ name: 'provider', stream: { write: steps } }),
  })
  process.on('message', () => tell({ moment: moment() }))
  tell({ addresses: provider.addresses() })
})

/** Each line is written when it happens. */
function steps(line: string): void {
  const { level, leaseId: lease, step, msg } = JSON.parse(line)
  if (msg === 'a step of a job is on the chain') tell({ lease, step, moment: moment() })
  else if (lease && level !== 'info') process.stderr.write(line)
}
