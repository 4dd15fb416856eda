import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { busyboxImage } from '../busyboxImage.ts'

/** What `count-words` calls. */
const programs = ['sh', 'awk', 'sort', 'tr', 'uniq']

/** The job's image: busybox and `count-words`. */
export function wordsImage(): Buffer {
  return busyboxImage({ rootfs: join(import.meta.dirname, 'rootfs'), programs, name: 'tender-words:latest' })
}

if (import.meta.main) {
  const directory = resolve(process.argv[2] ?? import.meta.dirname)
  await writeFile(join(directory, 'words.tar'), wordsImage())
}
