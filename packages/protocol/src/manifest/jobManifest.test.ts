import { type Hex, sha256, toHex, zeroHash } from 'viem'
import { describe, expect, test } from 'vitest'
import { blobFacts } from './blobFacts.ts'
import { type BuildManifestParameters, buildManifest } from './buildManifest.ts'
import { parseComposeFile } from './composeFile.ts'
import { readableKeys } from './composeHelp.ts'
import { globFiles } from './globFiles.ts'
import { jobBlobs, jobTermsOf, jobText, jobTextHash, parseJobText } from './jobText.ts'
import { briefHash, joinManifestHash, type Manifest, manifestHash, manifestSchema } from './manifest.ts'
import { issuesOf } from './testCompose.ts'

const module = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
const comparator = new Uint8Array([...module, 0])
const images = new Map([
  ['./render.wasm', blobFacts(module)],
  ['./same.wasm', blobFacts(comparator)],
])
const asset = { symbol: 'USDC', decimals: 6 }
const salt: Hex = `0x${'07'.repeat(32)}`
const verify = 'verify: { fee: 0.5 USDC }'

function file(job: string, tender = '', service = ''): string {
  return [
    'services:',
    '  render:',
    '    image: ./render.wasm',
    '    platform: wasi/wasm',
    ...(service ? [service] : []),
    'x-tender:',
    '  max-price: 1 USDC/h',
    ...(tender ? [`  ${tender}`] : []),
    `  job: { ${job} }`,
    '',
  ].join('\n')
}

const parse = (text: string) => parseComposeFile(text, { file: 'c.yaml' })
function build(text: string, job: Partial<BuildManifestParameters['job']> = {}): Manifest {
  return buildManifest(parse(text), { images, salt, job: { inputFiles: [], asset, ...job } }).manifest
}

describe('a job of a Compose file', () => {
  test('is read with what is usual', () => {
    const { tender, files } = parse(file(`tasks: 100, deadline: 2h, ${verify}`))
    expect(tender.job).toEqual({
      tasks: { count: 100 },
      outputBytes: 2 ** 20,
      deadlineSeconds: 7200,
      validators: 3,
      verifyFee: { value: { digits: 5n, scale: 1 }, symbol: 'USDC' },
      compare: 'bytes',
    })
    expect(files.map(({ path }) => path)).toEqual(['./render.wasm'])
  })

  test('has terms, and a private part that a validator can run', () => {
    const bundle = { digest: sha256(module), bytes: 1000 }
    const text = file(
      'tasks: [a, 7], input: ./in, output: { max: 3MiB }, deadline: 1h, cancel-fee: 0.25 USDC, verify: { sample: 1, validators: 2, fee: 1 USDC, compare: ./same.wasm }',
      'replicas: 2',
    )
    const manifest = build(text, { bundle })
    expect(manifest.job).toEqual({
      tasks: ['a', '7'],
      outputBytes: 3 * 2 ** 20,
      compare: { kind: 'blob', sha256: sha256(comparator), bytes: 9 },
    })
    expect(jobTermsOf(manifest.brief)).toEqual({
      tasks: 2,
      sample: 1,
      validators: 2,
      comparator: sha256(comparator),
      deadlineSeconds: 3600,
      cancelFee: 250_000n,
      verifyFee: 1_000_000n,
      inputs: bundle.digest,
    })
    expect(manifest.brief.diskBytes).toBe(1000 + 3 * 2 ** 20)
    expect(manifest.brief.job?.bundleBytes).toBe(1000)
    expect(jobBlobs(manifest).map(({ sha256 }) => sha256)).toEqual([sha256(module), sha256(comparator)])
    expect(parse(text).files.map(({ path }) => path)).toEqual(['./render.wasm', './same.wasm'])
  })

  test('has a text for its bundle that does not depend on the bundle', () => {
    const text = file(`tasks: 3, deadline: 2h, ${verify}`)
    const [draft, manifest] = [build(text), build(text, { bundle: { digest: sha256(module), bytes: 5 } })]
    expect(jobText(draft)).toBe(jobText(manifest))
    expect(parseJobText(jobText(manifest))).toMatchObject({ job: manifest.job, services: manifest.services })
    expect(joinManifestHash(briefHash(manifest.brief), jobTextHash(jobText(manifest)))).toBe(manifestHash(manifest))
    expect(manifestHash(draft)).not.toBe(manifestHash(manifest))
    for (const bad of ['', '{}', ` ${jobText(manifest)}`, jobText({ ...manifest, job: undefined })])
      expect(() => parseJobText(bad)).toThrow(expect.objectContaining({ code: 'badJob' }))
  })

  test('takes a task from each file that a pattern means', () => {
    const text = file(`tasks: frames/**/*.json, input: ./scene, deadline: 2h, ${verify}`)
    const inputFiles = ['frames/2.json', 'frames/a/1.json', 'frames/1.json', 'frames/1.png', 'other/1.json']
    expect(build(text, { inputFiles }).job?.tasks).toEqual(['frames/1.json', 'frames/2.json', 'frames/a/1.json'])
    expect(() => build(text)).toThrow('no file of the input is like frames/**/*.json')
  })

  test('takes as many cards as its tasks at once', () => {
    const text = `services:
  train:
    image: nginx:1.29@sha256:${'ab'.repeat(32)}
    entrypoint: [train]
    deploy: { replicas: 2, resources: { reservations: { devices: [{ capabilities: [gpu], count: 2 }] } } }
x-tender:
  max-price: 1 USDC/h
  resource: gpu.nvidia.h100-80gb
  network: internet
  job: { tasks: 10, deadline: 2h, ${verify} }
`
    const manifest = build(text)
    expect(manifest.job).toMatchObject({ gpus: 2, network: 'internet' })
    expect(manifest.brief).toMatchObject({ units: 4, gpu: 'nvidia.h100-80gb', network: 'internet' })
  })

  test('is too long where its items do not fit into a message', () => {
    const items = Array.from({ length: 9000 }, (_, at) => `item number ${at}`)
    const text = file(`tasks: ${JSON.stringify(items)}, deadline: 2h, ${verify}`)
    expect(() => build(text)).toThrow('the most is 131072')
  })

  test('is a file’s that asks for one', () => {
    const service = parse(
      'services:\n  a: { image: ./render.wasm, platform: wasi/wasm }\nx-tender: { max-price: 1 USDC/h }\n',
    )
    const { manifest } = buildManifest(service, { images, salt })
    expect(Object.keys(manifest)).not.toContain('job')
    expect(jobTermsOf(manifest.brief)).toBeUndefined()
    expect(() => buildManifest(parse(file(`tasks: 3, deadline: 2h, ${verify}`)), { images, salt })).toThrow(TypeError)
  })
})

