import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import axe, { type AxeResults } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'

/** How long a locator may wait; far above what it takes, since a busy machine is slow, and providers say where they are once a minute. */
export const PATIENCE_MS = 150_000

/** What pages are looked at with. */
export const screens = {
  desk: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const

const executablePath = await promisify(execFile)('sh', ['-c', 'command -v chromium']).then(
  ({ stdout }) => stdout.trim(),
  () => undefined,
)

/** Why no browser can be driven here; `undefined` if one can. */
export const noBrowser = executablePath === undefined ? 'there is no chromium: install chromium' : undefined

/** Starts the system's own browser, without a window. */
export function launchBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(noBrowser)
  // As root there is no sandbox; in containers little shared memory.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
}

export type Look = {
  /** @default desk */
  screen?: keyof typeof screens
  /** @default light */
  theme?: 'light' | 'dark'
}

/** A page, and what went wrong in it. */
export type Visit = {
  readonly page: Page
  /** Errors of the console, of scripts, and requests that failed: what a visitor should never cause. */
  readonly troubles: string[]
  /** Forgets what went wrong on purpose. */
  forgive(): void
}

/** Opens a page with nothing kept from others: no storage, no cookies. */
export async function openVisit(
  browser: Browser,
  url: string,
  { screen = 'desk', theme = 'light' }: Look = {},
): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: screens[screen],
    hasTouch: screen === 'phone',
    isMobile: screen === 'phone',
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  })
  context.setDefaultTimeout(PATIENCE_MS)
  // So the page's own policy of what may run stays in force.
  await context.addInitScript({ content: axe.source })
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => void troubles.push(`script: ${error.stack ?? error.message}`))
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? ''
    // What a page that is left was still loading, and streams that it closes.
    if (why !== 'net::ERR_ABORTED') troubles.push(`request: ${request.method()} ${request.url()} ${why}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`response: ${response.status()} ${response.url()}`)
  })
  return { page, troubles, forgive: () => void troubles.splice(0) }
}

/** What keeps people from using a page as it is now, as an audit finds it: rules broken seriously, and where. */
export async function auditOf(page: Page): Promise<string[]> {
  const results = await page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })')
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target}: ${failureSummary}`),
    )
}

/**
 * Takes a picture of what one sees. It goes into `TENDER_SCREENSHOTS`, or where nobody minds.
 *
 * @returns the file
 */
export async function takePicture(page: Page, name: string): Promise<string> {
  const folder = process.env.TENDER_SCREENSHOTS ?? join(tmpdir(), 'tender-screenshots')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${name}.png`)
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' })
  return path
}
