import fc from 'fast-check'
import type { Hex } from 'viem'
import { describe, expect, test } from 'vitest'
import type { BlobFacts } from './blobFacts.ts'
import { type BuildManifestParameters, buildManifest } from './buildManifest.ts'
import { parseComposeFile } from './composeFile.ts'
import { manifestHash, manifestSchema } from './manifest.ts'

const salt: Hex = `0x${'5a'.repeat(32)}`
const image: BlobFacts = { sha256: `0x${'ab'.repeat(32)}`, bytes: 1000, head: new Uint8Array(8), holdsImage: true }
const images = new Map([['./app.tar', image]])
const bytes = (text: string) => new TextEncoder().encode(text)
const price = 'x-tender: { max-price: 1 USDC/h }'

function build(text: string, more: Partial<BuildManifestParameters> = {}) {
  return buildManifest(parseComposeFile(text, { file: 'c.yaml' }), { images, salt, ...more })
}

const one = (service: string, top = price) => `services:\n  web:\n    image: ./app.tar\n${service}\n${top}\n`

describe('a manifest of containers', () => {
  test('counts volumes and files as disk, all replicas, and the ports of all services', () => {
    const { manifest, rounded } = build(`
services:
  web: { image: ./app.tar, scale: 2, cpus: 0.5, mem_limit: 1g, ports: [80] }
  db:
    image: postgres:17
    mem_limit: 1g
    volumes: [data:/data]
    ports: [{ target: 5432, app_protocol: tcp }]
volumes: { data: { x-tender: { size: 30GiB } } }
x-tender: { max-price: 1 USDC/h, network: internet }
`)
    expect(manifest.brief).toEqual({
      version: 2,
      driver: 'docker',
      resource: 'cu',
      units: 2,
      cpuMillis: 2000,
      memoryBytes: 3 * 1024 ** 3,
      diskBytes: 30 * 1024 ** 3 + 1000,
      blobBytes: 1000,
      containers: 3,
      ports: [
        { target: 5432, protocol: 'tcp' },
        { target: 80, protocol: 'http' },
      ],
      network: 'internet',
    })
    expect(rounded).toBeUndefined()
    expect(manifest.services.map(({ image }) => image)).toEqual([
      { kind: 'registry', reference: 'docker.io/library/postgres:17' },
      { kind: 'blob', sha256: image.sha256, bytes: 1000 },
    ])
    expect(manifest.volumes).toEqual([{ name: 'data', sizeBytes: 30 * 1024 ** 3 }])
    expect(manifestSchema.parse(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest)
  })

  test('is counted in GPUs, if its class is one', () => {
    const gpus = (count: number) =>
      `    deploy: { replicas: 2, resources: { reservations: { devices: [{ capabilities: [gpu], count: ${count} }] } } }`
    const top = 'x-tender: { max-price: 1 USDC/h, resource: gpu.nvidia.h100-80gb }'
    const { manifest, rounded } = build(one(gpus(3), top))
    expect(manifest.brief).toMatchObject({ resource: 'gpu.nvidia.h100-80gb', units: 6, gpu: 'nvidia.h100-80gb' })
    expect(rounded).toBeUndefined()
    expect(build(one('')).manifest.brief.gpu).toBeUndefined()
  })

  test('takes variables from files, of which the later and the file itself win', () => {
    const text = one('    env_file: [a, b, { path: c, required: false }]\n    environment: { C: "3" }')
    const files = new Map([
      ['a', bytes('A=1\nB=1\nC=1')],
      ['b', bytes('B=2\nC=2')],
    ])
    expect(build(text, { files }).manifest.services[0]?.env).toEqual({ A: '1', B: '2', C: '3' })
  })

  test('holds configs from wherever they are, and of secrets the names only', () => {
    const configs =
      'configs: { a: { content: x }, b: { file: ./b }, c: { environment: C } }\nsecrets: { s: { file: ./s } }'
    const { manifest } = build(one('    configs: [c, b, a]\n    secrets: [s]', `${configs}\n${price}`), {
      files: new Map([['./b', Uint8Array.of(0, 255)]]),
      variables: new Map([['C', 'é']]),
    })
    expect(manifest.services[0]?.container).toEqual({
      files: [
        { path: '/a', mode: 0o444, base64: 'eA==' },
        { path: '/b', mode: 0o444, base64: 'AP8=' },
        { path: '/c', mode: 0o444, base64: 'w6k=' },
      ],
      secrets: [{ name: 's', path: '/run/secrets/s', mode: 0o444 }],
    })
  })

  test('takes over the volumes of an earlier lease only if it has any', () => {
    const volumesOf: Hex = `0x${'01'.repeat(32)}`
    expect(build(one(''), { volumesOf }).manifest.brief.volumesOf).toBeUndefined()
    const withVolume = one('    volumes: [data:/data]', `volumes: { data: }\n${price}`)
    expect(build(withVolume, { volumesOf }).manifest.brief.volumesOf).toBe(volumesOf)
    expect(build(withVolume).manifest.brief.volumesOf).toBeUndefined()
  })

  test.each<[string, string, Partial<BuildManifestParameters>, RegExp]>([
    ['an image that is missing', '', { images: new Map() }, /\.\/app\.tar does not exist/],
    [
      'a file that is no image',
      '',
      { images: new Map([['./app.tar', { ...image, holdsImage: false }]]) },
      /is not an image: write it with `docker save/,
    ],
    [
      'a compressed image',
      '',
      { images: new Map([['./app.tar', { ...image, holdsImage: false, head: Uint8Array.of(0x1f, 0x8b) }]]) },
      /is compressed: unpack it/,
    ],
    [
      'a Wasm module',
      '',
      { images: new Map([['./app.tar', { ...image, holdsImage: false, head: Uint8Array.of(0, 0x61, 0x73, 0x6d) }]]) },
      /write platform: wasi\/wasm/,
    ],
    [
      'an image that is too large',
      '',
      { images: new Map([['./app.tar', { ...image, bytes: 2 ** 30 + 1 }]]) },
      /the most is 1073741824/,
    ],
    ['variables that are missing', '    env_file: a', {}, /a does not exist/],
    [
      'variables that are wrong',
      '    env_file: a',
      { files: new Map([['a', bytes('A=1\nB')]]) },
      /a:2: B must have a value/,
    ],
    [
      'more ports than a manifest holds',
      `    ports: [${Array.from({ length: 65 }, (_, at) => at + 1)}]`,
      {},
      /beyond what a manifest holds/,
    ],
    [
      'a service with too many variables',
      `    environment: [${Array.from({ length: 257 }, (_, at) => `A${at}=`)}]`,
      {},
      /more than 256 variables/,
    ],
  ])('is not made of %s', (_, service, more, reason) => expect(() => build(one(service), more)).toThrow(reason))

  test('is not made of more configs than one message holds', () => {
    const content = bytes('x'.repeat(100_000))
    const names = ['a', 'b', 'c']
    const top = `configs: { ${names.map((name) => `${name}: { file: ${name} }`).join(', ')} }\n${price}`
    const files = new Map(names.map((name) => [name, content]))
    expect(() => build(one('    configs: [a, b, c]', top), { files })).toThrow(
      /put large files into an image or a volume/,
    )
  })
})

describe('one and the same application hashes alike', () => {
  const long = `
services:
  web:
    image: docker.io/library/nginx:latest
    command: [serve, --now]
    environment: { A: "1", B: x }
    ports: [{ target: 8080, app_protocol: http }]
    depends_on: { db: { condition: service_started } }
    healthcheck: { test: [CMD-SHELL, ok], interval: 30s }
    volumes: [{ type: volume, source: data, target: /data, read_only: true }, { type: tmpfs, target: /run }]
    secrets: [{ source: token, target: /run/secrets/token, mode: 0444 }]
    deploy: { replicas: 2, resources: { limits: { cpus: "0.50", memory: 512m } }, restart_policy: { condition: any } }
    stop_grace_period: 1m
  db: { image: ./app.tar }
volumes: { data: { x-tender: { size: 1024m } } }
secrets: { token: { file: ./token } }
${price}
`
  const short = `
secrets: { token: { environment: TOKEN } }
volumes: { data: , unused: }
${price}
services:
  db: { image: ./app.tar, platform: linux/amd64, labels: [a=b], init: true }
  web:
    scale: 2
    stop_grace_period: 60s
    restart: always
    cpus: 0.5
    secrets: [token]
    tmpfs: /run:size=64m
    volumes: ["data:/data:ro"]
    healthcheck: { test: ok }
    depends_on: [db]
    ports: ["80:8080"]
    environment: ["B=x", "A=1"]
    command: serve --now
    image: nginx
`
  test('in its long and its short form', () => {
    expect(build(short).manifest).toEqual(build(long).manifest)
    expect(manifestHash(build(short).manifest)).toBe(manifestHash(build(long).manifest))
  })

  test('whatever the order of services, volumes, mounts, files and keys', () => {
    const name = fc.stringMatching(/^s[a-z0-9]{0,5}$/)
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(names, names, fc.boolean(), (services, volumes, reverse) => {
        const turn = <Item>(items: Item[]) => (reverse ? items.toReversed() : items)
        const written = (turned: boolean) => {
          const order = <Item>(items: Item[]) => (turned ? turn(items) : items)
          const mounts = order(volumes.map((volume) => `${volume}:/mnt/${volume}`))
          const configs = order(volumes.map((config) => `{ source: ${config}, target: /etc/${config} }`))
          const keys = (service: string) =>
            order([
              '    image: ./app.tar',
              `    volumes: [${mounts.map((mount) => `"${mount}"`)}]`,
              `    configs: [${configs}]`,
              `    environment: [${order(volumes.map((variable) => `"${variable}=${service}"`))}]`,
            ]).join('\n')
          return [
            'services:',
            ...order(services.map((service) => `  ${service}:\n${keys(service)}`)),
            `volumes: { ${order(volumes.map((volume) => `${volume}: `))} }`,
            `configs: { ${order(volumes.map((config) => `${config}: { content: ${config} }`))} }`,
            price,
          ].join('\n')
        }
        expect(manifestHash(build(written(true)).manifest)).toBe(manifestHash(build(written(false)).manifest))
      }),
      { numRuns: 40 },
    )
  })

  test('wherever the value of a secret is, and whatever it is', () => {
    const text = (source: string) => one('    secrets: [s]', `secrets: { s: { ${source} } }\n${price}`)
    const hash = manifestHash(build(text('file: ./a')).manifest)
    expect(manifestHash(build(text('environment: B')).manifest)).toBe(hash)
    expect(JSON.stringify(build(text('environment: B')).manifest)).not.toContain('"B"')
  })

  test('and another one apart', () => {
    const changes: [string, string][] = [
      ['--now', '--then'],
      ['/data, read_only: true', '/data'],
      ['target: /run }', 'target: /tmp }'],
      ['mode: 0444', 'mode: 0440'],
      ['1024m', '1025m'],
      ['service_started', 'service_healthy'],
      ['interval: 30s', 'interval: 31s'],
      ['condition: any', 'condition: on-failure'],
      ['stop_grace_period: 1m', 'stop_grace_period: 2m'],
      ['app_protocol: http', 'app_protocol: tcp'],
      ['nginx:latest', 'nginx:1.29'],
    ]
    const hashes = changes.map(([from, to]) => manifestHash(build(long.replace(from, to)).manifest))
    expect(new Set([manifestHash(build(long).manifest), ...hashes]).size).toBe(changes.length + 1)
  })
})
