import { marketDomain, type OrderEnvelope } from '@tender/protocol'
import { findMatches, getBalance, signOffer } from '@tender/sdk'
import type { Hex } from 'viem'
import type { Core } from '../core.ts'
import { unitsOfJobs } from '../jobs/openJobs.ts'
import type { Answer } from './answers.ts'
import { createBidder } from './bidder.ts'
import { createMarketRates } from './marketRates.ts'
import { createQuotes, type Quotes } from './quotes.ts'
import { createScriptRunner } from './runScript.ts'

/** How a provider answers orders, and for what price. */
export type Selling = {
  answerOrder(id: Hex, envelope: OrderEnvelope, signal: AbortSignal): Promise<Answer>
  quotes: Quotes
}

/** @param changed told when a lease was marked to be ended */
export function createSelling(core: Core, changed: () => void): Selling {
  const { id, client, config, leases, jobs, content, log, clock } = core
  const { nowSeconds } = clock
  const rates = createMarketRates({
    provider: id,
    findMatches: (question) => findMatches(client, question),
    nowSeconds,
  })
  const quotes = createQuotes({ rates, runScript: createScriptRunner() })
  const answerOrder = createBidder({
    ...core,
    provider: id,
    quotes,
    maxBlobBytes: config.maxBlobBytes,
    internet: config.drivers.docker?.internet ?? false,
    leases: leases.live,
    jobs: {
      limits: () => ({
        domain: marketDomain({ chainId: config.book.chainId, orderBook: config.book.contracts.orderBook }),
        contract: config.book.contracts.jobs,
        maxBundleBytes: config.jobs.maxBundleBytes,
        bytesFree: Math.max(0, config.jobs.maxStoreBytes - content.usedBytes()),
      }),
      gpusInUse: (resource) => unitsOfJobs(jobs, resource),
    },

    deposited: async (account, asset) => (await getBalance(client, { account, asset })).deposited,
    sign: async (offer) => (await signOffer(client, { offer })).signature,
    interrupt(leaseId, because) {
      log.info({ leaseId, because }, 'interrupting a lease')
      leases.update(leaseId, { interrupt: { because } })
      changed()
    },
    nowSeconds,
  })
  return { answerOrder, quotes }
}
