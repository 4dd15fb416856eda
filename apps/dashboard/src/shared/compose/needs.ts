import { computeUnits, type ParsedCompose, type SecretSource } from '@tender/protocol'

/** Contents that somebody gave this page, by name as the Compose file writes them. Kept in memory. */
export type GivenFiles = ReadonlyMap<string, Uint8Array>

/** Values of secrets and variables, by name. Kept in memory, and nowhere else. */
export type GivenValues = ReadonlyMap<string, Uint8Array>

/** Something that has to be given before an order can be made. */
export type Need =
  | { kind: 'file'; role: 'image' | 'envFile' | 'config'; path: string; required: boolean; given: number | undefined }
  | { kind: 'secret'; name: string; source: SecretSource; given: number | undefined }
  | { kind: 'variable'; name: string; given: number | undefined }

/** Everything that a Compose file names and does not contain. `given`: bytes that are there. Pure. */
export function needsOf(parsed: ParsedCompose, files: GivenFiles, values: GivenValues): Need[] {
  return [
    ...parsed.files.map((file): Need => ({ kind: 'file', ...file, given: files.get(file.path)?.length })),
    ...Object.entries(parsed.secrets).map(
      ([name, source]): Need => ({ kind: 'secret', name, source, given: values.get(secretKey(name))?.length }),
    ),
    ...parsed.variables.map((name): Need => ({ kind: 'variable', name, given: values.get(variableKey(name))?.length })),
  ]
}

/** What is still missing. */
export function missingOf(needs: readonly Need[]): Need[] {
  return needs.filter((need) => need.given === undefined && !(need.kind === 'file' && !need.required))
}

/** A secret and a variable may have one name. */
export const secretKey = (name: string) => `secret:${name}`
export const variableKey = (name: string) => `variable:${name}`

/** Units of the resource class that one lease of the file takes, as far as its files are known. */
export function unitsOf(parsed: ParsedCompose, files: GivenFiles): number {
  const services = Object.values(parsed.services)
  const gpus = services.reduce((sum, { gpus, replicas }) => sum + gpus * replicas, 0)
  if (gpus > 0) return gpus
  const images = parsed.files.filter(({ role }) => role === 'image')
  return computeUnits({
    cpuMillis: services.reduce((sum, { cpuMillis, replicas }) => sum + cpuMillis * replicas, 0),
    memoryBytes: services.reduce((sum, { memoryBytes, replicas }) => sum + memoryBytes * replicas, 0),
    diskBytes:
      images.reduce((sum, { path }) => sum + (files.get(path)?.length ?? 0), 0) +
      parsed.volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  }).units
}
