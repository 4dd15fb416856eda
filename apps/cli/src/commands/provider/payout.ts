import { setPayout } from '@tender/sdk'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, required, setting } from '../../command.ts'
import { openAccountMarket } from '../../openMarket.ts'
import { findOwnedProvider, readProviderId } from '../../ownProvider.ts'
import { readAddress } from '../../writtenAddress.ts'

export const providerPayoutCommand = defineCommand({
  description:
    "Says whose balance in escrow grows by what a provider's leases earn from now on. Leases that are open already keep paying where they did, until they end. The account is the provider's owner.",
  examples: [
    'tender provider payout 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account owner',
    'tender provider payout 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --provider 3 --account owner --yes --json',
  ],
  arguments: { address: required('who is paid') },
  options: { provider: setting('number', 'which provider, if the account owns several', readProviderId) },
  async run(context, { address, provider: id }) {
    const payout = readAddress(address, 'the payout')
    const { market, account } = await openAccountMarket(context)
    const { id: provider, payout: before } = await findOwnedProvider(market, account.address, id)
    if (before === payout) return { provider, payout, before, transaction: undefined }
    await confirm(
      context,
      `Pay what leases of provider ${provider} earn from now on to ${payout}, instead of ${before}?`,
    )
    context.progress.status('waiting for the chain')
    const { transaction } = await setPayout(market, { provider, payout })
    return { provider, payout, before, transaction }
  },
  print({ provider, payout, before, transaction }, out) {
    if (transaction === undefined) return out.line(`provider ${provider} pays to ${payout} already`)
    out.line(`new leases of provider ${provider} pay to ${payout}, by transaction ${transaction}`)
    out.line(
      `  those that are open pay to ${before} until they end; \`tender provider drain\` shows them, and takes no more`,
    )
  },
})
