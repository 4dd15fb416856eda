// What a CGI handler needs of WASI preview 1, and no more: the request from the environment, the answer to standard output.

@external("wasi_snapshot_preview1", "environ_sizes_get")
declare function environ_sizes_get(count: usize, size: usize): i32
@external("wasi_snapshot_preview1", "environ_get")
declare function environ_get(pointers: usize, buffer: usize): i32
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, vectors: usize, count: i32, written: usize): i32
@external("wasi_snapshot_preview1", "clock_time_get")
declare function clock_time_get(clock: i32, precision: u64, time: usize): i32

const STDOUT: i32 = 1
const REALTIME: i32 = 0
const PAIR = memory.data(16)

let variables: Map<string, string> | null = null

/** A variable of the environment, or "". */
export function variable(name: string): string {
  const all = environment()
  return all.has(name) ? all.get(name) : ""
}

function environment(): Map<string, string> {
  const known = variables
  if (known) return known
  const all = new Map<string, string>()
  environ_sizes_get(PAIR, PAIR + 4)
  const count = load<u32>(PAIR)
  const pointers = heap.alloc(count * 4 + 4)
  const buffer = heap.alloc(load<u32>(PAIR, 4) + 1)
  environ_get(pointers, buffer)
  for (let i: u32 = 0; i < count; i++) {
    const start = load<u32>(pointers + i * 4)
    let end = start
    while (load<u8>(end)) end++
    const line = String.UTF8.decodeUnsafe(start, end - start)
    const equals = line.indexOf("=")
    all.set(line.substring(0, equals), line.substring(equals + 1))
  }
  variables = all
  return all
}

/** A number from the query string, between two bounds. */
export function numberOf(name: string, otherwise: f64, least: f64, most: f64): f64 {
  const pairs = variable("QUERY_STRING").split("&")
  for (let i = 0; i < pairs.length; i++) {
    if (!pairs[i].startsWith(name + "=")) continue
    const value = F64.parseFloat(pairs[i].substring(name.length + 1))
    if (!isNaN(value)) return Math.min(Math.max(value, least), most)
  }
  return otherwise
}

/** Milliseconds since 1970. */
export function now(): i64 {
  clock_time_get(REALTIME, 1000000, PAIR)
  return <i64>(load<u64>(PAIR) / 1000000)
}

/** Writes the answer: its headers, an empty line, its body. */
export function answer(status: string, type: string, body: ArrayBuffer): void {
  write(String.UTF8.encode("Status: " + status + "\nContent-Type: " + type + "\n\n"))
  write(body)
}

function write(bytes: ArrayBuffer): void {
  store<usize>(PAIR, changetype<usize>(bytes))
  store<usize>(PAIR, bytes.byteLength, 4)
  fd_write(STDOUT, PAIR, 1, PAIR + 8)
}
