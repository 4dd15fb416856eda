import type { Target } from './target.ts'

/** Every parser that meets bytes from outside, by the module that has it: a target loads no more than it needs. */
const groups: readonly { names: readonly string[]; load(): Promise<readonly Target[]> }[] = [
  {
    names: ['cbor', 'frames', 'gossip', 'peer-address'],
    load: async () => (await import('./targets/wire.ts')).wireTargets,
  },
  {
    names: ['peer-requests', 'peer-answers'],
    load: async () => (await import('./targets/peers.ts')).peerTargets,
  },
  {
    names: ['messages', 'lease-terms', 'job-result', 'units', 'sealed', 'chain-names'],
    load: async () => (await import('./targets/messages.ts')).messageTargets,
  },
  {
    names: ['compose', 'env-file', 'manifest', 'job-file', 'words'],
    load: async () => (await import('./targets/manifests.ts')).manifestTargets,
  },
  {
    names: ['era-batch', 'era-facts', 'era-state', 'era-probes', 'era-data-set'],
    load: async () => (await import('./targets/era.ts')).eraTargets,
  },
  {
    names: ['car', 'unixfs', 'cid'],
    load: async () => (await import('./targets/content.ts')).contentTargets,
  },
  {
    names: ['cgi', 'cgi-request', 'log', 'tar-scan', 'image', 'upload-tar'],
    load: async () => (await import('./targets/drivers.ts')).driverTargets,
  },
  {
    names: [
      ...['client-hello', 'hosts', 'http-headers', 'cursor', 'api-input', 'graphql', 'client-address', 'sign-in'],
      'event-stream',
    ],
    load: async () => (await import('./targets/edges.ts')).edgeTargets,
  },
]

export const targetNames: readonly string[] = groups.flatMap(({ names }) => names)

/** @throws {RangeError} if there is none of that name */
export async function loadTarget(name: string): Promise<Target> {
  const loaded = await groups.find(({ names }) => names.includes(name))?.load()
  const target = loaded?.find((one) => one.name === name)
  if (!target) throw new RangeError(`there is no target ${name}: --list names them`)
  return target
}
