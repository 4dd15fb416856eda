import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { busyboxImage } from '../busyboxImage.ts'

/** What the shop's scripts call. */
const programs = ['sh', 'cat', 'httpd', 'nc', 'printf', 'timeout', 'wc', 'wget']

/** The shop's one image: busybox and the scripts of `rootfs`. */
export function shopImage(): Buffer {
  return busyboxImage({ rootfs: join(import.meta.dirname, 'rootfs'), programs, name: 'tender-shop:latest' })
}

/** Writes the image, and a password for the database unless there is one. */
async function build(directory: string): Promise<void> {
  await writeFile(join(directory, 'app.tar'), shopImage())
  const password = `${randomBytes(24).toString('base64url')}\n`
  await writeFile(join(directory, 'db-password.txt'), password, { flag: 'wx', mode: 0o600 }).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
}

if (import.meta.main) await build(resolve(process.argv[2] ?? import.meta.dirname))
