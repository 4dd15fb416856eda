import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blobFacts, buildManifest, type Manifest, parseComposeFile } from '@tender/protocol'
import { zeroHash } from 'viem'

// Valid inputs, made by our own code and out of our own examples.

const examples = join(import.meta.dirname, '..', '..', '..', 'examples')
const example = (path: string) => readFileSync(join(examples, path), 'utf8')

export const composeSeeds = [
  'hello/compose.yaml',
  'image/compose.yaml',
  'shop/compose.yaml',
  'montecarlo/job.yaml',
  'matrix/job.yaml',
  'words/job.yaml',
].map(example)

export const envSeeds = [
  'export A=1 # one\nB="x\\ny"\n',
  "# comment\nC='two\nlines'\r\nD: e\nF=\n",
  '\ufeffG="\\"quoted\\" $$"\nH=plain \'text\'\n',
]

const asset = { symbol: 'USDC', decimals: 6 }
/** What begins as a module does, or as an image. */
const module = blobFacts(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))

function manifestOf(text: string, inputFiles: readonly string[] = []): Manifest {
  const parsed = parseComposeFile(text, { file: 'compose.yaml' })
  const images = new Map(parsed.files.filter(({ role }) => role === 'image').map(({ path }) => [path, { ...module }]))
  return buildManifest(parsed, {
    images,
    salt: zeroHash,
    job: { inputFiles, asset, bundle: { digest: zeroHash, bytes: 1000 } },
  }).manifest
}

const WASM = `services: { web: { image: ./a.wasm, platform: wasi/wasm, command: serve --x, environment: { A: b }, ports: ["80"] } }
x-tender: { max-price: 0.01 USDC/h, duration: 1h }`
const CONTAINERS = `services:
  db: { image: "docker.io/library/redis:7", volumes: ["data:/data"], healthcheck: { test: ping, interval: 1s } }
  web: { image: "docker.io/library/nginx:1", depends_on: { db: { condition: service_healthy } }, ports: ["80"], restart: always }
volumes: { data: { x-tender: { size: 1g } } }
x-tender: { max-price: 0.01 USDC/h, duration: 1h }`
const JOB = `services: { task: { image: ./a.wasm, platform: wasi/wasm, command: go } }
x-tender:
  max-price: 0.01 USDC/h
  duration: 1h
  job: { tasks: 10, deadline: 2h, verify: { sample: 2, validators: 1, fee: 0.1 USDC }, output: { max: 1MiB } }`

export const manifests = (): Manifest[] => [manifestOf(WASM), manifestOf(CONTAINERS), manifestOf(JOB)]
export const jobManifest = (): Manifest => manifestOf(JOB)
