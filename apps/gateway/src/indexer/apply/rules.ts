import type { Address } from 'viem'
import { assets } from '../../store/schema.ts'
import type { Handlers, Step } from '../step.ts'
import { setSetting } from './capacity.ts'

/** What governance sets about money. */
export const ruleHandlers: Handlers = {
  AssetChanged: ({ args: { asset, allowed } }, step) => changeAsset(step, asset, { allowed }),
  RateChanged: ({ args: { asset, rate } }, step) => changeAsset(step, asset, { rate }),
  FeeChanged: ({ args }, step) => setSetting(step, 'fee', args),
  VerifierChanged: ({ args }, step) => setSetting(step, `verifier:${args.verifier}`, args),

  PolicyChanged({ args: { policy }, contract }, step) {
    const { orderBook, eraReports } = step.market.contracts
    const name = contract === orderBook ? 'orderPolicy' : contract === eraReports ? 'monitorPolicy' : 'rewardPolicy'
    return setSetting(step, name, policy)
  },
}

async function changeAsset(step: Step, address: Address, changes: { allowed?: boolean; rate?: bigint }): Promise<void> {
  const found = await step.draft.get(assets, address)
  const { symbol = null, decimals = null } = step.facts.assets.get(address) ?? {}
  const row = found ?? { address, allowed: false, symbol, decimals, rate: 0n }
  step.draft.put(assets, { ...row, ...step.place, ...changes })
}
