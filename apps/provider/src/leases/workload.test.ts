import { expect, test } from 'vitest'
import { brief, bytes32, manifestOf } from '../testKit.ts'
import { checkAgainstBrief, workloadOf } from './workload.ts'

const manifest = manifestOf(bytes32(1), { args: ['-v'], env: { A: 'b' }, ports: [{ target: 80, protocol: 'http' }] })

test('a service with a port answers requests, one without runs to its end', () => {
  const blobs = { path: (sha256: string) => `/blobs/${sha256}` }
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
      },
    ],
    limits: { cpuMilli: brief.cpuMillis, memoryBytes: brief.memoryBytes, diskBytes: brief.diskBytes },
  })
  expect(workloadOf(bytes32(5), manifestOf(bytes32(1)), blobs).services[0]?.shape).toBe('command')
})

test.each([
  ['cpuMillis', { cpuMillis: 501 }],
  ['memoryBytes', { memoryBytes: 2 ** 26 + 1 }],
  ['containers', { replicas: 2, cpuMillis: 1, memoryBytes: 1 }],
  ['blobBytes', { image: { kind: 'blob', sha256: bytes32(1), bytes: 101 } }],
] as const)('a manifest that needs more %s than its brief said is refused', (what, service) => {
  expect(() => checkAgainstBrief(manifestOf(bytes32(1), service))).toThrow(
    expect.objectContaining({ code: 'manifestExceedsBrief', data: expect.objectContaining({ what }) }),
  )
  expect(() => checkAgainstBrief(manifest)).not.toThrow()
})
