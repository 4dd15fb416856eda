import type { Connection, StreamHandler, Topology } from '@libp2p/interface'

/** The part of libp2p's registrar that its own services are given. */
type Registrar = {
  handle(protocol: string, handler: StreamHandler, ...rest: never[]): Promise<void>
  register(protocol: string, topology: Topology, ...rest: never[]): Promise<string>
}

/** What a libp2p service sees of its peer, with its streams and connections passed through other hands first. */
export function intercept<Components extends { registrar: Registrar }>(
  components: Components,
  through: {
    /** May wait, change the connection, or throw to refuse the stream. */
    stream?(connection: Connection): Connection | Promise<Connection>
    connection?(connection: Connection): Connection
  },
): Components {
  const { registrar } = components
  const { stream: onStream = (connection) => connection, connection: onConnection = (connection) => connection } =
    through
  const handle: Registrar['handle'] = (protocol, handler, ...rest) =>
    registrar.handle(
      protocol,
      async (stream, connection) => {
        try {
          await handler(stream, await onStream(connection))
        } catch (error) {
          stream.abort(error instanceof Error ? error : new Error('refused', { cause: error }))
        }
      },
      ...rest,
    )
  const register: Registrar['register'] = (protocol, topology, ...rest) =>
    registrar.register(
      protocol,
      { ...topology, onConnect: (peer, connection) => topology.onConnect?.(peer, onConnection(connection)) },
      ...rest,
    )
  // libp2p's components are a proxy: only what is asked for by name is there, so they cannot be spread.
  return Object.create(components, {
    registrar: { value: Object.create(registrar, { handle: { value: handle }, register: { value: register } }) },
  })
}
