import { z } from 'zod'
import { type InputIssue, InvalidInputError } from '../errors.ts'
import { refusal } from './composeKeys.ts'
import { type ParsedService, readableKeys, servicesSchema } from './composeService.ts'
import { fillVariables } from './fillVariables.ts'
import { type TenderBlock, tenderBlockSchema, tenderKeys } from './tenderBlock.ts'
import { readYaml, type YamlPath } from './yamlFile.ts'

/** A Compose file that was understood in full; {@link buildManifest} makes a manifest of it once its files are read. */
export type ParsedCompose = {
  file: string
  /** The project's name, if the file gives one. */
  name?: string | undefined
  tender: TenderBlock
  services: Record<string, ParsedService>
  /** Local files to read before `buildManifest`, as written: relative to the Compose file. Each once. */
  files: string[]
  /** What has no effect here and why; nothing is dropped in silence. */
  notes: InputIssue[]
}

const composeFileSchema = z.strictObject(
  {
    version: z.union([z.string(), z.number()]).optional(),
    name: z.string('must be a text').optional(),
    'x-tender': tenderBlockSchema,
    services: servicesSchema,
  },
  'must be a map with services and x-tender',
)

/**
 * Reads a Compose file with an `x-tender` block. Pure: its images are named, not read.
 *
 * @throws {InvalidInputError} with everything that is wrong, by line.
 * @example
 * const parsed = parseComposeFile(text, { file: 'compose.yaml' })
 * parsed.files // ['./hello.wasm']
 */
export function parseComposeFile(text: string, { file }: { file: string }): ParsedCompose {
  const yaml = readYaml(text, file)
  const issues: InputIssue[] = []
  const refuse = (path: YamlPath, message: string) => issues.push(yaml.issueAt(path, message))

  const filled = fillVariables(yaml.value, refuse)
  for (const { path, message } of wholeFileFaults(filled)) refuse(path, message)
  const { value, extensions } = withoutExtensions(filled)
  const result = composeFileSchema.safeParse(value, { reportInput: true })
  for (const issue of result.error?.issues ?? []) explain(issue, refuse)
  if (!result.success || issues.length > 0) {
    throw new InvalidInputError(`${file} cannot be used`, inFileOrder(issues), { code: 'invalidCompose' })
  }

  const { name, services, 'x-tender': tender } = result.data
  const notes = extensions.map((path) => yaml.issueAt(path, 'is an extension that Tender does not read'))
  if (result.data.version !== undefined) notes.push(yaml.issueAt(['version'], 'is obsolete and has no effect'))
  for (const [service, { port }] of Object.entries(services)) {
    if (port?.published === undefined) continue
    const message = `${port.published} has no effect: the provider's ingress gives the address`
    notes.push(yaml.issueAt(['services', service, 'ports', 0], message))
  }
  const files = [...new Set(Object.values(services).map(({ image }) => image))]
  return { file, name, tender, services, files, notes: inFileOrder(notes) }
}

/** One zod issue in our words: unknown keys each on their own line, with the reason. */
function explain(issue: z.core.$ZodIssue, refuse: (path: YamlPath, message: string) => void): void {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) refuse([...issue.path, key], refusal([...issue.path, key], readableAt(issue.path)))
    return
  }
  refuse(issue.path, isMissing(issue) ? `${String(issue.path.at(-1))} is missing: ${issue.message}` : plain(issue))
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.path.length > 0 && 'input' in issue && issue.input === undefined
}

function plain(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
}

function readableAt(path: YamlPath): readonly string[] {
  if (path[0] === 'x-tender') return tenderKeys
  const byDepth: Record<number, readonly string[]> = {
    0: Object.keys(composeFileSchema.shape),
    2: readableKeys.service,
    3: readableKeys.deploy,
    4: readableKeys.resources,
    5: readableKeys.limits,
  }
  return byDepth[path.length] ?? []
}

/** What is wrong with the file as a whole, seen before its parts are looked at. */
function wholeFileFaults(value: unknown): { path: string[]; message: string }[] {
  const services = Object.entries(record(record(value)?.services) ?? {})
  const resource = String(record(record(value)?.['x-tender'])?.resource ?? 'cu')
  if (!/^cu(\.|$)/.test(resource)) {
    const message = `a Wasm workload runs on compute units: the class is cu, not ${resource}`
    return [{ path: ['x-tender', 'resource'], message }]
  }
  const gpu = services.find(([, service]) => needsGpu(service))
  if (gpu) {
    const message = `the file needs two resource classes: ${gpu[0]} reserves a GPU and the lease is of ${resource}. One lease has one class, so split the file in two`
    return [{ path: ['services', gpu[0], 'deploy', 'resources', 'reservations'], message }]
  }
  const second = services[1]
  if (!second) return []
  const message = 'is a second service: a Wasm lease runs one for now, so write one file for each'
  return [{ path: ['services', second[0]], message }]
}

function needsGpu(service: unknown): boolean {
  const devices = record(record(record(record(service)?.deploy)?.resources)?.reservations)?.devices
  return (
    Array.isArray(devices) &&
    devices.some((device) => JSON.stringify(record(device)?.capabilities ?? '').includes('gpu'))
  )
}

function record(value: unknown): Record<string, unknown> | undefined {
  // CAST: an object that is not an array has string keys
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** Takes away the extensions (`x-…`) that Compose leaves to other tools, at the file's top and in its services. */
function withoutExtensions(value: unknown): { value: unknown; extensions: string[][] } {
  const extensions: string[][] = []
  const strip = (map: Record<string, unknown>, path: string[]) =>
    Object.fromEntries(
      Object.entries(map).filter(([key]) => {
        const foreign = key.startsWith('x-') && !key.startsWith('x-tender')
        if (foreign) extensions.push([...path, key])
        return !foreign
      }),
    )
  const top = record(value)
  if (!top) return { value, extensions }
  const file = strip(top, [])
  const services = record(file.services)
  if (services) {
    file.services = Object.fromEntries(
      Object.entries(services).map(([name, service]) => {
        const map = record(service)
        return [name, map ? strip(map, ['services', name]) : service]
      }),
    )
  }
  return { value: file, extensions }
}

function inFileOrder(issues: InputIssue[]): InputIssue[] {
  return issues.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}
