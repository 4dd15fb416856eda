import type { Fault } from './fault.ts'

const everybody = ['chain', 'relay', 'provider', 'monitor', 'gateway'] as const

/** SIGKILL, and a start as an operator would make it after a while. */
const kill: Fault = {
  name: 'kill',
  hits: everybody,
  async inject(_world, _random, _signal, target) {
    await target.kill()
    return () => target.start()
  },
}

/** It is there and accepts connections, and answers nobody. Then it goes on as if no time had passed. */
const pause: Fault = {
  name: 'pause',
  hits: everybody,
  async inject(_world, _random, _signal, target) {
    target.pause()
    return async () => target.resume()
  },
}

/** What can happen to a process as such. */
export const processFaults: readonly Fault[] = [kill, pause]
