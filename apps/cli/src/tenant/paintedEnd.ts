import { endText, endWarning, nearness } from '@tender/tenant'
import type { Out } from '../cli/out.ts'

/** When a lease ends, in the colour of its nearness. Times are unix seconds. */
export function paintedEnd(out: Pick<Out, 'paint'>, stop: number, now: number): string {
  const text = endText(stop, now)
  const near = nearness(stop - now)
  return near === 'hour' ? out.paint('red', text) : near === 'day' ? out.paint('yellow', text) : text
}

/** Says on standard error that a lease's time runs out, if it does. */
export function warnOfEnd(
  out: Pick<Out, 'line' | 'paint'>,
  lease: { name: string; leaseId: string; stop: number },
  now: number,
): void {
  const warning = endWarning(lease, now)
  if (warning === undefined) return
  const colour = nearness(lease.stop - now) === 'day' ? 'yellow' : 'red'
  out.line(`${out.paint(colour, 'warning:')} ${warning}`)
}
