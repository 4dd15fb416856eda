import type { Manifest } from '@tender/protocol'
import { expect, test } from 'vitest'
import { brief, bytes32, manifestOf } from '../testKit.ts'
import { checkAgainstBrief, workloadOf } from './workload.ts'

const manifest = manifestOf(bytes32(1), { args: ['-v'], env: { A: 'b' }, ports: [{ target: 80, protocol: 'http' }] })
const blobs = { path: (sha256: string) => `/blobs/${sha256}` }

test('a service with a port answers requests, one without runs to its end', () => {
  expect(workloadOf(bytes32(5), manifest, blobs)).toEqual({
    leaseId: bytes32(5),
    services: [
      {
        name: 'web',
        shape: 'http',
        image: { kind: 'file', path: `/blobs/${bytes32(1)}` },
        args: ['-v'],
        environment: { A: 'b' },
        replicas: 1,
        cpuMilli: 500,
        memoryBytes: 2 ** 26,
        ports: [{ target: 80, protocol: 'http' }],
      },
    ],
    limits: { cpuMilli: brief.cpuMillis, memoryBytes: brief.memoryBytes, diskBytes: brief.diskBytes },
  })
  expect(workloadOf(bytes32(5), manifestOf(bytes32(1)), blobs).services[0]?.shape).toBe('command')
})

const image = { kind: 'registry', reference: 'docker.io/library/nginx:1.29' } as const
const container: NonNullable<Manifest['services'][number]['container']> = {
  entrypoint: ['/bin/app'],
  workingDirectory: '/app',
  user: '1000:1000',
  healthcheck: { command: ['/bin/ok'], intervalMs: 1000, timeoutMs: 500, retries: 3, startPeriodMs: 0 },
  dependsOn: { db: 'healthy' },
  restart: { when: 'failed', maxRetries: 3 },
  volumes: [{ volume: 'data', path: '/data', readOnly: false }],
  tmpfs: [{ path: '/run', sizeBytes: 4096 }],
  files: [{ path: '/etc/app.conf', mode: 0o440, base64: 'aGk=' }],
  secrets: [{ name: 'token', path: '/run/secrets/token', mode: 0o400 }],
  stopSignal: 'SIGINT',
  stopGraceMs: 2000,
}
const whole: Manifest = {
  ...manifestOf(bytes32(1), { image, container, ports: [{ target: 5432, protocol: 'tcp' }] }),
  volumes: [{ name: 'data', sizeBytes: 50 }],
}

test('a container gets all that its manifest says, and its secrets', () => {
  const token = new Uint8Array([1, 2, 3])
  const { files, secrets, ...same } = container
  const online = { ...whole, brief: { ...whole.brief, network: 'internet' as const } }
  expect(workloadOf(bytes32(5), online, blobs, { secrets: new Map([['token', token]]) })).toEqual({
    leaseId: bytes32(5),
    services: [
      {
        name: 'web',
        shape: 'command',
        image,
        args: [],
        environment: {},
        replicas: 1,
        cpuMilli: 500,
        memoryBytes: 2 ** 26,
        ports: [{ target: 5432, protocol: 'tcp' }],
        ...same,
        files: [{ path: '/etc/app.conf', mode: 0o440, content: Buffer.from('hi') }],
        secrets: [{ path: '/run/secrets/token', mode: 0o400, content: token }],
      },
    ],
    limits: { cpuMilli: brief.cpuMillis, memoryBytes: brief.memoryBytes, diskBytes: brief.diskBytes },
    volumes: [{ name: 'data', sizeBytes: 50 }],
    network: 'internet',
  })
})

test('a container does not start without a secret that it mounts', () => {
  expect(() => workloadOf(bytes32(5), whole, blobs)).toThrow(
    expect.objectContaining({ code: 'secretMissing', data: { name: 'token' } }),
  )
})

test.each([
  ['cpuMillis', { cpuMillis: 501 }],
  ['memoryBytes', { memoryBytes: 2 ** 26 + 1 }],
  ['containers', { replicas: 2, cpuMillis: 1, memoryBytes: 1 }],
  ['blobBytes', { image: { kind: 'blob', sha256: bytes32(1), bytes: 101 } }],
] as const)('a manifest that needs more %s than its brief said is refused', (what, service) => {
  const roomy = { ...manifestOf(bytes32(1), service), brief: { ...brief, diskBytes: 1000 } }
  expect(() => checkAgainstBrief(roomy)).toThrow(
    expect.objectContaining({ code: 'manifestExceedsBrief', data: expect.objectContaining({ what }) }),
  )
  expect(() => checkAgainstBrief(manifest)).not.toThrow()
  expect(() => checkAgainstBrief(whole)).not.toThrow()
})

test('volumes and files together have to fit into the disk of the brief', () => {
  const data = (sizeBytes: number) => ({ ...manifest, volumes: [{ name: 'data', sizeBytes }] })
  expect(() => checkAgainstBrief(data(1))).toThrow(
    expect.objectContaining({ data: { what: 'diskBytes', asked: 101, announced: 100 } }),
  )
})

test('a port that the brief does not name, or names once for two, is refused', () => {
  const http = { target: 80, protocol: 'http' } as const
  for (const ports of [[], [{ ...http, target: 81 }], [{ ...http, protocol: 'tls' as const }]])
    expect(() => checkAgainstBrief({ ...manifest, brief: { ...brief, ports } })).toThrow(
      expect.objectContaining({ data: expect.objectContaining({ what: 'port', asked: '80/http' }) }),
    )
  const twice = {
    ...manifest,
    services: ['one', 'other'].flatMap((name) => manifest.services.map((service) => ({ ...service, name }))),
    brief: { ...brief, cpuMillis: 1000, memoryBytes: 2 ** 27, containers: 2, ports: [http] },
  }
  expect(() => checkAgainstBrief(twice)).toThrow(expect.objectContaining({ code: 'manifestExceedsBrief' }))
  expect(() => checkAgainstBrief({ ...twice, brief: { ...twice.brief, ports: [http, http] } })).not.toThrow()
})
