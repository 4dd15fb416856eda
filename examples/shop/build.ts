import { randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type ImageFile, imageTar } from '../../tools/imageTar.ts'

/** The kind of a program header that names a dynamic linker. */
const PT_INTERP = 3

/** What the shop's scripts call. */
const programs = ['sh', 'cat', 'httpd', 'nc', 'printf', 'timeout', 'wc', 'wget']

/** Debian's package `busybox-static` puts it there. */
const BUSYBOX = '/bin/busybox'

/**
 * The shop's one image: busybox and the scripts of `rootfs`, nothing below them. No registry and no Docker are needed.
 *
 * @throws {Error} if busybox is missing or needs libraries, which the image would not have
 */
export function shopImage(busybox = BUSYBOX): Buffer {
  const rootfs = join(import.meta.dirname, 'rootfs')
  const scripts = globSync('**/*', { cwd: rootfs, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const files: ImageFile[] = [
    { path: '/bin/busybox', mode: 0o755, content: readBusybox(busybox) },
    ...programs.map((name) => ({ path: `/bin/${name}`, linkTo: 'busybox' })),
    ...scripts.map((path) => ({ path: path.slice(rootfs.length), mode: 0o755, content: readFileSync(path) })),
    { path: '/etc/nsswitch.conf', mode: 0o644, content: 'hosts: files dns\n' },
  ]
  return imageTar({ files, environment: { PATH: '/bin' }, command: ['sh'], name: 'tender-shop:latest' })
}

function readBusybox(path: string): Buffer {
  const program = readFileSync(path)
  if (!hasInterpreter(program)) return program
  throw new Error(`${path} needs libraries, and the image has none: install busybox-static`)
}

/** True for a 64-bit ELF program that the dynamic linker has to start. */
function hasInterpreter(program: Buffer): boolean {
  const first = Number(program.readBigUInt64LE(32))
  const size = program.readUInt16LE(54)
  const kinds = Array.from({ length: program.readUInt16LE(56) }, (_, at) => program.readUInt32LE(first + at * size))
  return kinds.includes(PT_INTERP)
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
