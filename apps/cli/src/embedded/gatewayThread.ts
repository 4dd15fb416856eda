import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { buildDashboard } from '@tender/dashboard'
import { type EmbeddedAccount, type GatewayConfig, startGateway } from '@tender/gateway'
import { createLog, createLogFile } from '@tender/kit'
import { type FailureClass, failureClass, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'

/** What the thread is given. */
export type GatewayStart = {
  config: GatewayConfig
  privateKey: Hex
  accounts: readonly EmbeddedAccount[]
  logFile: string
}

/** What the thread tells. It is told one thing only, whatever it is: to stop. */
export type Told =
  | { type: 'progress'; step: string }
  | { type: 'started'; url: string; addresses: string[] }
  | { type: 'failed'; message: string; code: string; class: FailureClass; hint: string | undefined }

/** Runs a gateway until told to stop. */
async function main(tell: (told: Told) => void, stopped: AbortSignal): Promise<void> {
  // CAST: started by `startEmbeddedGateway` only
  const { config, privateKey, accounts, logFile } = workerData as GatewayStart
  const stream = createLogFile(logFile)
  const log = createLog({ name: 'gateway', stream })
  tell({ type: 'progress', step: 'building the dashboard' })
  const pageDirectory = await buildDashboard()
  tell({ type: 'progress', step: 'starting the gateway' })
  const gateway = await startGateway(config, { privateKey, pageDirectory, accounts, log, signal: stopped })
  tell({ type: 'started', url: gateway.url, addresses: gateway.addresses() })
  if (!stopped.aborted) await Promise.race([once(stopped, 'abort'), gateway.ended])
  await gateway.stop()
  await new Promise((resolve) => stream.end(resolve))
}

const port = parentPort
if (!port) throw new Error('runs as a thread only')
const stopping = new AbortController()
port.once('message', () => stopping.abort())
try {
  await main((told) => port.postMessage(told), stopping.signal)
} catch (error) {
  const { message } = error instanceof Error ? error : new Error(String(error))
  const known =
    error instanceof TenderError ? { code: error.code, hint: error.hint } : { code: 'gatewayFailed', hint: undefined }
  port.postMessage({ type: 'failed', message, class: failureClass(error), ...known } satisfies Told)
}
// Whatever still holds it.
process.exit()
