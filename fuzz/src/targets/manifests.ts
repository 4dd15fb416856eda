import {
  jobText,
  MAX_COMPOSE_BYTES,
  MAX_MANIFEST_BYTES,
  MAX_SERVICES,
  type Manifest,
  manifestHash,
  manifestSchema,
  parseComposeFile,
  parseJobText,
} from '@tender/protocol'
import { globFiles, imageReference, parseEnvFile, shellWords } from '@tender/protocol/testParsers'
import { attempt, bytesOf, must, type Target, textOf } from '../target.ts'
import { composeSeeds, envSeeds, jobManifest, manifests } from './seeds.ts'

const MANIFEST_CODE = 'packages/protocol/src/manifest/'

const compose: Target = {
  name: 'compose',
  format: 'text',
  maxBytes: 32 * 1024,
  code: [
    'compose',
    'container',
    'env',
    'fill',
    'find',
    'image',
    'jobBlock',
    'jobFile',
    'link',
    'paths',
    'readText',
    'shell',
    'tenderBlock',
    'wasm',
    'whole',
    'without',
    'written',
    'yaml',
  ].map((name) => `packages/protocol/src/manifest/${name}`),
  seeds: () => composeSeeds.map(bytesOf),
  run(input) {
    const text = textOf(input)
    const parsed = attempt(() => parseComposeFile(text, { file: 'compose.yaml' }))
    if (!parsed) return false
    const services = Object.values(parsed.value.services)
    must(text.length <= MAX_COMPOSE_BYTES, 'a file that is too large was taken')
    must(services.length >= 1 && services.length <= MAX_SERVICES, `${services.length} services were taken`)
    return true
  },
}

const envFile: Target = {
  name: 'env-file',
  format: 'text',
  maxBytes: 64 * 1024,
  code: ['packages/protocol/src/manifest/envFile.ts'],
  words: ['export ', '="', "='", '\\"', '#', '\n', '$A', ':', '\ufeff'],
  seeds: () => envSeeds.map(bytesOf),
  run(input) {
    const parsed = attempt(() => parseEnvFile(textOf(input), '.env'))
    if (!parsed) return false
    for (const name of Object.keys(parsed.value))
      must(/^[A-Za-z_][\w.-]{0,127}$/.test(name), `the name ${name} was taken`)
    return true
  },
}

const manifest: Target = {
  name: 'manifest',
  format: 'json',
  maxBytes: 32 * 1024,
  code: [
    'manifest.ts',
    'manifestFaults.ts',
    'jobFaults.ts',
    'jobSchemas.ts',
    'canonicalJson.ts',
    'parts.ts',
    'findCycle.ts',
    'paths.ts',
    'imageReference.ts',
  ].map((name) => `${MANIFEST_CODE}${name}`),
  seeds: () => manifests().map((value) => bytesOf(JSON.stringify(value))),
  run(input) {
    const value = jsonOf(input)
    const parsed = value && manifestSchema.safeParse(value.value)
    if (!parsed?.success) return false
    checkManifest(parsed.data)
    return true
  },
}

function checkManifest(taken: Manifest): void {
  const again = manifestSchema.safeParse(JSON.parse(JSON.stringify(taken)))
  must(again.success && manifestHash(again.data) === manifestHash(taken), 'a manifest does not survive being written')
}

const jobFile: Target = {
  name: 'job-file',
  format: 'json',
  maxBytes: 32 * 1024,
  code: [`${MANIFEST_CODE}jobText.ts`, `${MANIFEST_CODE}canonicalJson.ts`, `${MANIFEST_CODE}jobSchemas.ts`],
  seeds: () => [bytesOf(jobText(jobManifest()))],
  run(input) {
    const text = textOf(input)
    const parsed = attempt(() => parseJobText(text))
    if (!parsed) return false
    must(text.length <= MAX_MANIFEST_BYTES, 'a job that is too large was taken')
    must(jobText(parsed.value) === text, 'a job does not survive being written')
    return true
  },
}

const words: Target = {
  name: 'words',
  format: 'json',
  maxBytes: 8 * 1024,
  code: ['shellWords.ts', 'imageReference.ts', 'globFiles.ts'].map((name) => `${MANIFEST_CODE}${name}`),
  words: ['**', '*/', '?', '@sha256:', ':5000/', '\\', "'", '"'],
  seeds: () =>
    [
      ['shell', 'sh -c \'echo "a b"\' \\x'],
      ['image', `localhost.example.org:5000/a/b:1@sha256:${'0'.repeat(64)}`],
      ['image', 'nginx'],
      ['glob', '**/frames/*.json', 'a/frames/1.json'],
      ['glob', '*a*a*a?', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ].map((value) => bytesOf(JSON.stringify(value))),
  run(input) {
    const [kind, text, ...paths] = textsOf(jsonOf(input)?.value)
    if (text === undefined) return false
    // As long as files and manifests have them.
    if (kind === 'glob') return attempt(() => globFiles(text.slice(0, 1024), paths.slice(0, 64))) !== undefined
    if (kind === 'image') return attempt(() => imageReference(text.slice(0, 8192))) !== undefined
    return shellWords(text) !== undefined
  },
}

export const manifestTargets = [compose, envFile, manifest, jobFile, words]

/** A value of JSON; `undefined` for what is none. */
export function jsonOf(input: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(textOf(input)) }
  } catch {
    return undefined
  }
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
