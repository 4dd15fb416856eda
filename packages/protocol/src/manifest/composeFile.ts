import { z } from 'zod'
import { type InputIssue, InvalidInputError } from '../errors.ts'
import { type RefusedKeys, refusal } from './composeKeys.ts'
import { configsAtTop, networks, secretsAtTop, volumesAtTop } from './composeTop.ts'
import { containerKeys, keysWithoutEffect } from './containerKeys.ts'
import { containerService } from './containerService.ts'
import { fillVariables } from './fillVariables.ts'
import { hasDigest } from './imageReference.ts'
import { jobFileFaults } from './jobFileFaults.ts'
import { linkContainers } from './linkContainers.ts'
import { MAX_SERVICES } from './manifest.ts'
import type { NeededFile, ParsedCompose, ParsedService } from './parsedCompose.ts'
import { tenderBlockSchema } from './tenderBlock.ts'
import { wasmKeys } from './wasmKeys.ts'
import { wasmService } from './wasmService.ts'
import { driverOf, otherKind, wholeFileFaults } from './wholeFile.ts'
import { withoutExtensions } from './withoutExtensions.ts'
import { issueText } from './written.ts'
import { readYaml, type YamlFile, type YamlPath } from './yamlFile.ts'

type Refuse = (path: YamlPath, message: string) => void
type Understood = Pick<ParsedCompose, 'name' | 'tender' | 'services' | 'volumes' | 'secrets'> & {
  notes: { path: YamlPath; message: string }[]
}

/**
 * Reads a Compose file with an `x-tender` block. Pure: its files are named, not read.
 *
 * @throws {InvalidInputError} with everything that is wrong, by line.
 * @example
 * const parsed = parseComposeFile(text, { file: 'compose.yaml' })
 * parsed.files // [{ role: 'image', path: './hello.wasm', required: true }]
 */
export function parseComposeFile(text: string, { file }: { file: string }): ParsedCompose {
  const yaml = readYaml(text, file)
  const issues: InputIssue[] = []
  const refuse: Refuse = (path, message) => issues.push(yaml.issueAt(path, message))

  const filled = fillVariables(yaml.value, refuse)
  const other = otherKind(filled)
  if (other) throw unusable(file, [yaml.issueAt(other.path, other.message)])
  for (const { path, message } of wholeFileFaults(filled)) refuse(path, message)
  const { value, extensions } = withoutExtensions(filled)
  const driver = driverOf(filled)
  const understood = driver === 'wasm' ? readWasm(value, refuse) : readContainers(value, refuse)
  for (const { path, message } of understood ? jobFileFaults(filled, understood.tender, understood.services) : [])
    refuse(path, message)
  if (!understood || issues.length > 0) throw unusable(file, inFileOrder(issues))
  const notes = [
    ...extensions.map((path) => ({ path, message: 'is an extension that Tender does not read' })),
    ...understood.notes,
    ...Object.entries(understood.services).flatMap(([name, service]) => serviceNotes(name, service)),
  ]
  const { files, variables } = needsOf(Object.values(understood.services), understood.tender.job?.compare ?? 'bytes')
  return { file, driver, ...understood, files, variables, notes: placed(yaml, notes) }
}

function unusable(file: string, issues: InputIssue[]): InvalidInputError {
  return new InvalidInputError(`${file} cannot be used`, issues, { code: 'invalidCompose' })
}

const top = {
  version: z.union([z.string(), z.number()]).optional(),
  name: z.string('must be a text').optional(),
  'x-tender': tenderBlockSchema,
}
const noFile = 'must be a map with services and x-tender'
const wasmFile = z.strictObject({ ...top, services: servicesOf(wasmService) }, noFile)
const containerFile = z.strictObject(
  {
    ...top,
    services: servicesOf(containerService),
    volumes: volumesAtTop.optional(),
    configs: configsAtTop.optional(),
    secrets: secretsAtTop.optional(),
    networks: networks.optional(),
  },
  noFile,
)

/** A map of services by name. */
function servicesOf<Service>(service: z.ZodType<Service>) {
  const name = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, 'a service is named by letters, digits, . _ and -')
  return z
    .record(name, service, { error: 'must be a map of services' })
    .refine((services) => Object.keys(services).length > 0, 'must have a service')
    .refine((services) => Object.keys(services).length <= MAX_SERVICES, `must have at most ${MAX_SERVICES} services`)
}

function readWasm(value: unknown, refuse: Refuse): Understood | undefined {
  const result = wasmFile.safeParse(value, { reportInput: true })
  if (!result.success) return explain(result.error, wasmKeys, refuse)
  const { name, services, version, 'x-tender': tender } = result.data
  const notes = version === undefined ? [] : [{ path: ['version'], message: 'is obsolete and has no effect' }]
  return { name, tender, services, volumes: [], secrets: {}, notes }
}

function readContainers(value: unknown, refuse: Refuse): Understood | undefined {
  const result = containerFile.safeParse(value, { reportInput: true })
  if (!result.success) return explain(result.error, containerKeys, refuse)
  const { name, 'x-tender': tender, services, volumes = {}, configs = {}, secrets = {} } = result.data
  const { faults, notes, ...linked } = linkContainers({ services, volumes, configs, secrets })
  for (const { path, message } of faults) refuse(path, message)
  return { name, tender, ...linked, notes: [...notes, ...keysWithoutEffect(value)] }
}

/** Zod's issues in our words: unknown keys each on their own line, with the reason. */
function explain({ issues }: z.ZodError, keys: RefusedKeys, refuse: Refuse): undefined {
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') refuse(issue.path, issueText(issue))
    else for (const key of issue.keys) refuse([...issue.path, key], refusal([...issue.path, key], keys))
  }
}

function serviceNotes(name: string, { ports, image }: ParsedService): Understood['notes'] {
  const notes = ports.flatMap(({ published }, at) => {
    const message = `${published} has no effect: the provider's ingress gives the address`
    return published === undefined ? [] : [{ path: ['services', name, 'ports', at], message }]
  })
  if (image.kind === 'file' || hasDigest(image.reference)) return notes
  const message = `is ${image.reference}, whatever that is when a provider fetches it: a tag can change, a digest (@sha256:…) cannot`
  return [...notes, { path: ['services', name, 'image'], message }]
}

/** What has to be read before a manifest can be made, each once. */
function needsOf(services: readonly ParsedService[], compare: string): { files: NeededFile[]; variables: string[] } {
  const sources = services.flatMap(({ container }) => container?.files.map(({ source }) => source) ?? [])
  const files: NeededFile[] = [
    ...services.flatMap(({ image }) =>
      image.kind === 'file' ? [{ role: 'image', path: image.path, required: true } as const] : [],
    ),
    ...(compare === 'bytes' ? [] : [{ role: 'image', path: compare, required: true } as const]),
    ...services.flatMap(({ envFiles }) => envFiles.map((file) => ({ role: 'envFile', ...file }) as const)),
    ...sources.flatMap((source) =>
      'file' in source ? [{ role: 'config', path: source.file, required: true } as const] : [],
    ),
  ]
  const once = new Map(files.map((file) => [`${file.role} ${file.required} ${file.path}`, file]))
  const variables = sources.flatMap((source) => ('variable' in source ? [source.variable] : []))
  return { files: [...once.values()], variables: [...new Set(variables)] }
}

function placed(yaml: YamlFile, notes: Understood['notes']): InputIssue[] {
  return inFileOrder(notes.map(({ path, message }) => yaml.issueAt(path, message)))
}

function inFileOrder(issues: InputIssue[]): InputIssue[] {
  return issues.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}
