import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Fault } from '../fault.ts'

const preload = fileURLToPath(new URL('wrongClock.ts', import.meta.url))
const MINUTE_MS = 60_000
/** A clock nobody has set, a time zone taken for another, a battery that died. */
const offsetsMs = [-26 * 60, -61, -2, -0.5, 0.5, 2, 61, 26 * 60].map((minutes) => minutes * MINUTE_MS)

/**
 * A process starts with a clock that is off, which jumps to another wrong time once it runs, and starts again with the right one.
 * Its monotonic time is right throughout.
 */
export const clock: Fault = {
  name: 'clock',
  hits: ['relay', 'provider', 'monitor', 'gateway'],
  async inject(world, random, _signal, target) {
    const [first, second] = [random.pick(offsetsMs), random.pick(offsetsMs)]
    const file = join(world.folder, `clock-${target.name}`)
    await writeFile(file, String(first))
    await target.kill()
    const starting = target.start({ env: { CHAOS_CLOCK: file }, imports: [preload] })
    // With a clock that wrong it may rightly refuse to start.
    const jumped = starting.then(() => writeFile(file, String(second))).catch(() => {})
    return async () => {
      await target.kill()
      await jumped
      await rm(file, { force: true })
      await target.start()
    }
  },
}
