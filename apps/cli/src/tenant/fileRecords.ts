import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { CorruptStateError } from '@tender/protocol'
import {
  ambiguous,
  orderRecordSchema,
  type Records,
  type TenantRecords,
  tenantLeaseSchema,
  unknown,
} from '@tender/tenant'
import type { z } from 'zod'

/** Opens a tenant's records below an absolute directory, each a JSON file that people can read. */
export async function openTenantRecords(directory: string): Promise<TenantRecords> {
  return {
    orders: await openRecords(join(directory, 'orders'), 'order', orderRecordSchema),
    leases: await openRecords(join(directory, 'leases'), 'lease', tenantLeaseSchema),
  }
}

async function openRecords<Value>(directory: string, kind: string, schema: z.ZodType<Value>): Promise<Records<Value>> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const fileOf = (id: string) => join(directory, `${id}.json`)

  async function ids(): Promise<string[]> {
    const names = await readdir(directory)
    return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
  }

  async function get(id: string): Promise<Value | undefined> {
    try {
      return schema.parse(JSON.parse(await readFile(fileOf(id), 'utf8')))
    } catch (cause) {
      // CAST: only an error of the file system has a code
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw new CorruptStateError(fileOf(id), { hint: `Move it away to go on without this ${kind}.`, cause })
    }
  }

  return {
    get,
    async put(id, value) {
      const temporary = join(directory, `.${randomUUID()}`)
      const file = await open(temporary, 'wx', 0o600)
      try {
        await file.writeFile(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item), 2))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, fileOf(id))
    },
    async all() {
      const values = await Promise.all((await ids()).map(get))
      return values.filter((value) => value !== undefined)
    },
    async find(prefix) {
      const wanted = prefix.toLowerCase()
      const matches = (await ids()).filter((id) => id.startsWith(wanted) || id.slice(2).startsWith(wanted))
      const [id] = matches
      const value = id !== undefined && matches.length === 1 ? await get(id) : undefined
      if (value) return value
      throw matches.length > 1 ? ambiguous(kind, prefix, matches) : unknown(kind, prefix)
    },
  }
}
