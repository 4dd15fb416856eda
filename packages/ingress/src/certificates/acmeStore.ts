import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CorruptStateError } from '@tender/protocol/errors'
import { z } from 'zod'

/** How often an order for a host failed in a row, and before when (unix milliseconds) no other may be made. */
export type Failure = { failures: number; retryAtMs: number }

const failureSchema = z.strictObject({ failures: z.int().min(0), retryAtMs: z.number() })
const ordersSchema = z.array(z.number()).max(100_000)

/** What must outlive the process of an account at a certificate authority. Only its owner can read it. */
export type AcmeStore = {
  /** PEM; made by `create` the first time. */
  accountKey(create: () => Promise<string>): Promise<string>
  certificate(host: string): Promise<{ chain: string; key: string } | undefined>
  keepCertificate(host: string, pem: { chain: string; key: string }): Promise<void>
  failure(host: string): Promise<Failure | undefined>
  /** `undefined` forgets it. */
  keepFailure(host: string, failure: Failure | undefined): Promise<void>
  /** Unix milliseconds of the latest orders, all hosts together. */
  orders(): Promise<number[]>
  keepOrders(orders: readonly number[]): Promise<void>
}

/** @param dir for this store alone */
export async function openAcmeStore(dir: string): Promise<AcmeStore> {
  const hosts = join(dir, 'hosts')
  await mkdir(hosts, { recursive: true, mode: 0o700 })
  const accountFile = join(dir, 'account.pem')
  const ordersFile = join(dir, 'orders.json')
  const certificateFile = (host: string) => join(hosts, `${host}.pem`)
  const failureFile = (host: string) => join(hosts, `${host}.failed.json`)

  return {
    async accountKey(create) {
      const kept = await read(accountFile)
      if (kept !== undefined) return kept
      const key = await create()
      await write(accountFile, key)
      return key
    },
    async certificate(host) {
      const pem = await read(certificateFile(host))
      // The key first: a chain has no fixed length.
      const cut = pem?.indexOf('-----BEGIN CERTIFICATE-----') ?? -1
      return pem === undefined || cut < 0 ? undefined : { key: pem.slice(0, cut), chain: pem.slice(cut) }
    },
    keepCertificate: (host, { chain, key }) => write(certificateFile(host), `${key.trimEnd()}\n${chain}`),
    failure: (host) => readJson(failureFile(host), failureSchema),
    keepFailure: (host, failure) =>
      failure ? write(failureFile(host), JSON.stringify(failure)) : rm(failureFile(host), { force: true }),
    orders: async () => (await readJson(ordersFile, ordersSchema)) ?? [],
    keepOrders: (orders) => write(ordersFile, JSON.stringify(orders)),
  }
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function readJson<Value>(file: string, schema: z.ZodType<Value>): Promise<Value | undefined> {
  const text = await read(file)
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new CorruptStateError(file, { hint: 'Remove it: only how often certificates were ordered is lost.', cause })
  }
}

/** All or nothing, also when the process is killed in the middle. */
async function write(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}.tmp`
  await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true })
  await rename(draft, file)
}
