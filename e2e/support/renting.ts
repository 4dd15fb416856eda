import { setTimeout as sleep } from 'node:timers/promises'
import { createApiClient } from '@tender/api'
import type { Locator, Page } from 'playwright-core'
import { until } from './until.ts'

/** A lease that the page opened. */
export type Rented = { leaseId: string; url: string }

/** How a visitor does something: by a click, by a tap, or by a key. */
export type Press = (what: Locator) => Promise<void>

export const click: Press = (what) => what.click()

/** By keyboard: goes there with Tab, as somebody without a mouse does, and presses Enter. */
export const enter: Press = async (what) => {
  // Tab leads to nothing that cannot be pressed yet.
  await what.click({ trial: true })
  const page = what.page()
  for (let steps = 0; steps < 200; steps++) {
    if (await what.evaluate((element) => element === element.ownerDocument.activeElement))
      return page.keyboard.press('Enter')
    // There Tab indents; Escape lets it leave.
    if (await page.locator('.cm-content:focus').count()) await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not lead to ${what}`)
}

/** Acts as the embedded market's ready-made tenant from now on. */
export async function connectTenant(page: Page, press: Press = click): Promise<void> {
  await press(page.getByRole('button', { name: 'Connect', exact: true }))
  await press(page.getByRole('dialog').getByRole('button', { name: /^tenant\b/ }))
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

/** From the Compose file that the page shows to the URL at which it answers. */
export async function order(page: Page, press: Press = click): Promise<Rented> {
  await press(page.getByRole('button', { name: 'Sign the order, take bids' }))
  await page.getByRole('list', { name: 'Steps' }).waitFor()
  const auction = page.getByRole('table', { name: /bids|auction/i })
  await auction.getByRole('link', { name: 'Provider' }).first().waitFor()
  const open = page.getByRole('link', { name: 'Open', exact: true })
  await open.waitFor()
  const more = page.getByRole('link', { name: 'Logs, cost and more' })
  const [url, lease] = [await open.getAttribute('href'), await more.getAttribute('href')]
  const leaseId = lease?.split('/').at(-1) ?? ''
  await indexed(page.url(), leaseId)
  return { url: url ?? '', leaseId }
}

/** Waits until a gateway knows a lease. A page has it from the chain and its provider, be it sooner. */
export async function indexed(baseUrl: string, leaseId: string): Promise<void> {
  const api = createApiClient({ baseUrl: new URL('/', baseUrl).origin })
  await until('the lease in the index', () => api.getLease({ id: leaseId }).catch(() => undefined))
}

/** Waits until a report has a lease. @returns the era */
export function reportedEra(baseUrl: string, leaseId: string): Promise<number> {
  const api = createApiClient({ baseUrl })
  return until('a report of the lease', async () => {
    const { items } = await api.listEras({ limit: 5 })
    for (const { era } of items) {
      const { items: leaves } = await api.listLeaves({ era, limit: 100 })
      if (leaves.some(({ kind, lease }) => kind === 'lease' && lease === leaseId)) return era
    }
    // Who asks again and again is refused.
    await sleep(1_000)
    return undefined
  })
}

/** Closes the lease whose page is open. @returns what the page says came back, as it says it */
export async function closeLease(page: Page, press: Press = click): Promise<string> {
  await press(page.getByRole('button', { name: 'Close', exact: true }))
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Comes back at once').waitFor()
  await press(dialog.getByRole('button', { name: 'Close it now' }))
  const told = await dialog.getByText('came back to your account').textContent()
  await press(dialog.getByRole('button', { name: 'Done' }))
  await page.getByText('Ended', { exact: true }).first().waitFor()
  return told ?? ''
}
