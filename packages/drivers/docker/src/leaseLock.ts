import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const RETRY_MS = 20

/**
 * Runs `task` while nobody else holds the same lock, in this process or another of this host. The lock is a name that the kernel
 * knows (an abstract socket), and lets go when its holder dies, at whatever line.
 *
 * @throws the signal's reason, while it waits
 *
 * @example
 * await withLock('/var/lib/tender/docker', leaseId, () => start(spec), signal)
 */
export async function withLock<T>(
  stateDir: string,
  name: string,
  task: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const digest = createHash('sha256')
    .update(`${resolve(stateDir)}\n${name}`)
    .digest('hex')
  for (;;) {
    signal.throwIfAborted()
    const server = await listen(`\0tender-docker-${digest}`)
    if (!server) {
      await delay(RETRY_MS, undefined, { signal }).catch(() => {})
      continue
    }
    try {
      return await task()
    } finally {
      await new Promise((done) => server.close(done))
    }
  }
}

function listen(path: string): Promise<Server | undefined> {
  const { promise, resolve: found, reject } = Promise.withResolvers<Server | undefined>()
  const server = createServer((socket) => socket.destroy())
  server.once('error', (error: NodeJS.ErrnoException) =>
    error.code === 'EADDRINUSE' ? found(undefined) : reject(error),
  )
  server.listen({ path }, () => found(server))
  return promise
}
