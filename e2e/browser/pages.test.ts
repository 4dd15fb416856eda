import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { auditOf, launchBrowser, noBrowser, openVisit, screens, takePicture } from '../support/browser.ts'
import { type GatewayMarket, startGatewayMarket } from '../support/gatewayMarket.ts'

// Every page in every look: nothing fails in it, and an audit finds nothing that keeps people out.

if (noBrowser) console.warn(`skipped: ${noBrowser}`)

const DEADLINE_MS = 600_000

const pages = [
  ['market', '/', /.*/],
  ['deploy', '/deploy', 'Deploy'],
  ['leases', '/leases', 'My leases'],
  ['providers', '/providers', 'Providers'],
  ['provider', '/providers/1', /Provider/],
  ['compare', '/compare', /Compare/],
  ['desk', '/desk', "Provider's desk"],
  ['eras', '/eras', 'Eras and proofs'],
  ['account', '/account', 'Account'],
] as const

describe.skipIf(noBrowser !== undefined)('pages', { timeout: DEADLINE_MS }, () => {
  let place: GatewayMarket
  let browser: Browser
  beforeAll(async () => {
    ;[place, browser] = await Promise.all([startGatewayMarket(), launchBrowser()])
  }, DEADLINE_MS)
  afterAll(async () => {
    await browser?.close()
    await place?.stop()
  }, DEADLINE_MS)

  test.each(pages)('%s', async (name, path, heading) => {
    const { page, troubles } = await openVisit(browser, place.url)
    onTestFinished(() => page.context().close())
    await page.goto(path)
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    await page.locator('.skeleton').first().waitFor({ state: 'detached' })
    for (const [screen, size] of Object.entries(screens)) {
      await page.setViewportSize(size)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await takePicture(page, `${name}-${screen}-${colorScheme}`)
        expect({ screen, colorScheme, found: await auditOf(page) }).toEqual({ screen, colorScheme, found: [] })
      }
    }
    expect(troubles).toEqual([])
  })
})