describe('what is wrong with a job is said with its line', () => {
  const good = `deadline: 2h, ${verify}`
  test.each([
    [
      'a task that serves',
      file(`tasks: 3, ${good}`, '', '    ports: ["80"]'),
      '5:5 services.render.ports: is not for a job: a task serves nothing',
    ],
    [
      'what goes by time',
      file(`tasks: 3, ${good}`, 'uptime: 99%'),
      '7:3 x-tender.uptime: is not for a job: a job is paid for its result, not by time',
    ],
    ['no task', file(`tasks: 0, ${good}`), '7:10 x-tender.job.tasks: must be at least 1'],
    ['too many tasks', file(`tasks: 100001, ${good}`), '7:10 x-tender.job.tasks: must be at most 100000'],
    [
      'fewer tasks than leases',
      file(`tasks: 2, ${good}`, 'replicas: 3'),
      '8:10 x-tender.job.tasks: are 2 for 3 leases: one would have nothing to do',
    ],
    [
      'a sample larger than a share',
      file('tasks: 10, deadline: 2h, verify: { sample: 6, fee: 1 USDC }', 'replicas: 2'),
      '8:45 x-tender.job.verify.sample: is 6, and a lease has 5 tasks at most',
    ],
    [
      'a deadline within the time that is bought',
      file(`tasks: 3, deadline: 59m, ${verify}`),
      '7:20 x-tender.job.deadline: is before the end of the 1h of machine time that x-tender.duration buys',
    ],
    [
      'no deadline at all',
      file(`tasks: 3, deadline: 0s, ${verify}`),
      '7:20 x-tender.job.deadline: must be a second or more',
    ],
    [
      'fees in another asset',
      file('tasks: 3, deadline: 2h, verify: { fee: 1 EURC }'),
      '7:44 x-tender.job.verify.fee: must be in USDC, as max-price is',
    ],
    [
      'a pattern without an input',
      file(`tasks: "*.json", ${good}`),
      '7:10 x-tender.job.tasks: is a pattern for files of the input: write input beside it',
    ],
    [
      'too many validators',
      file('tasks: 3, deadline: 2h, verify: { validators: 9, fee: 1 USDC }'),
      '7:44 x-tender.job.verify.validators: must be at most 8',
    ],
    [
      'a comparator that is none',
      file('tasks: 3, deadline: 2h, verify: { compare: exact, fee: 1 USDC }'),
      '7:44 x-tender.job.verify.compare: must be bytes, or a module such as ./same.wasm',
    ],
    [
      'an unknown key',
      file('tasks: 3, deadline: 2h, verify: { fee: 1 USDC, sampel: 3 }'),
      '7:57 x-tender.job.verify.sampel: x-tender.job.verify has no key sampel; did you mean sample?',
    ],
  ])('%s', (_, text, issue) => {
    expect(issuesOf(text)).toContain(issue)
  })

  test('no fee for validators', () => {
    expect(issuesOf(file('tasks: 3, deadline: 2h, verify: { sample: 1 }'))[0]).toContain('fee is missing')
  })

  test('a second service, and what only services have', () => {
    const text = `services:
  a: { image: nginx:1, volumes: ["data:/data"] }
  b: { image: nginx:1, restart: always }
volumes: { data: }
x-tender: { max-price: 1 USDC/h, job: { tasks: 3, ${good} } }
`
    const issues = issuesOf(text).map((issue) => issue.split(' ')[1])
    expect(issues).toEqual(['services.a.volumes:', 'services.b:', 'services.b.restart:'])
  })

  test('a comparator that does not exist, or is no module', () => {
    const text = file('tasks: 3, deadline: 2h, verify: { compare: ./other.wasm, fee: 1 USDC }')
    expect(() => build(text)).toThrow('./other.wasm does not exist')
  })

  test('keys are offered where they are read', () => {
    expect(readableKeys(['x-tender', 'job'], 'docker')).toContain('cancel-fee')
    expect(readableKeys(['x-tender', 'job', 'verify'], 'wasm')).toEqual(['sample', 'validators', 'fee', 'compare'])
  })
})

