import { blobFacts, jobText } from '@tender/protocol'
import { sha256, toHex } from 'viem'
import { expect, test } from 'vitest'
import { type ComposeSources, planOf } from './plan.ts'

const text = `services:
  render: { image: ./render.wasm, platform: wasi/wasm }
x-tender:
  max-price: 1 USDC/h
  job: { tasks: 3, deadline: 2h, verify: { fee: 0.5 USDC, compare: ./same.wasm } }
`
const module = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
const sources: ComposeSources = {
  composeFile: '/c.yaml',
  shownAs: 'c.yaml',
  name: 'c',
  placeOf: (named) => `/${named}`,
  imageFacts: async (place) => blobFacts(new Uint8Array([...module, place.length])),
  readSmall: async () => new Uint8Array(),
  readSecret: async () => new Uint8Array(),
  variable: () => undefined,
}
const job = { inputFiles: [], asset: { symbol: 'USDC', decimals: 6 } }

test('a job is planned twice, without its bundle and with it, and is the same job', async () => {
  const salt = toHex('salt', { size: 32 })
  const draft = await planOf(text, sources, { job, salt })
  const bundle = { digest: sha256(toHex(jobText(draft.manifest))), bytes: 7 }
  const plan = await planOf(text, sources, { job: { ...job, bundle }, salt })
  expect(jobText(plan.manifest)).toBe(jobText(draft.manifest))
  expect(plan.manifest.brief.job).toMatchObject({ bundleBytes: 7, terms: { inputs: bundle.digest, tasks: 3 } })
  expect(Object.values(plan.files)).toEqual(['/./render.wasm', '/./same.wasm'])
})

test('a job is not brought up as a service', async () => {
  await expect(planOf(text, sources)).rejects.toMatchObject({ code: 'isJob', class: 'user' })
})
