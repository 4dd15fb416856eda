import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ImageFile, imageTar } from '../tools/imageTar.ts'

/** The kind of a program header that names a dynamic linker. */
const PT_INTERP = 3

/** Debian's package `busybox-static` puts it there. */
const BUSYBOX = '/bin/busybox'

/**
 * An image of busybox and the scripts below a folder, with nothing below them: no registry and no Docker are needed.
 *
 * @param programs busybox's, that the scripts call
 * @throws {Error} if busybox is missing or needs libraries, which the image would not have
 *
 * @example
 * busyboxImage({ rootfs: join(import.meta.dirname, 'rootfs'), programs: ['sh', 'cat'], name: 'tender-shop:latest' })
 */
export function busyboxImage({
  rootfs,
  programs,
  name,
}: {
  rootfs: string
  programs: readonly string[]
  name: string
}): Buffer {
  const scripts = globSync('**/*', { cwd: rootfs, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const files: ImageFile[] = [
    { path: '/bin/busybox', mode: 0o755, content: readBusybox() },
    ...programs.map((program) => ({ path: `/bin/${program}`, linkTo: 'busybox' })),
    ...scripts.map((path) => ({ path: path.slice(rootfs.length), mode: 0o755, content: readFileSync(path) })),
    { path: '/etc/nsswitch.conf', mode: 0o644, content: 'hosts: files dns\n' },
  ]
  return imageTar({ files, environment: { PATH: '/bin' }, command: ['sh'], name })
}

function readBusybox(): Buffer {
  const program = readFileSync(BUSYBOX)
  if (!hasInterpreter(program)) return program
  throw new Error(`${BUSYBOX} needs libraries, and the image has none: install busybox-static`)
}

/** True for a 64-bit ELF program that the dynamic linker has to start. */
function hasInterpreter(program: Buffer): boolean {
  const first = Number(program.readBigUInt64LE(32))
  const size = program.readUInt16LE(54)
  const kinds = Array.from({ length: program.readUInt16LE(56) }, (_, at) => program.readUInt32LE(first + at * size))
  return kinds.includes(PT_INTERP)
}
