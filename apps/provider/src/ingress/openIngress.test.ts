import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeDriver } from '@tender/driver/fake'
import { hostLabel, type TlsConfig } from '@tender/ingress'
import { createLifecycle } from '@tender/kit'
import { expect, onTestFinished, test } from 'vitest'
import { bytes32, manifestOf, never, openTestHost, silent } from '../testKit.ts'
import { openIngress } from './openIngress.ts'
import type { RoutedLease } from './routes.ts'

const id = bytes32(2 ** 52)
const name = hostLabel(id)
const image = { kind: 'file', path: '/web' } as const
const limits = { cpuMilli: 1, memoryBytes: 1, diskBytes: 0 }
const listening = { port: 0, redirect: false }
const http = { target: 80, protocol: 'http' } as const
const tls = { target: 443, protocol: 'tls' } as const

type Setting = { ports?: (typeof http | typeof tls)[]; publicly?: boolean; tls?: TlsConfig }

/** The ingress of a provider with one lease, whose service has such ports. */
async function opened({ ports = [http], publicly = true, tls }: Setting) {
  const stateDir = mkdtempSync(join(tmpdir(), 'tender-ingress-'))
  const life = createLifecycle()
  onTestFinished(async () => {
    await life.stop()
    rmSync(stateDir, { recursive: true, force: true })
  })
  const driver = createFakeDriver(openTestHost({ '/web': { serves: 'hello' } }))
  const service = { name: 'web', shape: 'http', image, args: [], environment: {}, replicas: 1 } as const
  const handle = await driver.start({ leaseId: id, services: [service], limits }, never)
  const lease: RoutedLease = { leaseId: id, phase: 'running', handle, manifest: manifestOf(bytes32(1), { ports }) }
  const leases = { get: (asked: string) => (asked === id ? lease : undefined), live: () => [lease] }
  const ingress = { host: '127.0.0.1', port: 0, domain: 'x.localhost', public: publicly, ...(tls && { tls }) }
  return openIngress({ config: { ingress }, leases, driverFor: () => driver, stateDir, log: silent }, life)
}

test('a lease is told where it answers, and answers there', async () => {
  const { port, urlOf } = await opened({})
  expect(urlOf(id)).toBe(`http://${name}.x.localhost:${port}`)
  const asking = request({ host: '127.0.0.1', port, headers: { host: `${name}.x.localhost` }, agent: false })
  const [response] = await once(asking.end(), 'response')
  expect(Buffer.concat(await response.toArray()).toString()).toBe('hello')
})

test('with TLS it is encrypted, under the port that a router shows', async () => {
  const certificates = [{ host: '*.x.localhost', certFile: '/none', keyFile: '/none' }]
  const files = { from: 'files', ...listening, publicPort: 443, certificates } as const
  expect((await opened({ tls: { ...files, certificates } })).urlOf(id)).toBe(`https://${name}.x.localhost`)
})

test('where only workloads end TLS, those that do are reached so, and others in the clear', async () => {
  const workloads = { from: 'workloads', ...listening } as const
  const plain = await opened({ tls: workloads })
  expect(plain.urlOf(id)).toBe(`http://${name}.x.localhost:${plain.port}`)
  const own = { ...workloads, publicPort: 8443 }
  for (const ports of [[tls], [http, tls]]) {
    expect((await opened({ tls: own, ports })).urlOf(id)).toBe(`https://${name}.x.localhost:8443`)
  }
})

test('who cannot be reached is told nothing', async () => {
  expect((await opened({ publicly: false })).urlOf(id)).toBeUndefined()
  expect((await opened({ ports: [tls] })).urlOf(id)).toBeUndefined()
})

test('a port that is taken is named', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const taken = opened({ tls: { from: 'workloads', ...listening, port } })
  await expect(taken).rejects.toMatchObject({ code: 'portTaken', data: { port } })
})
