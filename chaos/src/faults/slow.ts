import type { Fault } from '../fault.ts'

/** Of this share of its time the process stands still. */
const STILL = [0.5, 0.8, 0.95] as const
const ROUND_MS = 400

/** A process that stands still most of the time, so that all its peers find it slow. */
export const slow: Fault = {
  name: 'slow',
  hits: ['relay', 'provider', 'monitor', 'gateway'],
  async inject(_world, random, _signal, target) {
    const stillMs = ROUND_MS * random.pick(STILL)
    let resuming: NodeJS.Timeout | undefined
    const stand = () => {
      target.pause()
      resuming = setTimeout(() => target.resume(), stillMs)
    }
    stand()
    const rounds = setInterval(stand, ROUND_MS)
    return async () => {
      clearInterval(rounds)
      clearTimeout(resuming)
      target.resume()
    }
  },
}
