// What a task of a job needs of WASI preview 1 beside its environment: a file in its output folder.

@external("wasi_snapshot_preview1", "path_open")
declare function path_open(
  folder: i32, lookup: i32, path: usize, pathBytes: usize, flags: i32, rights: u64, inheriting: u64, options: i32, fd: usize,
): i32
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, vectors: usize, count: i32, written: usize): i32
@external("wasi_snapshot_preview1", "fd_close")
declare function fd_close(fd: i32): i32

export { variable } from "./cgi"

/** Folders are open from the start: 3 is /input, 4 is /output. */
const OUTPUT: i32 = 4
/** Make it, and empty it. */
const CREATE: i32 = 1 | 8
const WRITE: u64 = 64
const CELLS = memory.data(16)

/** Writes a file of the task's output. */
export function writeOutput(name: string, content: ArrayBuffer): void {
  const path = String.UTF8.encode(name)
  if (path_open(OUTPUT, 0, changetype<usize>(path), path.byteLength, CREATE, WRITE, 0, 0, CELLS + 12)) unreachable()
  const fd = load<i32>(CELLS, 12)
  let at: usize = 0
  while (at < <usize>content.byteLength) {
    store<usize>(CELLS, changetype<usize>(content) + at)
    store<usize>(CELLS, <usize>content.byteLength - at, 4)
    if (fd_write(fd, CELLS, 1, CELLS + 8)) unreachable()
    at += load<usize>(CELLS, 8)
  }
  fd_close(fd)
}

let state: u64 = 0

/** Begins the random numbers with the first 64 bits of 0x and hexadecimal digits. */
export function seedFrom(hex: string): void {
  state = 0x9e3779b97f4a7c15
  for (let i = 2; i < 18 && i < hex.length; i++) {
    const code = hex.charCodeAt(i)
    state = (state << 4) ^ (state >> 60) ^ <u64>(code < 58 ? code - 48 : (code | 32) - 87)
  }
  if (state == 0) state = 1
}

/** The next random number, from 0 up to 1 (xorshift64*). */
export function random(): f64 {
  state ^= state >> 12
  state ^= state << 25
  state ^= state >> 27
  return <f64>((state * 0x2545f4914f6cdd1d) >> 11) / 9007199254740992.0
}
