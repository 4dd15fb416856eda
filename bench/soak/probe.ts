import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads'

// Loaded into the measured process before its program (`--import`), and so into each of its threads: asked for it, tells how much
// memory is in use once all garbage is gone. Nothing else of the process changes.

/** What the process is asked, and what it tells. */
export type Ask = { soak: 'heap' }
export type HeapTold = {
  soak: 'heap'
  thread: number
  usedBytes: number
  /** What the heap takes of the machine's memory: in use, and kept for later. */
  takenBytes: number
  outsideBytes: number
}

const channel = new BroadcastChannel('soak')
// A probe must not keep a program running.
channel.unref()

if (isMainThread) {
  const tell = (told: HeapTold) => process.connected && process.send?.(told)
  channel.onmessage = (event) => {
    // CAST: the probes of the other threads send nothing else on it
    const { data } = event as { data: Ask | HeapTold }
    if ('thread' in data) tell(data)
  }
  process.on('message', (asked: unknown) => {
    if (!isAsk(asked)) return
    channel.postMessage(asked)
    tell(measured())
  })
  process.channel?.unref()
} else {
  channel.onmessage = (event) => {
    // CAST: as above
    const { data } = event as { data: Ask | HeapTold }
    if (!('thread' in data)) channel.postMessage(measured())
  }
}

function isAsk(message: unknown): message is Ask {
  return typeof message === 'object' && message !== null && 'soak' in message
}

function measured(): HeapTold {
  // As where memory runs out: what is kept for later is given back too.
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  const { heapUsed, heapTotal, external } = process.memoryUsage()
  return { soak: 'heap', thread: threadId, usedBytes: heapUsed, takenBytes: heapTotal, outsideBytes: external }
}
