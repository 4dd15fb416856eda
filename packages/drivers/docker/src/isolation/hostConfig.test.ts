import type { ServiceSpec } from '@tender/driver'
import { expect, test } from 'vitest'
import { hostConfigOf } from './hostConfig.ts'
import type { LeaseNetwork } from './types.ts'

const MIB = 2 ** 20
const network: LeaseNetwork = {
  leaseId: `0x${'1'.repeat(64)}`,
  id: 'id',
  name: 'tender-1',
  bridge: 'tdr-n0ad50000',
  subnet: '10.213.0.0/26',
  gateway: '10.213.0.1',
  internet: false,
  dns: ['240.0.0.53'],
  address: () => '10.213.0.2',
}
const service: ServiceSpec = {
  name: 'web',
  shape: 'http',
  image: { kind: 'registry', reference: 'docker.io/library/nginx:1.29' },
  args: [],
  environment: {},
  replicas: 1,
}
const share = { cpuMilli: 1_500, memoryBytes: 512 * MIB }
const options = { network, mounts: [], imageVolumes: [] }
const configOf = (more: Partial<ServiceSpec>, imageVolumes: readonly string[] = [], memoryBytes = share.memoryBytes) =>
  hostConfigOf({ ...service, ...more }, { ...share, memoryBytes }, { ...options, imageVolumes })

test('a container has its share and nothing of the host', () => {
  expect(configOf({})).toMatchObject({
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    Privileged: false,
    ReadonlyRootfs: true,
    Runtime: 'runc',
    Memory: 512 * MIB,
    MemorySwap: 512 * MIB,
    NanoCpus: 1_500_000_000,
    PidsLimit: 512,
    IpcMode: 'private',
    Devices: [],
    RestartPolicy: { Name: 'no' },
    Dns: ['240.0.0.53'],
  })
  expect(configOf({})).not.toHaveProperty('DeviceRequests')
  // Absent: the engine masks what it masks by itself.
  for (const name of ['MaskedPaths', 'ReadonlyPaths', 'Binds', 'PortBindings', 'ExtraHosts', 'Sysctls'])
    expect(configOf({})).not.toHaveProperty(name)
})

test('GPUs and another runtime are given when they are its own', () => {
  const config = hostConfigOf(service, share, {
    ...options,
    gpus: ['GPU-1'],
    runtime: 'runsc',
    cgroupParent: '/tender',
  })
  expect(config).toMatchObject({
    Runtime: 'runsc',
    CgroupParent: '/tender',
    DeviceRequests: [{ Driver: 'nvidia', DeviceIDs: ['GPU-1'], Capabilities: [['gpu', 'compute', 'utility']] }],
  })
})

test('every place that can be written to has a size, in bytes and in files', () => {
  const tmpfs = [
    { path: '/run/', sizeBytes: MIB },
    { path: '/dev/shm', sizeBytes: 2 * MIB },
  ]
  const { Tmpfs = {} } = configOf({ tmpfs }, ['/data', '/run'])
  expect(Tmpfs['/dev/shm']).toContain(`size=${2 * MIB},nr_inodes=1024`)
  expect(Object.keys(Tmpfs).sort()).toEqual(['/data', '/dev/shm', '/run', '/tmp'])
  expect(Tmpfs['/run']).toBe(`rw,nosuid,nodev,noexec,mode=1777,size=${MIB},nr_inodes=1024`)
  expect(Tmpfs['/data']).toContain(`size=${64 * MIB},nr_inodes=16384`)
  expect(configOf({}, [], 16 * MIB).Tmpfs?.['/tmp']).toContain(`size=${8 * MIB},`)
  const all = Array.from({ length: 64 }, (_, index) => ({ path: `/m${index}`, sizeBytes: 2 ** 50 }))
  for (const options of Object.values(configOf({ tmpfs: all }).Tmpfs ?? {}))
    expect(options).toMatch(/size=(536870912|67108864),nr_inodes=1985$/)
})

test('mounts take the place of what the image declares', () => {
  const mounts = [{ source: '/volumes/db', target: '/data/', readOnly: false }]
  const config = hostConfigOf(service, share, { ...options, mounts, imageVolumes: ['/data'] })
  expect(Object.keys(config.Tmpfs ?? {})).toEqual(['/tmp', '/dev/shm'])
  expect(config.Mounts).toMatchObject([{ Type: 'bind', Source: '/volumes/db', ReadOnly: false }])
})

test.each(['/', '/proc', '/proc/sys', '/sys/fs/cgroup', '/dev', '/tmp/../sys', '/dev/shm/../null'])(
  'nothing is mounted at %s',
  (path) => {
    const refused = { code: 'unsupportedWorkload', class: 'user' }
    expect(() => configOf({ tmpfs: [{ path, sizeBytes: MIB }] })).toThrow(expect.objectContaining(refused))
    expect(() => configOf({}, [path])).toThrow(expect.objectContaining(refused))
    const mounts = [{ source: '/volumes/x', target: path, readOnly: false }]
    expect(() => hostConfigOf(service, share, { ...options, mounts })).toThrow(expect.objectContaining(refused))
  },
)

test('processes are counted by memory, within bounds', () => {
  expect([8, 64, 1_000, 100_000].map((mib) => configOf({}, [], mib * MIB).PidsLimit)).toEqual([64, 64, 1_000, 4_096])
})
