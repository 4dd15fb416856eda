import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { auditOf, type Look, launchBrowser, noBrowser, openVisit, takePicture } from '../support/browser.ts'
import { type GatewayMarket, startGatewayMarket } from '../support/gatewayMarket.ts'
import { click, closeLease, connectTenant, enter, order, type Press, reportedEra } from '../support/renting.ts'

// What somebody does who has nothing but a browser: rent, look, believe nobody, give back.

if (noBrowser) console.warn(`skipped: ${noBrowser}`)

const DEADLINE_MS = 600_000

describe.skipIf(noBrowser !== undefined)('renting', { timeout: DEADLINE_MS }, () => {
  let place: GatewayMarket
  let browser: Browser
  beforeAll(async () => {
    ;[place, browser] = await Promise.all([startGatewayMarket(), launchBrowser()])
  }, DEADLINE_MS)
  afterAll(async () => {
    await browser?.close()
    await place?.stop()
  }, DEADLINE_MS)

  async function open(look: Look) {
    const visit = await openVisit(browser, place.url, look)
    onTestFinished(() => visit.page.context().close())
    return visit
  }

  const ways: [string, Look, Press][] = [
    ['at a desk', { screen: 'desk' }, click],
    ['on a phone', { screen: 'phone', theme: 'dark' }, click],
    ['by keyboard', { screen: 'desk' }, enter],
  ]

  test.each(ways)('%s: order, bids, URL, a report and its proof, refund', async (way, look, press) => {
    const { page, troubles } = await open(look)
    const picture = (name: string) => takePicture(page, `${name}-${way.split(' ').at(-1)}`)
    await page.goto('/deploy')
    await connectTenant(page, press)
    const { url, leaseId } = await order(page, press)
    await picture('deployed')
    expect(await auditOf(page)).toEqual([])

    const workload = await page.context().newPage()
    await workload.goto(url)
    expect(await workload.getByRole('heading').textContent()).toBe('Hello from Tender')
    await workload.close()

    await press(page.getByRole('link', { name: 'Logs, cost and more' }))
    await page.getByRole('tab', { name: 'Overview' }).waitFor()
    await page.getByText('as its provider says').waitFor()
    await picture('lease')
    expect(await auditOf(page)).toEqual([])

    const era = await reportedEra(place.url, leaseId)
    await page.goto('/eras')
    await page.getByLabel('Lease or provider').fill(leaseId)
    await page.getByLabel('Era', { exact: true }).fill(String(era))
    await press(page.getByRole('button', { name: 'Prove' }))
    await page.getByText('that your browser read from the chain itself').waitFor()
    await picture('proof')
    expect(await auditOf(page)).toEqual([])

    await page.goto(`/leases/${leaseId}`)
    expect(await closeLease(page, press)).toMatch(/^0\.\d+ USDC came back to your account/)
    await picture('closed')
    expect(await auditOf(page)).toEqual([])
    expect(troubles).toEqual([])
  })
})
