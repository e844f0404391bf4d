import { existsSync } from 'node:fs'
import test from 'ava'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Status } from '../../reconciler/model/status.ts'
import { serving } from '../helpers/insight.ts'
import { mitigation, report, status, variedStatus } from '../helpers/reports.ts'

const CHROMIUM = '/usr/bin/chromium'
const here = existsSync(CHROMIUM)
const browserTest = here ? test.serial : test.serial.skip
const why = here ? '' : ` (${CHROMIUM} is not installed)`

let browser: Browser

test.before(async () => {
  if (!here) return
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ]
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
  })
})

test.after.always(async () => {
  await browser?.close()
})

interface Seen {
  readonly page: Page
  readonly errors: string[]
  readonly requests: string[]
}

async function opened(url: string): Promise<Seen> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const errors: string[] = []
  const requests: string[] = []
  page.on('console', (message) => errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(url)
  return { page, errors, requests }
}

browserTest(`the page shows the matrix, asks only its own server and has no errors${why}`, async (t) => {
  const { url } = await serving(t, { status: variedStatus })
  const { page, errors, requests } = await opened(url)
  t.is(await page.locator('tbody tr').count(), 4)
  t.is(await page.locator('tbody button').count(), 14)
  t.is(
    await page.locator('[aria-label="M1 on ex02.contoso.example: drifted"]').innerText(),
    'drifted\nEXPOSED',
  )
  t.is(await page.locator('.loud').innerText(), 'UNSIGNED')
  await page.waitForRequest((request) => request.resourceType() === 'fetch')
  t.true(
    requests.every((one) => new URL(one).origin === url || one.startsWith('data:')),
    requests.join('\n'),
  )
  t.deepEqual(errors, [])
  await page.close()
})

browserTest(`a cell opens its reason and what to do, and is not refreshed away${why}`, async (t) => {
  const { url } = await serving(t, { status: variedStatus })
  const { page } = await opened(url)
  await page.locator('[aria-label="M2 on ex02.contoso.example: not selected, held"]').click()
  const details = page.locator('.details:popover-open')
  t.regex(
    await details.innerText(),
    /no policy selects it[\s\S]*Held: unprotects[\s\S]*stopgap allow sha256:/,
  )
  await page.waitForTimeout(3500)
  t.true(await details.isVisible())
  await page.keyboard.press('Escape')
  t.is(await details.count(), 0)
  await page.close()
})

browserTest(`it refreshes itself, and says so when nobody answers${why}`, async (t) => {
  let shown: Status = status([report()])
  const server = await serving(t, { status: () => shown })
  const { page } = await opened(server.url)
  t.is(await page.locator('tbody button').innerText(), 'in sync')
  shown = status([report({ mitigations: [mitigation({ state: 'drifted' })] })])
  await page.getByText('drifted', { exact: true }).first().waitFor({ timeout: 8000 })
  t.false(await page.locator('.banner').isVisible())
  await server.close()
  await page.locator('.lost').waitFor({ timeout: 8000 })
  t.true(await page.locator('.banner').isVisible())
  await page.close()
})

browserTest(`nothing sticks out at 360 pixels${why}`, async (t) => {
  const { url } = await serving(t, { status: variedStatus })
  const { page } = await opened(url)
  await page.setViewportSize({ width: 360, height: 800 })
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 360)
  await page.close()
})
