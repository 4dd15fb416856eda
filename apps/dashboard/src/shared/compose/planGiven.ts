import { blobFacts, type ParsedCompose, TenderError } from '@tender/protocol'
import { type Plan, planOf, type Sources } from '@tender/tenant'
import { type SecretValues, sourceKey } from '../tenant/pageSources.ts'
import type { TenantHome } from '../tenant/tenantHome.ts'
import { type GivenFiles, type GivenValues, secretKey, variableKey } from './needs.ts'

/** A Compose file with all that it names. */
export type Given = { text: string; parsed: ParsedCompose; files: GivenFiles; values: GivenValues }

/** The plan of what was given; images are kept in this browser until they are sent. */
export async function planGiven(
  home: TenantHome,
  { text, parsed, files, values }: Given,
  { readSecret }: Pick<Sources, 'readSecret'>,
): Promise<Plan> {
  const places = new Map<string, string>()
  for (const { role, path } of parsed.files) {
    const bytes = files.get(path)
    if (role === 'image' && bytes) places.set(path, await home.files.keep(bytes))
  }
  const composeFile = `page:${crypto.randomUUID()}`
  await home.composed.put(composeFile, { text, images: Object.fromEntries(places) })
  const byPlace = new Map([...places].map(([path, place]) => [place, files.get(path)]))
  const contentOf = (place: string) => byPlace.get(place) ?? files.get(place)
  return planOf(text, {
    composeFile,
    shownAs: 'compose.yaml',
    name: parsed.name ?? Object.keys(parsed.services)[0] ?? 'workload',
    placeOf: (named) => places.get(named) ?? named,
    imageFacts: async (place) => blobFacts(present(contentOf(place), place)),
    readSmall: async (place) => present(contentOf(place), place),
    readSecret,
    variable: (name) => {
      const value = values.get(variableKey(name))
      return value && new TextDecoder().decode(value)
    },
  })
}

function present(bytes: Uint8Array | undefined, name: string): Uint8Array {
  if (bytes) return bytes
  throw new TenderError(`${name} is not given`, { code: 'fileNotFound', class: 'notFound', hint: 'Choose it.' })
}

/** Secrets by their source; they stay in memory. */
export function secretsOf({ parsed, values }: Pick<Given, 'parsed' | 'values'>): SecretValues {
  return new Map(
    Object.entries(parsed.secrets).flatMap(([name, source]) => {
      const value = values.get(secretKey(name))
      return value ? [[sourceKey(source), value] as const] : []
    }),
  )
}