describe('a manifest whose parts do not fit is none', () => {
  const manifest = build(file(`tasks: 3, deadline: 2h, ${verify}`))
  const { job, brief } = manifest
  if (!job || !brief.job) throw new Error('it is a job')
  const terms = brief.job.terms
  const withTerms = (more: object) => ({
    ...manifest,
    brief: { ...brief, job: { ...brief.job, terms: { ...terms, ...more } } },
  })
  test.each([
    ['a brief without a job', { ...manifest, brief: { ...brief, job: undefined } }],
    ['a job without a brief', { ...manifest, job: undefined }],
    ['another count', withTerms({ tasks: 4 })],
    ['a sample of more', withTerms({ sample: 4 })],
    ['another comparator', withTerms({ comparator: salt })],
    ['a fee that is no number', withTerms({ verifyFee: '01' })],
    // Found by fuzzing: what was no number threw, instead of being refused.
    ['a fee that is a word', withTerms({ cancelFee: 'much' })],
    ['a fee of more than 96 bits', withTerms({ cancelFee: '9'.repeat(29) })],
    ['a network of its own', { ...manifest, job: { ...job, network: 'internet' } }],
    ['cards that nobody bid on', { ...manifest, job: { ...job, gpus: 1 } }],
    [
      'a port',
      {
        ...manifest,
        services: manifest.services.map((one) => ({ ...one, ports: [{ target: 80, protocol: 'http' }] })),
      },
    ],
    [
      'two services',
      { ...manifest, services: [...manifest.services, ...manifest.services.map((one) => ({ ...one, name: 'b' }))] },
    ],
  ])('%s', (_, changed) => {
    expect(manifestSchema.safeParse(changed).success).toBe(false)
    expect(manifestSchema.safeParse(manifest).success).toBe(true)
  })
})

test('a manifest without a job hashes as it did before there were jobs', () => {
  const parsed = parse(
    'services:\n  a: { image: ./render.wasm, platform: wasi/wasm }\nx-tender: { max-price: 1 USDC/h }\n',
  )
  expect(manifestHash(buildManifest(parsed, { images, salt: zeroHash }).manifest)).toBe(SERVICE_HASH)
})

test('patterns mean what shells mean by them', () => {
  const paths = ['a.json', 'b/a.json', 'b/c/a.json', 'a.jsonx', 'axjson', '$.json']
  expect(globFiles('*.json', paths)).toEqual(['$.json', 'a.json'])
  expect(globFiles('**/a.json', paths)).toEqual(['a.json', 'b/a.json', 'b/c/a.json'])
  expect(globFiles('b/**', paths)).toEqual(['b/a.json', 'b/c/a.json'])
  expect(globFiles('?.json', paths)).toEqual(['$.json', 'a.json'])
  expect(globFiles('$.json', paths)).toEqual(['$.json'])
  expect(globFiles(toHex('none'), paths)).toEqual([])
})

const SERVICE_HASH = '0xac4b3145381fdf107aac98e4d34f9b8429711fd4c6be1fa02d69cb95ce439844'
