import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keepPlayKey } from '@tender/cli'
import type { Browser } from 'playwright-core'
import { generatePrivateKey } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFailed, onTestFinished, test } from 'vitest'
import { launchBrowser, noBrowser, openVisit } from '../support/browser.ts'
import { type GatewayMarket, startGatewayMarket } from '../support/gatewayMarket.ts'
import { freePorts, killTenders, startTender, type Tender } from '../support/tender.ts'

// A gateway as an operator runs one: a process of its own, that may be killed at any moment.

const hello = fileURLToPath(new URL('../../examples/hello/compose.yaml', import.meta.url))

if (noBrowser) console.warn(`skipped: ${noBrowser}`)

const DEADLINE_MS = 600_000

describe.skipIf(noBrowser !== undefined)('a gateway that is killed', { timeout: DEADLINE_MS }, () => {
  let place: GatewayMarket
  let browser: Browser
  let config: string
  beforeAll(async () => {
    ;[place, browser] = await Promise.all([startGatewayMarket({ gateway: false }), launchBrowser()])
    await keepPlayKey(place.home, 'gateway', generatePrivateKey())
    config = await writeConfig()
  }, DEADLINE_MS)
  afterEach(killTenders)
  afterAll(async () => {
    await browser?.close()
    await place?.stop()
  }, DEADLINE_MS)

  /** As `init` writes it, but for the ports. */
  async function writeConfig(): Promise<string> {
    const file = join(place.home, 'gateway.json')
    expect(await startTender(place.home, ['gateway', 'init', '--config', file]).finished).toMatchObject({ code: 0 })
    const written = JSON.parse(await readFile(file, 'utf8'))
    const changed = {
      ...written,
      http: { port: await freePorts(1) },
      network: { ...written.network, listen: ['/ip4/127.0.0.1/tcp/0'] },
    }
    await writeFile(file, JSON.stringify(changed))
    return file
  }

  async function startOne(): Promise<{ gateway: Tender; url: string }> {
    const gateway = startTender(place.home, ['gateway', 'start', '--config', config, '--account', 'gateway', '--json'])
    return { gateway, url: JSON.parse(await gateway.nextLine()).url }
  }

  test('is back where it was, and so are open pages', async () => {
    const { gateway, url } = await startOne()
    const { page, troubles, forgive } = await openVisit(browser, url)
    onTestFinished(() => page.context().close())
    await page.goto('/')
    const live = page.getByTitle(/^Live\. Chain/).filter({ visible: true })
    await live.waitFor()
    expect(troubles).toEqual([])

    gateway.process.kill('SIGKILL')
    await gateway.finished
    await live.waitFor({ state: 'detached' })
    await page.evaluate(() => {
      document.body.dataset.same = 'yes'
      // As a browser says without any network: this machine it reaches nevertheless.
      window.dispatchEvent(new Event('offline'))
    })
    // Neither it nor its file was loaded before.
    await page.getByRole('link', { name: 'Providers', exact: true }).first().click()
    const again = await startOne()
    onTestFailed(() => console.error(again.gateway.said(), troubles))
    expect(again.url).toBe(url)
    await live.waitFor()
    await page.getByRole('main').locator('a[href^="/providers/"]').first().waitFor()
    forgive() // it was gone

    await page.goBack()
    const { code, stderr } = await startTender(place.home, ['up', hello, '--yes', '--json', '--auction', '60s'])
      .finished
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    await page.getByRole('main').locator('a[href^="/tx/"]').first().waitFor()
    await page.getByRole('img', { name: /^The last \d+ match/ }).waitFor()
    expect(await page.evaluate(() => document.body.dataset.same)).toBe('yes')
    expect(troubles).toEqual([])
    again.gateway.process.kill('SIGTERM')
    expect(await again.gateway.finished).toMatchObject({ code: 0 })
  })
})
