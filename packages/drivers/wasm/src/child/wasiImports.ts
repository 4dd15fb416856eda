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

const RESOLUTION_NS = 1_000n
const never = new Int32Array(new SharedArrayBuffer(4))

/** The clocks and the randomness that an instance finds. */
export type World = {
  /** Nanoseconds, by WASI's number of a clock. */
  now(clock: number): bigint
  sleep(ns: bigint): void
  /** Absent: the system's. */
  random?(bytes: Uint8Array): void
}

const hostWorld: World = {
  now: (clock) => (clock === MONOTONIC ? BigInt(Math.round(performance.now() * 1e6)) : BigInt(Date.now()) * 1_000_000n),
  sleep: (ns) => {
    if (ns > 0n) Atomics.wait(never, 0, 0, Number(ns) / 1e6)
  },
}

/** Names of the functions that a module may import. */
export function wasiNames(): ReadonlySet<string> {
  return new Set(Object.keys(new WASI([], [], [], { debug: false }).wasiImport))
}

/**
 * A WASI world of its own for one instance: the given files (standard streams first), no socket.
 * What is replaced of the shim: its `poll_oneoff` burns CPU while it waits, its sockets throw, and `args_sizes_get` counts
 * characters for bytes.
 */
export function createWasi(args: string[], environment: string[], files: Fd[], world: World = hostWorld): WASI {
  // Unless told otherwise the shim prints what a module asks of it, to the console.
  const wasi = new WASI(args, environment, files, { debug: false })
  const memory = () => wasi.inst.exports.memory.buffer
  const { random } = world
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
      poll(new DataView(memory()), world, { subscriptions, events, count, stored }),
    clock_time_get: (clock: number, _precision: bigint, time: number) => {
      new DataView(memory()).setBigUint64(time >>> 0, world.now(clock), true)
      return SUCCESS
    },
    clock_res_get: (_clock: number, resolution: number) => {
      new DataView(memory()).setBigUint64(resolution >>> 0, RESOLUTION_NS, true)
      return SUCCESS
    },
    sched_yield: () => SUCCESS,
    sock_accept: () => NOT_SUPPORTED,
    sock_recv: () => NOT_SUPPORTED,
    sock_send: () => NOT_SUPPORTED,
    sock_shutdown: () => NOT_SUPPORTED,
    ...(random && {
      random_get: (at: number, length: number) => {
        random(new Uint8Array(memory(), at >>> 0, length >>> 0))
        return SUCCESS
      },
    }),
  })
  return wasi
}

type PollArguments = { subscriptions: number; events: number; count: number; stored: number }

/** Streams are always ready; if only clocks are asked for, sleeps until the first of them. */
function poll(view: DataView, world: World, { subscriptions, events, count, stored }: PollArguments): number {
  if (count === 0 || count > MAX_SUBSCRIPTIONS) return INVALID
  const all = Array.from({ length: count }, (_, index) => subscriptions + index * SUBSCRIPTION.size)
  const ready = all.filter((at) => view.getUint8(at + SUBSCRIPTION.tag) !== CLOCK_TAG)
  if (ready.length === 0) {
    const first = all.map((at) => ({ at, ns: remainingNs(view, world, at) })).reduce((a, b) => (b.ns < a.ns ? b : a))
    world.sleep(first.ns)
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

function remainingNs(view: DataView, world: World, at: number): bigint {
  const timeoutNs = view.getBigUint64(at + SUBSCRIPTION.timeout, true)
  if ((view.getUint16(at + SUBSCRIPTION.flags, true) & ABSOLUTE) === 0) return timeoutNs
  return timeoutNs - world.now(view.getUint32(at + SUBSCRIPTION.clock, true))
}
