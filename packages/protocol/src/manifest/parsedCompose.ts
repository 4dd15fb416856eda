import type { InputIssue } from '../errors.ts'
import type { WrittenPort } from './composePorts.ts'
import type { ContainerSpec, VolumeSpec } from './manifest.ts'
import type { TenderBlock } from './tenderBlock.ts'

/** A Compose file that was understood in full; `buildManifest` makes a manifest of it once its files are read. */
export type ParsedCompose = {
  file: string
  /** The project's name, if the file gives one. */
  name?: string | undefined
  tender: TenderBlock
  /** Kind of the driver that runs all its services. */
  driver: 'wasm' | 'docker'
  services: Record<string, ParsedService>
  /** Those that a service mounts. */
  volumes: VolumeSpec[]
  /** Where the values of the secrets that a service takes are; they are in no manifest. */
  secrets: Record<string, SecretSource>
  /** Local files to read before `buildManifest`, as written: relative to the Compose file. Each once. */
  files: NeededFile[]
  /** Variables of the tenant's own environment that configs are made of. */
  variables: string[]
  /** What has no effect here and why; nothing is dropped in silence. */
  notes: InputIssue[]
}

/** `image`: to be looked through, see `BlobFacts`; the others are small, and their content is needed. */
export type NeededFile = { role: 'image' | 'envFile' | 'config'; path: string; required: boolean }

/** A service's image: a file of the tenant's, or one that the provider fetches. */
export type WrittenImage = { kind: 'file'; path: string } | { kind: 'registry'; reference: string }

/** Where a secret's value is: it is read when it is sealed. */
export type SecretSource = { file: string } | { variable: string }

/** Where a config's content is. */
export type ConfigSource = SecretSource | { content: string }

/** A service whose image has yet to be looked at. */
export type ParsedService = {
  image: WrittenImage
  args: string[]
  /** What the Compose file itself says; it overrides `envFiles`, of which the later override the earlier. */
  env: Record<string, string>
  envFiles: readonly { path: string; required: boolean }[]
  /** Where it listens; none for a command that runs to its end. */
  ports: WrittenPort[]
  cpuMillis: number
  memoryBytes: number
  replicas: number
  /** Of each container. */
  gpus: number
  /** Absent for Wasm. */
  container?: ParsedContainer | undefined
}

export type ParsedContainer = Omit<ContainerSpec, 'files'> & {
  files: { path: string; mode: number; source: ConfigSource }[]
}
