import { readFile, stat } from 'node:fs/promises'
import type { Log } from '../log.ts'
import type { Certificates } from './certificates.ts'
import { flawOf, type Loaded, loadCertificate } from './usable.ts'

/** A certificate that somebody else looks after. */
export type FileCertificate = {
  /** A host, or with `*.` in front every host one part below, e.g. `*.compute.example.org`. */
  host: string
  /** PEM: the host's own certificate first, then its chain. */
  certFile: string
  keyFile: string
}

export type FileCertificatesOptions = { certificates: readonly FileCertificate[]; log: Log }

/** How often at most the files are looked at. */
const CHECK_EVERY_MS = 1_000

type Entry = FileCertificate & {
  loaded?: Loaded
  /** What the files looked like when they were last read. */
  seen?: string
  checkedAtMs: number
  /** Hosts for which the log has said why this certificate cannot be used. */
  told: Set<string>
}

/**
 * Certificates from files, the first that fits. Files are read again when they have changed; while they cannot be used, the
 * last good ones stay.
 */
export async function createFileCertificates({ certificates, log }: FileCertificatesOptions): Promise<Certificates> {
  const entries = certificates.map((from): Entry => ({ ...from, checkedAtMs: 0, told: new Set() }))
  const refreshed = (entry: Entry) => refresh(entry, log)
  await Promise.all(entries.map(refreshed))
  return {
    async contextFor(host) {
      const entry = entries.find((one) => covers(one.host, host))
      if (!entry) return undefined
      await refreshed(entry)
      if (!entry.loaded) return undefined
      const flaw = flawOf(entry.loaded, host)
      if (flaw === undefined) return entry.loaded.context
      if (!entry.told.has(host)) log('error', 'a certificate cannot be used', { host, certFile: entry.certFile, flaw })
      entry.told.add(host)
      return undefined
    },
    has(host) {
      const loaded = entries.find((one) => covers(one.host, host))?.loaded
      return loaded !== undefined && flawOf(loaded, host) === undefined
    },
    challenge: () => undefined,
  }
}

function covers(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host
  const dot = host.indexOf('.')
  return dot > 0 && host.slice(dot) === pattern.slice(1)
}

async function refresh(entry: Entry, log: Log): Promise<void> {
  const now = Date.now()
  if (now - entry.checkedAtMs < CHECK_EVERY_MS) return
  entry.checkedAtMs = now
  const { host, certFile, keyFile } = entry
  const seen = await looks(certFile, keyFile)
  if (seen === entry.seen) return
  entry.seen = seen
  try {
    const [chain, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
    entry.loaded = loadCertificate(chain, key)
    entry.told.clear()
    log('info', 'a certificate was read', { host, certFile, validTo: entry.loaded.certificate.validTo })
  } catch (error) {
    log('error', 'a certificate cannot be read', { host, certFile, keyFile, error })
  }
}

/** Changes whenever one of the files does: a link may lead elsewhere now, so time and size are not enough. */
async function looks(...files: string[]): Promise<string> {
  const stats = await Promise.all(files.map((file) => stat(file).catch(() => undefined)))
  return stats.map((one) => (one ? `${one.dev} ${one.ino} ${one.mtimeMs} ${one.size}` : 'none')).join()
}
