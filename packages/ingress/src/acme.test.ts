import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { createAcmeCertificates } from './certificates/acmeCertificates.ts'
import type { Route } from './route.ts'
import { startTestAcmeServer } from './testAcmeServer.ts'
import { openTestIngress, speak } from './testWorkload.ts'

const starting: Route = { state: 'starting' }
const routes: Record<string, Route> = { 'a.x.org': starting, 'b.x.org': starting, 'a.elsewhere.org': starting }
const DAY_MS = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS)

/** An authority, and an ingress that has its certificates from there. */
async function setUp({ maxOrdersPerHour = 30 } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'tender-acme-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  let plain = 0
  const acme = await startTestAcmeServer(() => plain)
  const logged: { level: string; message: string; fields: Record<string, unknown> }[] = []

  /** Another process over the same directory. */
  async function start() {
    const certificates = await createAcmeCertificates({
      directory: acme.directory,
      email: 'me@x.org',
      domain: 'x.org',
      dir,
      maxOrdersPerHour,
      log: (level, message, fields = {}) => void logged.push({ level, message, fields }),
    })
    const at = { host: '127.0.0.1', port: 0 }
    const ingress = await openTestIngress(routes, {
      listeners: [at, { ...at, tls: true }],
      certificates,
      redirectPort: 443,
    })
    const [first = 0, port = 0] = ingress.ports
    plain = first
    /** @returns the serial number of the certificate, or the error's code */
    const visit = async (servername: string): Promise<string> => {
      const socket = connectTls({ port, host: '127.0.0.1', servername, ca: acme.authority.root })
      onTestFinished(() => void socket.destroy())
      try {
        await once(socket, 'secureConnect')
        return socket.getPeerX509Certificate()?.serialNumber ?? 'none'
      } catch (error) {
        return error instanceof Error && 'code' in error ? String(error.code) : String(error)
      }
    }
    return { certificates, visit, ingress }
  }
  return { acme, dir, logged, start, plain: () => plain }
}

const serial = /^[0-9A-F]+$/

