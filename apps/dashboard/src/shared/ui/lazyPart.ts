import { type ComponentType, type LazyExoticComponent, lazy } from 'react'

/** How often a gateway that is gone is looked for, ms. */
const LOOK_MS = 1_000
const ANSWER_MS = 10_000

/**
 * A component in a file of its own, which is loaded when it is shown first.
 *
 * @example
 * const Terminal = lazyPart(() => import('./Terminal.tsx').then((part) => part.Terminal))
 */
export function lazyPart<Props>(load: () => Promise<ComponentType<Props>>): LazyExoticComponent<ComponentType<Props>> {
  return lazy(() => loadPart(load).then((part) => ({ default: part })))
}

/**
 * Loads a file of the page. While the gateway is gone it is waited for: what was opened meanwhile then appears. A file that it no
 * longer has is of an older version of the page, and some browsers never ask twice for one that failed: both are over once the whole
 * page is loaded anew, which is tried once.
 */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load()
  } catch {
    await untilGatewayAnswers()
  }
  try {
    return await load()
  } catch (error) {
    if (!isFirst(String(error))) throw error
    location.reload()
    return new Promise(() => {}) // nothing is shown until then
  }
}

async function untilGatewayAnswers(): Promise<void> {
  for (;;) {
    const answer = await fetch('/', { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** Whether the page was not yet loaded anew because of this. The error names the file, and its name the version. */
function isFirst(problem: string): boolean {
  const key = `loaded anew: ${problem}`
  if (sessionStorage.getItem(key)) return false
  sessionStorage.setItem(key, 'yes')
  return true
}
