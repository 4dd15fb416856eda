import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { imageTar } from '../../tools/imageTar.ts'

/** What starts the program, what it needs, and what the card's driver needs beside that. */
const LOADER = '/lib64/ld-linux-x86-64.so.2'
const LIBRARIES = ['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'librt.so.1']

/** Where NVIDIA's runtime puts the host's driver, by the kind of host. */
const DRIVER_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/local/nvidia/lib64']

/** Compiles `multiply.c`. @throws {Error} if there is no C compiler */
export function compileMultiply(output: string): void {
  const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror']
  execFileSync('cc', [...flags, 'multiply.c', '-o', output, '-ldl'], { cwd: import.meta.dirname, stdio: 'pipe' })
}

/**
 * The job's image: the program and this machine's C library, nothing else. The card's driver is the host's.
 *
 * @throws {Error} if there is no C compiler, or this is not Linux on x86-64 with glibc
 */
export function matrixImage(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'tender-matrix-'))
  try {
    const program = join(folder, 'multiply')
    compileMultiply(program)
    const libraries = LIBRARIES.map((name) => {
      const path = execFileSync('cc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
      return { path: join('/lib/x86_64-linux-gnu', name), mode: 0o755, content: readFileSync(realpathSync(path)) }
    })
    return imageTar({
      files: [
        { path: '/bin/multiply', mode: 0o755, content: readFileSync(program) },
        { path: LOADER, mode: 0o755, content: readFileSync(LOADER) },
        ...libraries,
      ],
      environment: { PATH: '/bin', LD_LIBRARY_PATH: ['/lib/x86_64-linux-gnu', ...DRIVER_FOLDERS].join(':') },
      command: ['multiply'],
      name: 'tender-matrix:latest',
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (import.meta.main) {
  const directory = resolve(process.argv[2] ?? import.meta.dirname)
  await writeFile(join(directory, 'matrix.tar'), matrixImage())
}
