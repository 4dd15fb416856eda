import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServiceSpec } from '@tender/driver'
import { isRetryable } from '@tender/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDockerDriver } from './createDockerDriver.ts'
import { architecture } from './images.ts'
import { layerOf, writeTestImage } from './testImages.ts'
import { createTestKit, DEADLINE_MS, noDocker, soon, type TestKit } from './testKit.ts'

let kit: TestKit

const imagesOf = async () => (await kit.engine.listImages({ all: true })).map(({ Id }) => Id)
const reasonOf = async (service: ServiceSpec) =>
  (await kit.driver.wait(await kit.start(kit.spec([service])), soon())).reason

/** A registry with one image, `app:1`, that says `fetched`. */
async function startRegistry() {
  const layer = await layerOf([])
  const type = 'application/vnd.docker.'
  const digest = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`
  const rootfs = { type: 'layers', diff_ids: [digest(layer)] }
  const config = Buffer.from(
    JSON.stringify({ architecture, os: 'linux', config: { Env: ['PATH=/bin'], Cmd: ['echo', 'fetched'] }, rootfs }),
  )
  const describe = (content: Buffer, mediaType: string) => ({
    mediaType,
    size: content.length,
    digest: digest(content),
  })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${type}distribution.manifest.v2+json`,
      config: describe(config, `${type}container.image.v1+json`),
      layers: [describe(layer, `${type}image.rootfs.diff.tar`)],
    }),
  )
  const blobs = new Map([config, layer].map((content) => [`/v2/app/blobs/${digest(content)}`, content]))
  const unknown = JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown', detail: {} }] })
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    if (path === '/v2/') return response.end('{}')
    const isManifest = path === '/v2/app/manifests/1' || path === `/v2/app/manifests/${digest(manifest)}`
    const content = isManifest ? manifest : blobs.get(path)
    if (!content) return response.writeHead(404, { 'content-type': 'application/json' }).end(unknown)
    if (isManifest) response.setHeader('content-type', `${type}distribution.manifest.v2+json`)
    response.setHeader('docker-content-digest', digest(content))
    response.setHeader('content-length', content.length)
    response.end(request.method === 'HEAD' ? undefined : content)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // CAST: a server that listens on a port has such an address
  return { name: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

describe.skipIf(noDocker)('images', { timeout: DEADLINE_MS }, () => {
  beforeAll(async () => {
    kit = await createTestKit()
  })
  afterAll(() => kit.close())

  test('one is loaded once, and goes with its last lease', async () => {
    const { script, spec, start, driver } = kit
    const first = await start(spec([script('sleep 1000')]))
    const [second] = await Promise.all([start(spec([script('sleep 1000')])), start(spec([script('true')]))])
    expect((await imagesOf()).length).toBe(1)
    await driver.destroy(first)
    expect((await imagesOf()).length).toBe(1)
    for (const spec of await kit.engine.listContainers({ all: true })) {
      const leaseId = spec.Labels['tender.lease']
      const handle = leaseId?.startsWith('0x') && (await driver.find(`0x${leaseId.slice(2)}`))
      if (handle && handle.leaseId !== second.leaseId) await driver.destroy(handle)
    }
    expect((await imagesOf()).length).toBe(1)
    await driver.retire(second)
    expect(await imagesOf()).toEqual([])
  })

  test('one that takes the name of another does not get it', async () => {
    const { script, spec, start } = kit
    const tag = 'docker.io/library/web:1'
    const path = await writeTestImage(kit.folder, 'thief', {
      tags: [tag],
      files: [{ name: 'www/index.html', content: 'x' }],
    })
    await start(spec([script('true', { image: { kind: 'file', path } })]))
    const tags = (await kit.engine.listImages()).flatMap(({ RepoTags }) => RepoTags ?? [])
    expect(tags.filter((name) => name !== '<none>:<none>')).toEqual([])
  })

  test("the operator's own are left alone", async () => {
    const { script, spec, start, driver } = kit
    const path = await writeTestImage(kit.folder, 'own', { tags: ['own:1'], config: { User: 'web' } })
    await kit.engine.loadImage(path).then((output) => Array.fromAsync(output))
    const handle = await start(spec([script('true', { image: { kind: 'file', path } })]))
    await driver.destroy(handle)
    const tags = (await kit.engine.listImages()).flatMap(({ RepoTags }) => RepoTags ?? [])
    expect(tags).toContain('own:1')
  })

  test('one is fetched from a registry, if that is public or allowed', async () => {
    const registry = await startRegistry()
    const service: ServiceSpec = {
      ...kit.script(''),
      args: [],
      image: { kind: 'registry', reference: `${registry.name}/app:1` },
    }
    expect(await reasonOf(service)).toMatchObject({ kind: 'invalid', detail: expect.stringContaining('public') })
    const driver = createDockerDriver({ ...kit.options, registries: [registry.name] })
    const handle = await driver.start(kit.spec([service]), soon())
    await driver.wait(handle, soon())
    const lines = await Array.fromAsync(driver.logs(handle, {}, soon()))
    expect(lines.map(({ text }) => text)).toEqual(['fetched'])
    const missing = { ...service, image: { kind: 'registry', reference: `${registry.name}/app:2` } as const }
    const gone = await driver.start(kit.spec([missing]), soon())
    expect((await driver.wait(gone, soon())).reason).toMatchObject({ kind: 'invalid' })
    registry.close()
    const away = { ...service, image: { kind: 'registry', reference: `${registry.name}/other:1` } as const }
    const failure = await driver.start(kit.spec([away]), soon()).catch((error: unknown) => error)
    expect([failure, isRetryable(failure)]).toMatchObject([{ code: 'imageUnreachable' }, true])
    await driver.destroy(handle)
    expect((await kit.engine.listImages()).flatMap(({ RepoTags }) => RepoTags ?? [])).not.toContain(
      `${registry.name}/app:1`,
    )
  })

  test('registries within the host or its network are not asked', async () => {
    for (const name of ['localhost', '10.0.0.1:5000', 'registry', '169.254.169.254', 'localhost.localdomain']) {
      const reference = `${name}/app:1`
      const failure = await reasonOf({ ...kit.script(''), image: { kind: 'registry', reference } }).catch(
        (error: unknown) => error,
      )
      // A name that nobody knows is no secret: the host's resolver may know it tomorrow.
      expect([{ kind: 'invalid' }, { code: 'imageUnreachable' }]).toContainEqual(expect.objectContaining(pick(failure)))
    }
  })
})

function pick(found: unknown): Record<string, unknown> {
  if (typeof found !== 'object' || found === null) return {}
  return 'kind' in found ? { kind: found.kind } : 'code' in found ? { code: found.code } : {}
}