test('a certificate is ordered once, by the first of many visitors, and kept for the next process', async () => {
  const { acme, dir, start, plain } = await setUp()
  const { visit } = await start()
  const serials = await Promise.all([visit('a.x.org'), visit('a.x.org'), visit('a.x.org')])
  expect(serials[0]).toMatch(serial)
  expect(new Set(serials).size).toBe(1)
  expect([acme.ordered, acme.unproved, acme.accounts()]).toEqual([['a.x.org'], [], 1])

  const again = await start()
  expect(await again.visit('a.x.org')).toBe(serials[0])
  expect(await again.visit('b.x.org')).toMatch(serial)
  expect([acme.ordered, acme.accounts()]).toEqual([['a.x.org', 'b.x.org'], 1])
  expect(await speak(plain(), 'GET / HTTP/1.1\r\nhost: a.x.org\r\nconnection: close\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 308/,
  )

  expect(statSync(dir).mode & 0o777).toBe(0o700)
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  expect(files.map(({ name }) => name).sort()).toEqual(['a.x.org.pem', 'account.pem', 'b.x.org.pem', 'orders.json'])
  for (const { parentPath, name } of files) expect(statSync(join(parentPath, name)).mode & 0o777, name).toBe(0o600)
})

test('strangers can order nothing: neither for hosts without a lease nor for names of their own', async () => {
  const { acme, start } = await setUp()
  const { visit } = await start()
  expect(await visit('nobody.x.org')).toMatch(/UNRECOGNIZED_NAME/)
  expect(await visit('a.elsewhere.org')).toMatch(/UNRECOGNIZED_NAME/)
  expect(acme.ordered).toEqual([])
})

test('past two thirds of its life it is renewed while it is still served', async () => {
  const { acme, start } = await setUp()
  acme.life = { notBefore: inDays(-70), notAfter: inDays(20) }
  const { visit } = await start()
  const old = await visit('a.x.org')
  acme.life = {}
  expect(await visit('a.x.org')).toBe(old)
  await expect.poll(() => visit('a.x.org')).not.toBe(old)
  expect(acme.ordered).toEqual(['a.x.org', 'a.x.org'])
  expect(await visit('a.x.org')).not.toBe(old)
  expect(acme.ordered).toHaveLength(2)
})

test('one that has ended is not served', async () => {
  const { acme, start } = await setUp()
  acme.life = { notBefore: inDays(-90), notAfter: inDays(-1) }
  const { visit } = await start()
  expect(await visit('a.x.org')).toMatch(/UNRECOGNIZED_NAME/)
})

test('after a failure a host rests, ever longer, also in the next process; others do not', async () => {
  const { acme, logged, start } = await setUp()
  const { visit, ingress } = await start()
  acme.beforeValidation = () => ingress.close()
  expect(await visit('a.x.org')).toMatch(/ECONNRESET|UNRECOGNIZED_NAME/)
  await expect.poll(() => logged.at(-1)?.message).toBe('no certificate was issued')
  const { nextTryAt } = logged.at(-1)?.fields ?? {}
  expect(Date.parse(String(nextTryAt))).toBeGreaterThan(Date.now() + 14 * 60_000)
  expect(acme.unproved).toHaveLength(1)

  acme.beforeValidation = async () => {}
  const again = await start()
  expect(await again.visit('a.x.org')).toMatch(/UNRECOGNIZED_NAME/)
  expect(acme.ordered).toEqual(['a.x.org'])
  expect(await again.visit('b.x.org')).toMatch(serial)
})

test('the authority says how long to wait', async () => {
  const { acme, logged, start } = await setUp()
  acme.refusing = { status: 429, retryAfter: '86400' }
  const { visit } = await start()
  expect(await visit('a.x.org')).toMatch(/UNRECOGNIZED_NAME/)
  const { nextTryAt } = logged.at(-1)?.fields ?? {}
  expect(Date.parse(String(nextTryAt))).toBeGreaterThan(Date.now() + 23 * 3_600_000)
})

test('no more orders in an hour than were allowed, whatever process makes them', async () => {
  const { acme, start } = await setUp({ maxOrdersPerHour: 1 })
  expect(await (await start()).visit('a.x.org')).toMatch(serial)
  const again = await start()
  expect(await again.visit('b.x.org')).toMatch(/UNRECOGNIZED_NAME/)
  expect(await again.visit('a.x.org')).toMatch(serial)
  expect(acme.ordered).toEqual(['a.x.org'])
})

test('a kept certificate that is damaged is ordered anew', async () => {
  const { acme, dir, start } = await setUp()
  await (await start()).visit('a.x.org')
  writeFileSync(join(dir, 'hosts', 'a.x.org.pem'), '-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n')
  expect(await (await start()).visit('a.x.org')).toMatch(serial)
  expect(acme.ordered).toHaveLength(2)
})

test('a proof is shown for its own host only, while it is asked for', async () => {
  const { acme, start, plain } = await setUp()
  const { visit } = await start()
  const ask = (host: string, token: string) =>
    speak(plain(), `GET /.well-known/acme-challenge/${token} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
  const found: boolean[] = []
  acme.beforeValidation = async (token) => {
    const answers = await Promise.all([ask('a.x.org', token), ask('b.x.org', token), ask('a.x.org', 'other')])
    found.push(...answers.map((text) => text.includes(`${token}.`)))
    acme.beforeValidation = async () => void shown.push(token)
  }
  const shown: string[] = []
  expect(await visit('a.x.org')).toMatch(serial)
  expect(found).toEqual([true, false, false])
  expect(await visit('b.x.org')).toMatch(serial)
  expect(await ask('b.x.org', shown[0] ?? '')).not.toContain(`${shown[0]}.`)
})
