import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { auditOf, launchBrowser, noBrowser, openVisit, takePicture } from '../support/browser.ts'
import { type GatewayMarket, startGatewayMarket } from '../support/gatewayMarket.ts'
import { connectTenant } from '../support/renting.ts'
import { killTenders, startTender } from '../support/tender.ts'

// A job that the command line runs, looked at from a browser: its tasks as they are done, the picture that they make together, the
// result against the chain, the tasks that validators ran again and what they signed.

if (noBrowser) console.warn(`skipped: ${noBrowser}`)

const DEADLINE_MS = 600_000
/** Bands of the picture, as the example has it, over three leases. */
const TASKS = 27
const [WIDTH, HEIGHT] = [480, 270]

const example = fileURLToPath(new URL('../../examples/pathtracer/', import.meta.url))

describe.skipIf(noBrowser !== undefined)('a job', { timeout: DEADLINE_MS }, () => {
  let place: GatewayMarket
  let browser: Browser
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tender-page-job-'))
    ;[place, browser] = await Promise.all([startGatewayMarket(), launchBrowser()])
  }, DEADLINE_MS)
  afterEach(killTenders)
  afterAll(async () => {
    await browser?.close()
    await place?.stop()
    await rm(folder, { recursive: true, force: true })
  }, DEADLINE_MS)

  test('fills its grid, shows the picture that its tasks make, and who judged it', async () => {
    const out = join(folder, 'picture')
    const args = ['run', join(example, 'job.yaml'), '--out', out, '--auction', '60s', '--yes', '--json']
    const ran = startTender(place.home, args).finished

    const { page, troubles } = await openVisit(browser, place.url)
    onTestFinished(() => page.context().close())
    await page.goto('/leases')
    await connectTenant(page)
    await page.getByRole('table', { name: 'Leases' }).getByRole('link', { name: /job$/ }).first().click()

    const parts = page.getByRole('navigation', { name: 'Parts of the order' })
    await expect.poll(() => parts.getByRole('link').count()).toBe(3)
    // Where all tasks are done by now there is nothing to cancel any more.
    await page.getByRole('button', { name: /^(Cancel|Accept)$/ }).waitFor()
    expect(await page.getByRole('button', { name: 'Extend' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Speak for all 3 from here' }).click()
    await page.getByText('Opened elsewhere').waitFor({ state: 'detached' })

    const done = page.getByRole('group', { name: `Tasks 0 to ${TASKS - 1}` }).getByRole('button', { name: /: done/ })
    await done.first().waitFor()
    await takePicture(page, 'job-fills')
    await expect.poll(() => done.count(), { timeout: DEADLINE_MS / 2 }).toBe(TASKS)
    expect(await auditOf(page)).toEqual([])

    await lookAtTask(page)
    const { code, stdout, stderr } = await ran
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 })
    await lookAtPictures(page, out)
    await lookAtVerdict(page)
    expect(troubles).toEqual([])
  })

  /** By keyboard: to the next task, into it, and what it made. */
  async function lookAtTask(page: Page): Promise<void> {
    await page.getByRole('button', { name: /^Task 0:/ }).focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    const task = page.getByRole('dialog', { name: 'Task 1' })
    await task.getByRole('button', { name: 'Save band.png' }).waitFor()
    const picture = task.getByRole('img', { name: 'band.png of task 1' })
    await picture.waitFor()
    const size = await picture.evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight])
    expect(size).toEqual([WIDTH, HEIGHT / TASKS])
    await task.getByText('ran to its end').waitFor()
    expect(await auditOf(page)).toEqual([])
    await page.keyboard.press('Escape')
  }

  /** All bands together are one picture, pixel by pixel what the command line merges. */
  async function lookAtPictures(page: Page, out: string): Promise<void> {
    await page.getByRole('tab', { name: 'Pictures' }).click()
    const whole = page.getByRole('img', {
      name: `Pictures of ${TASKS} tasks put together, ${WIDTH} by ${HEIGHT} pixels`,
    })
    await whole.waitFor()
    const pixelsAt = (y: number) =>
      whole.evaluate(
        (canvas: HTMLCanvasElement, at) => [...(canvas.getContext('2d')?.getImageData(0, at, 480, 1).data ?? [])],
        y,
      )
    for (const task of [0, 13, 26]) {
      const band = await readFile(join(out, 'outputs', `${task}`, 'band.png'))
      const row = await page.evaluate<number[]>(`(${firstRow})('${band.toString('base64')}')`)
      await expect.poll(() => pixelsAt((task * HEIGHT) / TASKS)).toEqual(row)
    }
    expect(await auditOf(page)).toEqual([])
    await takePicture(page, 'job-picture')

    await page.getByRole('radio', { name: 'Apart' }).click()
    await page.getByRole('img', { name: `band.png of task ${TASKS - 1}` }).waitFor()
    expect(await page.getByRole('list', { name: 'Pictures' }).getByRole('img').count()).toBe(TASKS)
    expect(await auditOf(page)).toEqual([])
  }

  /** What stands on the chain, and what the page works out by itself. */
  async function lookAtVerdict(page: Page): Promise<void> {
    await page.getByRole('tab', { name: 'Verification' }).click()
    await page.getByText('As committed', { exact: true }).waitFor()
    const again = page.getByRole('list', { name: 'Tasks that are run again' }).getByRole('button')
    await expect.poll(() => again.count()).toBe(3)
    await page.getByText('signed that it is right').first().waitFor()
    await page.getByText('passed', { exact: true }).first().waitFor()
    await expect.poll(() => page.getByText('signed that it is right').count()).toBeGreaterThanOrEqual(2)
    await takePicture(page, 'job-verdict')
    expect(await auditOf(page)).toEqual([])

    await page.getByRole('tab', { name: 'Tasks' }).click()
    await page.getByText('checked against the chain').waitFor()
    await expect.poll(() => page.getByRole('button', { name: /run again by validators$/ }).count()).toBe(9)
    await page.getByRole('tab', { name: 'Overview' }).click()
    await page.getByText('The validators decided', { exact: true }).first().waitFor()
    expect(await page.getByRole('button', { name: 'Cancel' }).count()).toBe(0)
    expect(await auditOf(page)).toEqual([])
  }
})

/** Runs in the page: the first row of a PNG as its pixels' bytes. */
const firstRow = `async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
  const context = new OffscreenCanvas(bitmap.width, 1).getContext('2d')
  context.drawImage(bitmap, 0, 0)
  return [...context.getImageData(0, 0, bitmap.width, 1).data]
}`
