import type { Duplex } from 'node:stream'

/**
 * Passes bytes both ways until both sides have ended, one breaks, or nothing moved for `idleMs`. A side that has ended may
 * still be sent to. A slow reader holds back the writer.
 */
export function splice(a: Duplex, b: Duplex, idleMs: number): void {
  let open = 2
  const cut = () => {
    clearTimeout(idle)
    a.destroy()
    b.destroy()
  }
  const idle = setTimeout(cut, idleMs)
  pass(a, b)
  pass(b, a)

  function pass(from: Duplex, to: Duplex): void {
    from.on('data', () => idle.refresh())
    from.on('error', cut)
    from.on('close', () => {
      open -= 1
      if (open === 0 || !from.readableEnded || !from.writableFinished) cut()
    })
    from.pipe(to)
  }
}
