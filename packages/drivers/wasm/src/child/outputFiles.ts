import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Directory, File, type Inode, OpenFile, PreopenDirectory, wasi } from '@bjorn3/browser_wasi_shim'
import { hasCode } from './files.ts'

/** Most files and folders of one output. */
const MOST_ENTRIES = 65_536
const LEAST_CAPACITY_BYTES = 4_096
const TRUNC = 8

/** Thrown into a module that made more than its output may hold, to unwind it; and for what cannot be kept. */
export class OutputTooLargeError extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'OutputTooLargeError'
  }
}

/** What a task writes at `/output`, in memory. */
export type OutputFiles = {
  preopen: PreopenDirectory
  /** Writes it to a folder of the host. @throws {OutputTooLargeError} also if it was thrown before and caught by the module */
  save(directory: string): void
}

type Budget = {
  /** @throws {OutputTooLargeError} */
  takeBytes(bytes: number): void
  /** @throws {OutputTooLargeError} */
  takeEntry(): void
}

/** An empty folder at `/output` that holds `maximumBytes` of files' content. */
export function outputFiles(maximumBytes: number): OutputFiles {
  const preopen = new PreopenDirectory('/output', new Map())
  let usedBytes = 0
  let entries = 0
  let failure: OutputTooLargeError | undefined
  const fail = (reason: string): never => {
    failure = new OutputTooLargeError(reason)
    throw failure
  }
  const budget: Budget = {
    takeBytes: (bytes) => {
      usedBytes += bytes
      // What was removed meanwhile is counted off only when it matters.
      if (usedBytes > maximumBytes) usedBytes = measure(preopen.dir).bytes + bytes
      if (usedBytes > maximumBytes) fail(`wrote more than ${maximumBytes} bytes to /output`)
    },
    takeEntry: () => {
      entries += 1
      if (entries > MOST_ENTRIES) entries = measure(preopen.dir).entries
      if (entries > MOST_ENTRIES) fail(`made more than ${MOST_ENTRIES} files and folders in /output`)
    },
  }
  counted(preopen.dir, budget)
  return {
    preopen,
    save: (directory) => {
      if (failure) throw failure
      // A file with two names is written twice.
      if (measure(preopen.dir).bytes > maximumBytes) fail(`left more than ${maximumBytes} bytes in /output`)
      try {
        write(preopen.dir, directory)
      } catch (error) {
        if (!hasCode(error, 'ENAMETOOLONG', 'EILSEQ', 'EINVAL')) throw error
        fail('left a name in /output that is too long')
      }
    },
  }
}

function measure(folder: Directory): { bytes: number; entries: number } {
  let [bytes, entries] = [0, 0]
  for (const entry of folder.contents.values()) {
    entries += 1
    if (entry instanceof File) bytes += entry.data.length
    if (!(entry instanceof Directory)) continue
    const inner = measure(entry)
    bytes += inner.bytes
    entries += inner.entries
  }
  return { bytes, entries }
}

function write(folder: Directory, path: string): void {
  const sorted = [...folder.contents].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, entry] of sorted) {
    const at = join(path, name)
    if (entry instanceof File) writeFileSync(at, entry.data, { flag: 'wx', mode: 0o644 })
    if (!(entry instanceof Directory)) continue
    mkdirSync(at, { mode: 0o755 })
    write(entry, at)
  }
}

/** Makes whatever is created in a folder count. */
function counted(folder: Directory, budget: Budget): Directory {
  const create = folder.create_entry_for_path.bind(folder)
  return Object.assign(folder, {
    create_entry_for_path: (path: string, isDirectory: boolean): { ret: number; entry: Inode | null } => {
      budget.takeEntry()
      const created = create(path, isDirectory)
      if (created.entry instanceof Directory) counted(created.entry, budget)
      if (created.entry instanceof File) countedFile(created.entry, budget)
      return created
    },
  })
}

function countedFile(file: File, budget: Budget): File {
  /** Grows by doubling: the shim's own file is copied whole at each write. */
  const resize = (size: number) => {
    const { data } = file
    if (size > data.length) budget.takeBytes(size - data.length)
    if (size <= data.buffer.byteLength) {
      file.data = new Uint8Array(data.buffer, 0, size)
      if (size > data.length) file.data.fill(0, data.length)
      return
    }
    const buffer = new ArrayBuffer(Math.max(size, 2 * data.buffer.byteLength, LEAST_CAPACITY_BYTES))
    file.data = new Uint8Array(buffer, 0, size)
    file.data.set(data)
  }
  const write = (bytes: Uint8Array, at: number) => {
    if (at + bytes.length > file.data.length) resize(at + bytes.length)
    file.data.set(bytes, at)
    return { ret: 0, nwritten: bytes.length }
  }
  const open = () => {
    const opened = new OpenFile(file)
    return Object.assign(opened, {
      fd_write: (bytes: Uint8Array) => {
        const result = write(bytes, Number(opened.file_pos))
        opened.file_pos += BigInt(bytes.length)
        return result
      },
      fd_pwrite: (bytes: Uint8Array, at: bigint) => write(bytes, Number(at)),
      fd_allocate: (offset: bigint, length: bigint) => {
        if (Number(offset + length) > file.data.length) resize(Number(offset + length))
        return 0
      },
      fd_filestat_set_size: (size: bigint) => {
        resize(Number(size))
        return 0
      },
    })
  }
  return Object.assign(file, {
    path_open: (flags: number, _rights: bigint, fdflags: number) => {
      if ((flags & TRUNC) !== 0) resize(0)
      const opened = open()
      if ((fdflags & wasi.FDFLAGS_APPEND) !== 0) opened.fd_seek(0n, wasi.WHENCE_END)
      return { ret: 0, fd_obj: opened }
    },
  })
}
