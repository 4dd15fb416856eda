import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import type { RoutingDriver } from './driver.ts'
import type { Endpoint, Handle } from './types.ts'

/** Whether a visitor is let through now; `inspectedMs`: when the workload was last looked at, by `performance.now()`. */
export type Serves = (seen: { inspectedMs: number }) => boolean

/**
 * A driver that says the truth of its workloads and lets visitors through to them only while `serves` says so: the others are hung up
 * on. What a provider does that answers monitors and not users (`() => false`), or that serves only just after a monitor asked (monitors'
 * challenges have the workload inspected). For tests of what such a provider is paid.
 *
 * @example
 * const { driver, close } = unfaithful(createWasmDriver({ stateDir }), () => false)
 */
export function unfaithful<D extends RoutingDriver>(driver: D, serves: Serves): { driver: D; close(): void } {
  const seen = { inspectedMs: Number.NEGATIVE_INFINITY }
  const gates = new Set<Server>()

  async function gateTo({ host, port, headers }: Endpoint): Promise<Endpoint> {
    const server = createServer({ allowHalfOpen: true }, (visitor) => {
      visitor.on('error', () => {})
      if (!serves(seen)) return void visitor.destroy()
      const workload = connect({ host, port, allowHalfOpen: true })
      workload.on('error', () => visitor.destroy())
      visitor.on('close', () => workload.destroy())
      // An ingress keeps its connections: who comes through one that was let through is looked at again.
      visitor.on('data', () => serves(seen) || visitor.destroy())
      visitor.pipe(workload).pipe(visitor)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    gates.add(server)
    // CAST: it listens on TCP
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, headers }
  }

  return {
    driver: {
      ...driver,
      inspect(handle: Handle) {
        seen.inspectedMs = performance.now()
        return driver.inspect(handle)
      },
      async endpoints(handle: Handle, port?: Parameters<RoutingDriver['endpoints']>[1]) {
        return Promise.all((await driver.endpoints(handle, port)).map(gateTo))
      },
    },
    close() {
      for (const gate of gates) gate.close()
    },
  }
}
