import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeJob, writeOrder } from './projects.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tender-chaos-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('an order is the example for as long as it was planned, with its module beside it', async () => {
  const act = { act: 'order', atSeconds: 0, example: 'image', leaseSeconds: 77 } as const
  const file = await writeOrder(join(folder, 'order'), act)
  expect(await readFile(file, 'utf8')).toMatch(/^ {2}duration: 77s$/m)
  expect((await readdir(join(folder, 'order'))).sort()).toEqual(['compose.yaml', 'image.wasm'])
})

test('a job has as many leases and tasks as were planned, one task at a time in each', async () => {
  const file = await writeJob(join(folder, 'job'), { act: 'job', atSeconds: 0, tasks: 5, leases: 2 })
  const [service, tender] = (await readFile(file, 'utf8')).split('x-tender:')
  expect(service).toMatch(/^ {6}replicas: 1$/m)
  expect(tender).toMatch(/^ {2}replicas: 2$/m)
  expect(tender).toMatch(/^ {4}tasks: 10$/m)
  expect(tender).toMatch(/^ {4}deadline: 2m$/m)
})
