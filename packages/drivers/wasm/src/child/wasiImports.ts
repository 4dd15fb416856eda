import { type Fd, WASI } from '@bjorn3/browser_wasi_shim'

const SUCCESS = 0
const INVALID = 28
const NOT_SUPPORTED = 58
const MAX_SUBSCRIPTIONS = 64

// Layout of WASI's subscription and event records, in bytes.
const SUBSCRIPTION = { size: 48, tag: 8, clock: 16, timeout: 24, flags: 40 }
const EVENT = { size: 32, type: 10 }
const CLOCK_TAG = 0
const MONOTONIC = 1
const ABSOLUTE = 1

/** Names of the functions that a module may import. */
export function wasiNames(): ReadonlySet<string> {
  return new Set(Object.keys(new WASI([], [], [], { debug: false }).wasiImport))
}

/**
 * A WASI world of its own for one instance: the three standard streams, no folder, no socket.
 * What is replaced of the shim: its `poll_oneoff` burns CPU while it waits, its sockets throw, and `args_sizes_get` counts
 * characters for bytes.
 */
export function createWasi(args: string[], environment: string[], streams: Fd[]): WASI {
  // Unless told otherwise the shim prints what a module asks of it, to the console.
  const wasi = new WASI(args, environment, streams, { debug: false })
  const memory = () => wasi.inst.exports.memory.buffer
  Object.assign(wasi.wasiImport, {
    args_sizes_get: (count: number, sizeBytes: number) => {
      const view = new DataView(memory())
      view.setUint32(count, args.length, true)
      view.setUint32(
        sizeBytes,
        args.reduce((sum, arg) => sum + Buffer.byteLength(arg) + 1, 0),
        true,
      )
      return SUCCESS
    },
    poll_oneoff: (subscriptions: number, events: number, count: number, stored: number) =>
      poll(new DataView(memory()), subscriptions, events, count, stored),
    sched_yield: () => SUCCESS,
    sock_accept: () => NOT_SUPPORTED,
    sock_recv: () => NOT_SUPPORTED,
    sock_send: () => NOT_SUPPORTED,
    sock_shutdown: () => NOT_SUPPORTED,
  })
  return wasi
}

/** Streams are always ready; if only clocks are asked for, sleeps until the first of them. */
function poll(view: DataView, subscriptions: number, events: number, count: number, stored: number): number {
  if (count === 0 || count > MAX_SUBSCRIPTIONS) return INVALID
  const all = Array.from({ length: count }, (_, index) => subscriptions + index * SUBSCRIPTION.size)
  const ready = all.filter((at) => view.getUint8(at + SUBSCRIPTION.tag) !== CLOCK_TAG)
  if (ready.length === 0) {
    const first = all.map((at) => ({ at, ms: remainingMs(view, at) })).reduce((a, b) => (b.ms < a.ms ? b : a))
    sleep(first.ms)
    ready.push(first.at)
  }
  // Read before writing: the two arrays may overlap in the module's memory.
  const answers = ready.map((at) => ({
    userdata: view.getBigUint64(at, true),
    type: view.getUint8(at + SUBSCRIPTION.tag),
  }))
  for (const [index, { userdata, type }] of answers.entries()) {
    const at = events + index * EVENT.size
    new Uint8Array(view.buffer, at, EVENT.size).fill(0)
    view.setBigUint64(at, userdata, true)
    view.setUint8(at + EVENT.type, type)
  }
  view.setUint32(stored, answers.length, true)
  return SUCCESS
}

function remainingMs(view: DataView, at: number): number {
  const timeoutMs = Number(view.getBigUint64(at + SUBSCRIPTION.timeout, true)) / 1e6
  if ((view.getUint16(at + SUBSCRIPTION.flags, true) & ABSOLUTE) === 0) return timeoutMs
  const monotonic = view.getUint32(at + SUBSCRIPTION.clock, true) === MONOTONIC
  return timeoutMs - (monotonic ? performance.now() : Date.now())
}

const never = new Int32Array(new SharedArrayBuffer(4))

function sleep(ms: number): void {
  if (ms > 0) Atomics.wait(never, 0, 0, ms)
}
