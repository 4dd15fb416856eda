import { InvalidInputError } from '@tender/protocol'
import { transferProvider } from '@tender/sdk'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, required, setting } from '../../command.ts'
import { openAccountMarket } from '../../openMarket.ts'
import { findOwnedProvider, readProviderId } from '../../ownProvider.ts'
import { readAddress } from '../../writtenAddress.ts'

export const providerTransferCommand = defineCommand({
  description:
    'Gives a provider to another owner, for good: its token in the registry. In that transaction its operator is gone, its offers are dead, it is paused, and leases to come pay the new owner. Leases that are open keep paying where they did. What this account staked stays its own: get it back with `tender provider leave`. The account is the owner of now.',
  examples: [
    'tender provider transfer 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account owner',
    'tender provider transfer 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --provider 3 --account owner --yes --json',
  ],
  arguments: { address: required('who owns it from now on') },
  options: { provider: setting('number', 'which provider, if the account owns several', readProviderId) },
  async run(context, { address, provider: id }) {
    const to = readAddress(address, 'the new owner')
    const { market, account } = await openAccountMarket(context)
    const { id: provider } = await findOwnedProvider(market, account.address, id)
    if (to === account.address) {
      throw new InvalidInputError(`provider ${provider} is that account's already`, [{ message: `${to} owns it` }])
    }
    await confirm(context, `Give provider ${provider} to ${to}? Only that account can give it back.`)
    context.progress.status('waiting for the chain')
    const { transaction } = await transferProvider(market, { provider, to })
    return { provider, owner: to, before: account.address, transaction }
  },
  print({ provider, owner, transaction }, out) {
    out.line(`provider ${provider} belongs to ${owner} now, by transaction ${transaction}`)
    out.line(
      '  it is paused: its owner names an operator with `tender provider operator`, then `tender provider drain --undo`',
    )
    out.line(
      `  what this account staked is its own still: \`tender provider leave --provider ${provider}\` takes back what is free`,
    )
  },
})
