import { connect, createServer } from 'node:net'

/**
 * Stands before a provider's ingress and decides by their address who of the visitors gets through; the others are hung up on.
 *
 * @example
 * const gate = await startFrontGate({ port, behind: '127.0.0.2', admits: (visitor) => visitor === '127.0.0.1' })
 */
export async function startFrontGate(options: {
  /** On the loopback address. */
  port: number
  /** Where the ingress listens, at the same port. */
  behind: string
  admits(visitor: string): boolean
}): Promise<{ close(): Promise<void> }> {
  const { port, behind, admits } = options
  const server = createServer({ allowHalfOpen: true }, (visitor) => {
    visitor.on('error', () => {})
    if (!admits(visitor.remoteAddress ?? '')) return void visitor.destroy()
    const ingress = connect({ host: behind, port, allowHalfOpen: true })
    ingress.on('error', () => visitor.destroy())
    visitor.on('close', () => ingress.destroy())
    visitor.pipe(ingress).pipe(visitor)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { close: () => new Promise((resolve) => server.close(() => resolve())) }
}
