import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDockerDriver } from '@tender/driver-docker'
import { noEngine, startTestEngine, TEST_IMAGE, type TestEngine } from '@tender/driver-docker/isolation/testEngine'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { findDocker, removeContainers } from './findDocker.ts'

const never = new AbortController().signal

async function place(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tender-embedded-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

describe('no containers are sold', () => {
  test('where there is no engine, or none is wanted', async () => {
    const directory = await place()
    expect(await findDocker({ directory }, never)).toEqual([])
    expect(await findDocker({ directory, dockerSocket: join(directory, 'none.sock') }, never)).toEqual([])
  })

  test('where what listens is dead, or says nothing', async () => {
    const directory = await place()
    const dockerSocket = join(directory, 'docker.sock')
    await writeFile(dockerSocket, '')
    expect(await findDocker({ directory, dockerSocket }, never)).toEqual([])
    await rm(dockerSocket)
    const silent = createServer().listen(dockerSocket)
    onTestFinished(() => void silent.close())
    expect(await findDocker({ directory, dockerSocket }, never)).toEqual([])
  })
})

describe.skipIf(noEngine !== undefined)('with an engine', () => {
  let docker: TestEngine
  let dockerSocket: string
  beforeAll(async () => {
    docker = await startTestEngine()
    dockerSocket = join(docker.folder, 'docker.sock')
  })
  afterAll(() => docker?.close())

  test('each of the market’s providers has a driver of its own', async () => {
    const directory = await place()
    const drivers = await findDocker({ directory, dockerSocket }, never)
    expect(drivers.map(({ kind }) => kind)).toEqual(['docker', 'docker', 'docker'])
  })

  test('a market that is removed leaves no container, network or volume behind', async () => {
    const directory = await place()
    const saved = join(directory, 'image.tar')
    await writeFile(saved, await docker.engine.getImage(TEST_IMAGE).get())
    const [first] = await findDocker({ directory, dockerSocket }, never)
    const leaseId = `0x${'5c'.repeat(32)}` as const
    const web = {
      name: 'web',
      shape: 'command',
      image: { kind: 'file', path: saved },
      args: ['sleep', '1000'],
    } as const
    const volumes = [{ volume: 'data', path: '/mnt', readOnly: false }]
    await first?.start(
      {
        leaseId,
        services: [{ ...web, environment: {}, replicas: 1, volumes }],
        volumes: [{ name: 'data', sizeBytes: 2 ** 24 }],
        limits: { cpuMilli: 500, memoryBytes: 2 ** 27, diskBytes: 2 ** 26 },
      },
      AbortSignal.timeout(100_000),
    )
    const containers = async () => (await docker.engine.listContainers({ all: true })).length
    const networks = async () => (await docker.engine.listNetworks()).filter(({ Driver }) => Driver === 'bridge').length
    expect({ containers: await containers(), networks: await networks() }).toEqual({ containers: 1, networks: 1 })
    await removeContainers(directory, dockerSocket)
    expect({ containers: await containers(), networks: await networks() }).toEqual({ containers: 0, networks: 0 })
    const driver = createDockerDriver({
      stateDir: join(directory, 'providers', 'alpine', 'docker'),
      socketPath: dockerSocket,
    })
    expect(await driver.keptVolumes()).toEqual([])
  })
})
