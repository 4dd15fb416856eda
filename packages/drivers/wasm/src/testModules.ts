/** Small modules for tests, polite and hostile, from source. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import binaryen from 'binaryen'

const imports = `
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))`

// Memory: 0-63 scratch, 64-4095 texts, 4096 environment pointers, 8192 environment, 16384 body.
const library = `
  (memory (export "memory") 1)
  (func $write (param $fd i32) (param $at i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $flood (param $fd i32)
    (loop $again (call $write (local.get $fd) (i32.const 0) (i32.const 65536)) (br $again)))
  (func $allocate
    (loop $again
      (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable)))
      (br $again)))
  ;; Opens a file of a folder for reading (2) or writing (64), made if there is none (flag 1).
  (func $open (param $folder i32) (param $at i32) (param $length i32) (param $flags i32) (param $rights i64) (result i32)
    (if (call $path_open (local.get $folder) (i32.const 0) (local.get $at) (local.get $length) (local.get $flags)
        (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 48))
      (then (return (i32.const -1))))
    (i32.load (i32.const 48)))
  (func $create (param $at i32) (param $length i32) (result i32)
    (call $open (i32.const 4) (local.get $at) (local.get $length) (i32.const 9) (i64.const 64)))
  (func $spin (loop $again (br $again)))
  (func $recurse (call $recurse) (call $recurse))
  (func $sleep (param $ns i64)
    (i64.store (i32.const 64) (i64.const 7))
    (i32.store8 (i32.const 72) (i32.const 0))
    (i32.store (i32.const 80) (i32.const 1))
    (i64.store (i32.const 88) (local.get $ns))
    (i32.store16 (i32.const 104) (i32.const 0))
    (if (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 0)) (then (unreachable))))`

function text(at: number, value: string): string {
  const bytes = [...Buffer.from(value)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`)
  return `(data (i32.const ${at}) "${bytes.join('')}")`
}

function command(body: string, ...more: string[]): string {
  return `(module ${imports} ${library} ${more.join(' ')} (func (export "_start") ${body}))`
}

const hello = 'content-type: text/plain\n\nhello'
const printed = 'one\ntwo\nthree'

/** First letter of the path: what the handler does with the request. None is as `h`. */
const letters: Record<string, string> = {
  h: `(call $write (i32.const 1) (i32.const 256) (i32.const ${hello.length}))`,
  l: '(call $spin)',
  t: '(unreachable)',
  r: '(call $recurse)',
  m: '(call $allocate)',
  f: '(call $flood (i32.const 1))',
  e: '(call $flood (i32.const 2))',
  n: '(call $write (i32.const 1) (i32.const 512) (i32.const 9))',
  x: '(call $proc_exit (i32.const 3))',
  // Says how often this instance was used, which must be once.
  c: `(global.set $uses (i32.add (global.get $uses) (i32.const 1)))
      (i32.store8 (i32.const ${640 + 13}) (i32.add (global.get $uses) (i32.const 48)))
      (call $write (i32.const 1) (i32.const 640) (i32.const 14))`,
  // Echoes the body's first kilobyte.
  b: `(i32.store (i32.const 16) (i32.const 16384)) (i32.store (i32.const 20) (i32.const 1024))
      (drop (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
      (call $write (i32.const 1) (i32.const 640) (i32.const 13))
      (call $write (i32.const 1) (i32.const 16384) (i32.load (i32.const 24)))`,
  // Answers with its whole environment.
  v: `(call $write (i32.const 1) (i32.const 640) (i32.const 13))
      (call $write (i32.const 1) (i32.const 8192) (i32.load (i32.const 36)))`,
  // 40 MiB for a moment.
  g: `(if (i32.eq (memory.grow (i32.const 640)) (i32.const -1)) (then (unreachable)))
      (memory.fill (i32.const 65536) (i32.const 1) (i32.const 41943040))
      (call $write (i32.const 1) (i32.const 256) (i32.const ${hello.length}))`,
  s: `(call $sleep (i64.const 100000000)) (call $write (i32.const 1) (i32.const 256) (i32.const ${hello.length}))`,
  d: `(call $write (i32.const 2) (i32.const 704) (i32.const 4))
      (call $write (i32.const 1) (i32.const 256) (i32.const ${hello.length}))`,
}

