import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type EmbeddedAccount, type GatewayConfigFile, gatewayConfigSchema } from '@tender/gateway'
import { TenderError } from '@tender/protocol'
import type { AddressBook } from '@tender/sdk'
import { privateKeyToAccount } from 'viem/accounts'
import { gatewayKey, newcomerKeys, providerRoles, tenantKey, visitorKey } from './cast.ts'
import type { GatewayStart, Told } from './gatewayThread.ts'

/** The embedded market's gateway: the dashboard and the API. */
export type EmbeddedGateway = {
  /** What one opens in a browser. */
  readonly url: string
  /** Multiaddrs of its peer. */
  readonly addresses: readonly string[]
  stop(): Promise<void>
}

export type EmbeddedGatewayStart = {
  /** Its state is kept below it. */
  directory: string
  rpcUrl: string
  book: AddressBook
  bootstrap: string[]
  /** On the loopback address, of HTTP and of its peer; 0: any free one. */
  ports: { http: number; peer: number }
  signal: AbortSignal
  onProgress(step: string): void
}

/**
 * Starts the market's gateway, in a thread of its own: its database and the building of the dashboard would else hold up everybody
 * else in this process.
 *
 * @throws {TenderError} as `startGateway` does, `portTaken`
 */
export async function startEmbeddedGateway(start: EmbeddedGatewayStart): Promise<EmbeddedGateway> {
  const stateDir = join(start.directory, 'gateway')
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const workerData: GatewayStart = {
    config: gatewayConfigSchema.parse(configOf(start, stateDir)),
    privateKey: gatewayKey,
    accounts: playAccounts(),
    logFile: join(stateDir, 'gateway.log'),
  }
  const thread = new Worker(new URL('./gatewayThread.ts', import.meta.url), { workerData })
  const exited = once(thread, 'exit')
  const stop = async () => {
    thread.postMessage('stop')
    await exited
  }
  const abort = () => void thread.postMessage('stop')
  start.signal.addEventListener('abort', abort, { once: true })
  try {
    const { url, addresses } = await untilStarted(thread, exited, start.onProgress)
    return { url, addresses, stop }
  } catch (error) {
    await thread.terminate()
    throw error
  } finally {
    start.signal.removeEventListener('abort', abort)
  }
}

function configOf({ rpcUrl, book, bootstrap, ports }: EmbeddedGatewayStart, stateDir: string): GatewayConfigFile {
  return {
    stateDir,
    rpcUrl,
    book,
    http: { port: ports.http },
    network: { listen: [`/ip4/127.0.0.1/tcp/${ports.peer}`], bootstrap },
  }
}

/** The accounts that pages may act as: everybody knows their keys. */
function playAccounts(): EmbeddedAccount[] {
  const known = [
    { name: 'tenant', privateKey: tenantKey },
    ...providerRoles.map(({ name, ownerKey }) => ({ name: `owner of ${name}`, privateKey: ownerKey })),
    { name: 'newcomer', privateKey: newcomerKeys.owner },
    { name: 'visitor, who rents by itself', privateKey: visitorKey },
  ]
  return known.map((account) => ({ ...account, address: privateKeyToAccount(account.privateKey).address }))
}

function untilStarted(
  thread: Worker,
  exited: Promise<unknown>,
  onProgress: (step: string) => void,
): Promise<Extract<Told, { type: 'started' }>> {
  return new Promise((resolve, reject) => {
    thread.on('message', (told: Told) => {
      if (told.type === 'progress') onProgress(told.step)
      else if (told.type === 'started') resolve(told)
      else reject(new TenderError(told.message, told))
    })
    thread.once('error', reject)
    exited.then(
      () => reject(new TenderError('the gateway ended', { code: 'gatewayEnded', class: 'internal' })),
      reject, // an error of the thread, told above already
    )
  })
}
