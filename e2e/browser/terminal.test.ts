import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { noEngine, startTestEngine, type TestEngine } from '@tender/driver-docker/isolation/testEngine'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { auditOf, launchBrowser, noBrowser, openVisit, takePicture } from '../support/browser.ts'
import { type GatewayMarket, startGatewayMarket } from '../support/gatewayMarket.ts'
import { closeLease, connectTenant, order } from '../support/renting.ts'

// A container that is rented from the page, with an image of one's own: its log, a shell in it, what it uses, another version of it,
// all through the gateway that reads nothing of it.

const missing = noBrowser ?? noEngine
if (missing) console.warn(`skipped: ${missing}`)

const DEADLINE_MS = 600_000

const buildImage = fileURLToPath(new URL('../../examples/shop/build.ts', import.meta.url))

const compose = `services:
  web:
    image: ./app.tar
    command: sh -c "printf 'the shop is open\\\\n' && httpd -f -p 8080 -h /srv/web"
    user: "1000:1000"
    ports: ["8080"]
    deploy: { resources: { limits: { cpus: "1", memory: 64M } } }
x-tender:
  resource: cu
  max-price: 0.05 USDC/h
  duration: 1h
`

describe.skipIf(missing !== undefined)('a container', { timeout: DEADLINE_MS }, () => {
  let engine: TestEngine
  let place: GatewayMarket
  let browser: Browser
  beforeAll(async () => {
    engine = await startTestEngine()
    const dockerSocket = join(engine.folder, 'docker.sock')
    ;[place, browser] = await Promise.all([startGatewayMarket({ dockerSocket }), launchBrowser()])
  }, DEADLINE_MS)
  afterAll(async () => {
    await browser?.close()
    await place?.stop()
    await engine?.close()
  }, DEADLINE_MS)

  test('is rented with a file from this machine, tells its log, runs commands in a terminal, and is updated', async () => {
    const image = join(place.home, 'app.tar')
    await promisify(execFile)(process.execPath, [buildImage, place.home])
    const { page, troubles } = await openVisit(browser, place.url)
    onTestFinished(() => page.context().close())
    await page.goto('/deploy')
    await connectTenant(page)
    await page.locator('.cm-content').fill(compose)
    await page.getByLabel('File for ./app.tar').setInputFiles(image)
    await order(page)

    await page.getByRole('link', { name: 'Logs, cost and more' }).click()
    await page.getByRole('tab', { name: 'Logs' }).click()
    await page.getByRole('region', { name: 'Log', exact: true }).getByText('the shop is open').waitFor()
    expect(await auditOf(page)).toEqual([])

    await page.getByRole('tab', { name: 'Terminal' }).click()
    await page.getByLabel('Command').fill('sh')
    await page.getByRole('button', { name: 'Open', exact: true }).click()
    await page.locator('.xterm-rows').getByText('/ $').first().waitFor({ state: 'attached' })
    await page.locator('.xterm-helper-textarea').focus()
    await page.keyboard.type('printf "%s-%s\\n" said $((20+22))\n')
    await page.locator('.xterm').getByText('said-42').first().waitFor({ state: 'attached' })
    await takePicture(page, 'terminal-desk')
    await page.keyboard.type('exit\n')
    await page.getByRole('button', { name: 'Open anew' }).waitFor()

    await page.getByRole('tab', { name: 'Usage' }).click()
    await page.getByRole('img', { name: /^Memory, now [\d.]+ [KM]?i?B\.$/ }).waitFor()
    await page.getByText('of 64 MiB').waitFor()

    await page.getByRole('tab', { name: 'Update' }).click()
    await page.locator('.cm-content').fill(compose.replace('the shop is open', 'the shop is larger'))
    await page.getByRole('button', { name: 'See what changes' }).click()
    await page.getByText('web: command changed').waitFor()
    await takePicture(page, 'update-desk')
    expect(await auditOf(page)).toEqual([])
    await page.getByRole('button', { name: 'Update it' }).click()
    await page.getByText('Updated: the new version runs.').waitFor()
    await page.getByRole('tab', { name: 'Logs' }).click()
    await page.getByRole('region', { name: 'Log', exact: true }).getByText('the shop is larger').waitFor()

    expect(await closeLease(page)).toContain('USDC came back to your account')
    expect(troubles).toEqual([])
  })
})