const handler = `(module ${imports} ${library}
  ${text(256, hello)} ${text(512, 'no header')} ${text(640, 'status: 200\n\n')}
  ${text(704, 'log\n')} ${text(768, 'PATH_INFO=/')}
  (global $uses (mut i32) (i32.const 0))
  (func $is_path (param $at i32) (result i32)
    (local $i i32)
    (loop $next
      (if (i32.ne (i32.load8_u (i32.add (local.get $at) (local.get $i)))
                  (i32.load8_u (i32.add (i32.const 768) (local.get $i))))
        (then (return (i32.const 0))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 11))))
    (i32.const 1))
  (func $letter (result i32)
    (local $at i32)
    (local.set $at (i32.const 8192))
    (drop (call $environ_sizes_get (i32.const 32) (i32.const 36)))
    (drop (call $environ_get (i32.const 4096) (i32.const 8192)))
    (loop $next
      (if (call $is_path (local.get $at)) (then
        (local.set $at (i32.load8_u (i32.add (local.get $at) (i32.const 11))))
        (return (select (local.get $at) (i32.const 104) (local.get $at)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 16384))))
    (i32.const 104))
  (func (export "_start")
    (local $letter i32)
    (local.set $letter (call $letter))
    ${Object.entries(letters)
      .map(
        ([letter, body]) =>
          `(if (i32.eq (local.get $letter) (i32.const ${letter.charCodeAt(0)})) (then ${body} (return)))`,
      )
      .join('\n')}
    (unreachable)))`

