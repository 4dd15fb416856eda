import { useSyncExternalStore } from 'react'
import { afterEvent, type Deployment, type DeploymentEvent, isUnderWay, newDeployment } from './deployment.ts'

// A deployment belongs to the page, not to what is shown of it: one may look at the market while its auction runs.

let current: Deployment | undefined
let stop = new AbortController()
const listeners = new Set<() => void>()

function publish(next: Deployment | undefined): void {
  current = next
  for (const tell of listeners) tell()
  window.onbeforeunload = next && isUnderWay(next) && next.step !== 'prepare' ? (event) => event.preventDefault() : null
}

/** The deployment of this page, if there is one. */
export function useDeployment(): Deployment | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
}

export type DeploymentWork = {
  signal: AbortSignal
  onEvent(event: DeploymentEvent): void
}

/** Begins a deployment; one that runs goes on being watched instead. Failures become its state. */
export async function runDeployment(
  name: string,
  auctionSeconds: number,
  work: (work: DeploymentWork) => Promise<unknown>,
): Promise<void> {
  if (current && isUnderWay(current)) return
  stop = new AbortController()
  const { signal } = stop
  publish(newDeployment(name))
  const onEvent = (event: DeploymentEvent) => {
    if (current && !signal.aborted) publish(afterEvent(current, event, auctionSeconds, Date.now()))
  }
  try {
    await work({ signal, onEvent })
  } catch (error) {
    onEvent({ type: 'failed', error })
  }
}

/** Forgets it; breaks it off if it is under way. Leases that are open stay open. */
export function leaveDeployment(): void {
  stop.abort()
  publish(undefined)
}
