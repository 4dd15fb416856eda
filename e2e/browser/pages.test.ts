import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { auditOf, launchBrowser, noBrowser, openVisit, takePicture } from '../support/browser.ts'
import { type GatewayMarket, startGatewayMarket } from '../support/gatewayMarket.ts'

// Every page, as it is with a lease that runs: nothing fails in it, and an audit finds nothing that keeps people out.

if (noBrowser) console.warn(`skipped: ${noBrowser}`)

const pages = [
  ['market', '/', 'Market'],
  ['deploy', '/deploy', 'Deploy'],
  ['leases', '/leases', 'My leases'],
  ['providers', '/providers', 'Providers'],
  ['provider', '/providers/1', /Provider|alpine/],
  ['compare', '/compare', 'Compare'],
  ['desk', '/desk', "Provider's desk"],
  ['eras', '/eras', 'Eras'],
  ['account', '/account', 'Account'],
] as const

describe.skipIf(noBrowser !== undefined)('pages', () => {
  let place: GatewayMarket
  let browser: Browser
  beforeAll(async () => {
    ;[place, browser] = await Promise.all([startGatewayMarket(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await place?.stop()
  })

  const looks = (['desk', 'phone'] as const).flatMap((screen) =>
    (['light', 'dark'] as const).map((theme) => ({ screen, theme })),
  )

  describe.each(looks)('on a $screen, $theme', (look) => {
    test.each(pages)('%s', async (name, path, heading) => {
      const { page, troubles } = await openVisit(browser, place.url, look)
      onTestFinished(() => page.context().close())
      await page.goto(path)
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
      await page.locator('.skeleton').first().waitFor({ state: 'detached' })
      await takePicture(page, `${name}-${look.screen}-${look.theme}`)
      expect(await auditOf(page)).toEqual([])
      expect(troubles).toEqual([])
    })
  })
})
