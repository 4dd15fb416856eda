import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { diskSources, openJobStore, readCompose, startAgent } from '@tender/cli'
import { followJob, orderJob, planJob } from '@tender/tenant/jobs'
import { generatePrivateKey } from 'viem/accounts'
import type { SoakedMarket } from './startMarket.ts'
import type { SoakTenant } from './tenants.ts'

const AUCTION_SECONDS = 30

const module = join(import.meta.dirname, '../../examples/montecarlo/montecarlo.wasm')

/** A job of darts from its order to the verdict of its validators, by a peer of its own. Its files are removed. */
export async function runJob(
  market: SoakedMarket,
  tenant: SoakTenant,
  index: number,
  signal: AbortSignal,
): Promise<void> {
  const folder = join(tenant.directory, `job ${index}`)
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'job.yaml')
  await writeFile(file, composeFile)
  const store = openJobStore(folder, file)
  const node = await startAgent({
    privateKey: generatePrivateKey(),
    market: tenant.market,
    bootstrap: market.bootstrap,
  })
  try {
    const { text, sources } = await readCompose(file)
    const plan = await planJob(text, sources, { market: tenant.market, store, signal })
    await node.orders.ready({ signal })
    const renting = { ...tenant, node, sources: diskSources }
    const auction = { auctionSeconds: AUCTION_SECONDS, enoughAnswers: market.providers.length }
    const opened = await orderJob(renting, plan, { ...auction, onEvent() {}, signal })
    const outDir = join(folder, 'results')
    await followJob(renting, opened, { store, outDir, bootstrap: market.bootstrap, onEvent() {}, signal })
  } finally {
    await node.stop()
    store.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const composeFile = `services:
  darts:
    image: ${module}
    platform: wasi/wasm
    environment: { DARTS: "100000" }
    deploy: { replicas: 1, resources: { limits: { cpus: "1", memory: 64M } } }
x-tender:
  max-price: 0.05 USDC/h
  duration: 10m
  job:
    tasks: 4
    deadline: 10m
    output: { max: 1KiB }
    verify: { sample: 2, validators: 3, fee: 0.003 USDC }
    cancel-fee: 0.001 USDC
`
