import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { Directory, File, type Inode, OpenDirectory, OpenFile, PreopenDirectory, wasi } from '@bjorn3/browser_wasi_shim'

/** Most files and folders of one input: each is looked at before the task begins. */
const MOST_ENTRIES = 200_000
/** Files that are open at once; each is one of the host's. */
const MOST_OPEN = 512

const { CREAT, TRUNC } = { CREAT: 1, TRUNC: 8 }
const WRITES = BigInt(wasi.RIGHTS_FD_WRITE)

/** A folder of the host has more in it than a task may see. */
export class InputTooLargeError extends Error {
  constructor() {
    super(`the input has more than ${MOST_ENTRIES} files and folders`)
    this.name = 'InputTooLargeError'
  }
}

/**
 * A folder of the host at `/input`, to be read only: its files and folders, sorted by name, without links and devices. Files are read
 * when the module reads them.
 *
 * @throws {InputTooLargeError}
 */
export function inputFiles(directory: string | undefined): PreopenDirectory {
  let entries = 0
  let open = 0
  const tree = (path: string): Map<string, Inode> => {
    const found = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile() || entry.isDirectory())
    entries += found.length
    if (entries > MOST_ENTRIES) throw new InputTooLargeError()
    found.sort((a, b) => (a.name < b.name ? -1 : 1))
    return new Map(found.map((entry) => [entry.name, inodeOf(join(path, entry.name), entry.isDirectory())]))
  }
  const inodeOf = (path: string, isDirectory: boolean): Inode => {
    if (!isDirectory) return fileAt(path)
    const folder = new Directory(tree(path))
    return Object.assign(folder, { path_open: () => ({ ret: 0, fd_obj: readOnly(new OpenDirectory(folder)) }) })
  }
  const fileAt = (path: string): Inode => {
    const size = lstatSync(path).size
    const file = new File([], { readonly: true })
    const stat = () => new wasi.Filestat(file.ino, wasi.FILETYPE_REGULAR_FILE, BigInt(size))
    return Object.assign(file, {
      stat,
      path_open: (_flags: number, rights: bigint) => {
        if ((rights & WRITES) !== 0n) return { ret: wasi.ERRNO_ROFS, fd_obj: null }
        if (open === MOST_OPEN) return { ret: wasi.ERRNO_MFILE, fd_obj: null }
        open += 1
        const closed = () => {
          open -= 1
        }
        return { ret: 0, fd_obj: openHostFile(path, file, { size, stat, closed }) }
      },
    })
  }
  return readOnly(new PreopenDirectory('/input', directory === undefined ? new Map() : tree(directory)))
}

type HostFile = { size: number; stat(): wasi.Filestat; closed(): void }

function openHostFile(path: string, file: File, { size, stat, closed }: HostFile): OpenFile {
  const host = openSync(path, 'r')
  const opened = new OpenFile(file)
  const read = (from: bigint, length: number) => {
    const left = Math.max(0, size - Number(from))
    const data = new Uint8Array(Math.min(length, left))
    let filled = 0
    while (filled < data.length) {
      const bytes = readSync(host, data, filled, data.length - filled, Number(from) + filled)
      if (bytes === 0) break
      filled += bytes
    }
    return { ret: 0, data: data.subarray(0, filled) }
  }
  const refuse = () => wasi.ERRNO_ROFS
  return Object.assign(opened, {
    fd_read: (length: number) => {
      const result = read(opened.file_pos, length)
      opened.file_pos += BigInt(result.data.length)
      return result
    },
    fd_pread: (length: number, from: bigint) => read(from, length),
    fd_seek: (offset: bigint, whence: number) => {
      const from = whence === wasi.WHENCE_CUR ? opened.file_pos : whence === wasi.WHENCE_END ? BigInt(size) : 0n
      if (from + offset < 0n || whence > wasi.WHENCE_END) return { ret: wasi.ERRNO_INVAL, offset: 0n }
      opened.file_pos = from + offset
      return { ret: 0, offset: opened.file_pos }
    },
    fd_filestat_get: () => ({ ret: 0, filestat: stat() }),
    fd_close: () => {
      closeSync(host)
      closed()
      return 0
    },
    fd_write: () => ({ ret: wasi.ERRNO_ROFS, nwritten: 0 }),
    fd_pwrite: () => ({ ret: wasi.ERRNO_ROFS, nwritten: 0 }),
    fd_allocate: refuse,
    fd_filestat_set_size: refuse,
  })
}

/** Everything but reading is refused, through whichever folder that is open. */
function readOnly<Opened extends OpenDirectory>(opened: Opened): Opened {
  const open = opened.path_open.bind(opened)
  const refuse = () => wasi.ERRNO_ROFS
  return Object.assign(opened, {
    path_open: (...[dirflags, path, flags, rights, inheriting, fdflags]: Parameters<OpenDirectory['path_open']>) =>
      (flags & (CREAT | TRUNC)) !== 0
        ? { ret: wasi.ERRNO_ROFS, fd_obj: null }
        : open(dirflags, path, flags, rights, inheriting, fdflags),
    path_create_directory: refuse,
    path_link: refuse,
    path_lookup: () => ({ ret: wasi.ERRNO_XDEV, inode_obj: null }),
    path_remove_directory: refuse,
    path_unlink: () => ({ ret: wasi.ERRNO_ROFS, inode_obj: null }),
    path_unlink_file: refuse,
  })
}
