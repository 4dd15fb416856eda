import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { auditOf, launchBrowser, noBrowser, openVisit, takePicture } from '../support/browser.ts'
import { type GatewayMarket, startGatewayMarket } from '../support/gatewayMarket.ts'
import { closeLease, connectTenant, indexed } from '../support/renting.ts'
import { killTenders, startTender } from '../support/tender.ts'

// What was begun elsewhere, or before the page was loaded anew, is gone on with.

const hello = fileURLToPath(new URL('../../examples/hello/compose.yaml', import.meta.url))

if (noBrowser) console.warn(`skipped: ${noBrowser}`)

const DEADLINE_MS = 600_000

/** Runs in the page: how many orders its browser keeps as not brought to their end. */
const leftOnTheirWay = `(async () => {
  const found = (await indexedDB.databases()).find(({ name }) => name.endsWith('-unfinished'))
  const told = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const database = await told(indexedDB.open(found.name))
  const [store] = database.objectStoreNames
  const count = await told(database.transaction(store).objectStore(store).count())
  database.close()
  return count
})()`

describe.skipIf(noBrowser !== undefined)('going on', { timeout: DEADLINE_MS }, () => {
  let place: GatewayMarket
  let browser: Browser
  beforeAll(async () => {
    ;[place, browser] = await Promise.all([startGatewayMarket(), launchBrowser()])
  }, DEADLINE_MS)
  afterEach(killTenders)
  afterAll(async () => {
    await browser?.close()
    await place?.stop()
  }, DEADLINE_MS)

  async function open() {
    const visit = await openVisit(browser, place.url)
    onTestFinished(() => visit.page.context().close())
    return visit
  }

  test('a page that is loaded anew in the middle of an auction keeps the bids that came', async () => {
    const { page, troubles } = await open()
    // It asks before it goes, since bids come to it.
    page.on('dialog', (dialog) => void dialog.accept())
    await page.goto('/deploy')
    await connectTenant(page)
    // Longer than a busy machine takes to load the page.
    await page.getByLabel('How long bids are taken').selectOption('30 seconds')
    await page.getByRole('button', { name: 'Sign the order, take bids' }).click()
    const bids = page.getByRole('table', { name: 'Bids, the best first' }).getByRole('link', { name: 'Provider' })
    await bids.first().waitFor()

    await page.reload()
    await page.getByText(/^Its auction (runs|is over)\. (One bid|\d bids) came; going on/).waitFor()
    expect(await page.evaluate(leftOnTheirWay)).toBe(1)
    await takePicture(page, 'unfinished-desk')
    expect(await auditOf(page)).toEqual([])
    await page.getByRole('button', { name: 'Go on' }).click()
    await bids.first().waitFor()
    await page.getByRole('link', { name: 'Open', exact: true }).waitFor()
    await page.getByRole('link', { name: 'Logs, cost and more' }).click()
    expect(await closeLease(page)).toContain('came back to your account')

    await page.goto('/deploy')
    await page.getByRole('button', { name: 'Sign the order, take bids' }).waitFor()
    await expect.poll(() => page.evaluate<number>(leftOnTheirWay)).toBe(0)
    expect(await page.getByText('Left on its way').count()).toBe(0)
    expect(troubles).toEqual([])
  })

  test('a lease that the command line opened is spoken for from the page: its log, and what it uses', async () => {
    const up = await startTender(place.home, ['up', hello, '--yes', '--json', '--auction', '60s']).finished
    expect(up).toMatchObject({ code: 0 })
    const [lease] = JSON.parse(up.stdout).leases
    await indexed(place.url, lease.leaseId)
    const { page, troubles } = await open()
    await page.goto(`/leases/${lease.leaseId}`)
    await connectTenant(page)
    await page.getByText('Opened elsewhere').waitFor()
    expect(await page.getByRole('tab', { name: 'Logs' }).count()).toBe(0)
    await takePicture(page, 'elsewhere-desk')
    await page.getByRole('button', { name: 'Speak for it from here' }).click()

    await page.getByRole('tab', { name: 'Logs' }).click()
    const workload = await page.context().newPage()
    await workload.goto(lease.url)
    await workload.close()
    await page.getByRole('status').getByText('live', { exact: true }).waitFor()

    await page.getByRole('tab', { name: 'Usage' }).click()
    await page.getByRole('img', { name: /^Cores in use, now [\d.]+\.$/ }).waitFor()
    await page.getByRole('img', { name: /^Memory, now [\d.]+ [KM]?i?B\.$/ }).waitFor()
    await page.getByText('Measured by the provider').waitFor()
    await takePicture(page, 'usage-desk')
    expect(await auditOf(page)).toEqual([])

    // One agent at a time: the one before may not ask any more.
    const before = await startTender(place.home, ['logs', lease.leaseId, '--json']).finished
    expect(JSON.parse(before.stderr)).toMatchObject({ error: { code: 'notAgent' } })
    expect(troubles).toEqual([])
  })
})