const sources = {
  succeeds: command(''),
  exitsWith3: command('(call $proc_exit (i32.const 3))'),
  prints: command(`(call $write (i32.const 1) (i32.const 256) (i32.const ${printed.length}))`, text(256, printed)),
  runsForever: command('(call $spin)'),
  sleeps: command('(call $sleep (i64.const 3600000000000))'),
  naps: command('(call $sleep (i64.const 2000000000))'),
  exhaustsMemory: command('(call $allocate)'),
  floods: command('(call $flood (i32.const 1))'),
  dribbles: command(
    '(loop $again (call $write (i32.const 2) (i32.const 256) (i32.const 1)) (br $again))',
    text(256, '\n'),
  ),
  crashes: command('(unreachable)'),
  recurses: command('(call $recurse)'),
  // A folder or a socket would be answered with 0; 8 is "bad descriptor", 58 "not supported".
  opensFile: command(
    `(call $proc_exit (call $path_open (i32.const 3) (i32.const 0) (i32.const 256) (i32.const 11) (i32.const 0)
       (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))`,
    text(256, '/etc/passwd'),
  ),
  opensSocket: command('(call $proc_exit (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 16)))'),
  needsMuch: '(module (memory (export "memory") 60000) (func (export "_start")))',
  noStart: '(module (memory (export "memory") 1))',
  foreignImport: '(module (import "env" "abort" (func)) (memory (export "memory") 1) (func (export "_start")))',
  trapsAtStart: '(module (memory (export "memory") 1) (func $s (unreachable)) (start $s) (func (export "_start")))',
  hangsAtStart: '(module (memory (export "memory") 1) (func $s (loop $a (br $a))) (start $s) (func (export "_start")))',
  handler,
  copies: command(
    `(local $in i32)
     (local.set $in (call $open (i32.const 3) (i32.const 256) (i32.const 6) (i32.const 0) (i64.const 2)))
     (if (i32.eq (local.get $in) (i32.const -1)) (then (call $proc_exit (i32.const 1))))
     (i32.store (i32.const 16) (i32.const 16384)) (i32.store (i32.const 20) (i32.const 1024))
     (drop (call $fd_read (local.get $in) (i32.const 16) (i32.const 1) (i32.const 24)))
     (call $write (call $create (i32.const 272) (i32.const 7)) (i32.const 16384) (i32.load (i32.const 24)))`,
    text(256, 'in.txt'),
    text(272, 'out.txt'),
  ),
  leavesPart: command(
    `(call $write (call $create (i32.const 256) (i32.const 8)) (i32.const 272) (i32.const 4))
     (call $proc_exit (i32.const 3))`,
    text(256, 'part.txt'),
    text(272, 'part'),
  ),
  cannotWriteInput: command(
    `(if (i32.ne (call $open (i32.const 3) (i32.const 256) (i32.const 7) (i32.const 1) (i64.const 64)) (i32.const -1))
       (then (call $proc_exit (i32.const 1))))
     (if (i32.ne (call $open (i32.const 3) (i32.const 272) (i32.const 6) (i32.const 0) (i64.const 64)) (i32.const -1))
       (then (call $proc_exit (i32.const 1))))`,
    text(256, 'new.txt'),
    text(272, 'in.txt'),
  ),
  // Its environment is TENDER_TASK alone, with one letter.
  tellsTask: command(
    `(drop (call $environ_get (i32.const 4096) (i32.const 8192)))
     (call $write (call $create (i32.const 256) (i32.const 8)) (i32.const 8204) (i32.const 1))`,
    text(256, 'task.txt'),
  ),
  // Writes its task's last letter; tasks whose number is odd say so, and fail.
  failsOdd: command(
    `(local $at i32) (local $i i32) (local $digit i32)
     (drop (call $environ_get (i32.const 4096) (i32.const 8192)))
     (local.set $at (i32.const 8192))
     (block $found
       (loop $next
         (local.set $i (i32.const 0))
         (block $other
           (loop $letter
             (br_if $other (i32.ne (i32.load8_u (i32.add (local.get $at) (local.get $i)))
                                   (i32.load8_u (i32.add (i32.const 288) (local.get $i)))))
             (local.set $i (i32.add (local.get $i) (i32.const 1)))
             (br_if $letter (i32.lt_u (local.get $i) (i32.const 12))))
           (br $found))
         (local.set $at (i32.add (local.get $at) (i32.const 1)))
         (br_if $next (i32.lt_u (local.get $at) (i32.const 16384))))
       (unreachable))
     (local.set $digit (i32.add (local.get $at) (i32.const 12)))
     (call $write (call $create (i32.const 256) (i32.const 8)) (local.get $digit) (i32.const 1))
     (if (i32.and (i32.load8_u (local.get $digit)) (i32.const 1))
       (then (call $write (i32.const 2) (i32.const 272) (i32.const 4)) (call $proc_exit (i32.const 3))))`,
    text(256, 'task.txt'),
    text(272, 'odd\n'),
    text(288, 'TENDER_TASK='),
  ),
  fillsOutput: command(
    `(local $out i32)
     (local.set $out (call $create (i32.const 256) (i32.const 3)))
     (loop $again (call $write (local.get $out) (i32.const 0) (i32.const 65536)) (br $again))`,
    text(256, 'big'),
  ),
  // Random numbers, times, an hour's sleep, times and random numbers again.
  noise: command(
    `(drop (call $random_get (i32.const 16384) (i32.const 61)))
     (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 16448)))
     (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 16456)))
     (call $sleep (i64.const 3600000000000))
     (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 16464)))
     (drop (call $random_get (i32.const 16472) (i32.const 8)))
     (call $write (call $create (i32.const 256) (i32.const 5)) (i32.const 16384) (i32.const 96))`,
    text(256, 'noise'),
  ),
} as const

export type TestModule = keyof typeof sources

/** The bytes of a test module. */
export function assemble(name: TestModule): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(sources[name])
  module.setFeatures(binaryen.Features.All)
  const bytes = new Uint8Array(module.emitBinary())
  module.dispose()
  return bytes
}

/** Writes all test modules, and one that is none, to a folder; returns where each lies. */
export function writeTestModules(directory: string): (name: TestModule | 'invalid') => string {
  for (const name of Object.keys(sources)) {
    // CAST: these are the keys.
    writeFileSync(join(directory, `${name}.wasm`), assemble(name as TestModule))
  }
  writeFileSync(join(directory, 'invalid.wasm'), 'I am a text.')
  return (name) => join(directory, `${name}.wasm`)
}
