import { join } from 'node:path'
import { type LocalChain, startChain } from '@tender/localchain'
import type { WorldProcess } from './world.ts'

/** Writing all blocks of a long run may take long on a busy machine; what is killed meanwhile forgets some. */
const WRITE_MS = 60_000

export type ChainProcess = WorldProcess & { readonly url: string; close(): Promise<void> }

/**
 * The chain as a process of its own. Killed it writes its blocks first: a public chain forgets nothing when one of its nodes ends.
 * That it goes back on blocks is a fault of its own.
 */
export async function startChainProcess(stateDir: string, logFile: string): Promise<ChainProcess> {
  let port = 0
  const stateFile = join(stateDir, 'chain.json')
  const begin = () =>
    startChain({ port, stateFile, stateIntervalSeconds: 5, heartbeatSeconds: 1, stopGraceMs: WRITE_MS })
  let chain: LocalChain | undefined = await begin()
  const { url } = chain
  port = chain.port
  let starting: Promise<void> | undefined
  const signal = (name: NodeJS.Signals) => {
    if (chain) process.kill(chain.pid, name)
  }
  const kill = async () => {
    await starting
    const stopped = chain
    chain = undefined
    if (!stopped) return
    // It can be told to end only while it is not paused.
    process.kill(stopped.pid, 'SIGCONT')
    await stopped.stop()
  }
  return {
    name: 'chain',
    kind: 'chain',
    stateDir,
    logFile,
    namespace: undefined,
    address: '127.0.0.1',
    peer: undefined,
    rpc: undefined,
    account: undefined,
    url,
    get pid() {
      return chain?.pid
    },
    kill,
    async start() {
      if (chain) return
      starting ??= begin().then(
        (started) => {
          chain = started
          starting = undefined
        },
        (error) => {
          starting = undefined
          throw error
        },
      )
      await starting
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    close: kill,
  }
}
