import { NotFoundError } from '@tender/protocol'
import { findCommitments, getProvider, type MarketClient, setProviderStatus, uncommitCapacity } from '@tender/sdk'
import type { Hex } from 'viem'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, setting } from '../../command.ts'
import { openAccountMarket } from '../../openMarket.ts'
import { findOwnedProvider, readProviderId } from '../../ownProvider.ts'
import { takeStake } from '../../takeStake.ts'

export const providerLeaveCommand = defineCommand({
  description:
    'Ends selling and takes the stake out of the market, as far as that can be done now: the provider takes no new leases, units that are not leased are taken back, stake that nothing needs is asked back, and after the unbonding delay paid out. Run it again for what was left. While leases run, let the provider run on. The account is its owner; with --provider it may be anybody who staked with it, as a former owner, and only that stake is taken.',
  examples: [
    'tender provider leave --account owner',
    'tender provider leave --account owner --yes --json',
    'tender provider leave --provider 3 --account former',
  ],
  options: { provider: setting('number', 'which provider; the one that the account owns unless told', readProviderId) },
  async run(context, { provider: id }) {
    const { market, account } = await openAccountMarket(context)
    const { id: provider, owner } = await (id === undefined
      ? findOwnedProvider(market, account.address, id)
      : getProvider(market, { provider: id }))
    const isOwner = owner === account.address
    const selling = isOwner ? ', take no new leases, take back its free units' : ''
    await confirm(context, `Leave provider ${provider}${selling} and ask back what stake is free?`)
    context.progress.status('waiting for the chain')
    const stopped = isOwner ? await stopSelling(market, provider) : { did: [], transactions: [], leased: 0 }
    const taken = await takeStake(market, account.address, { provider })
    const did = [...stopped.did, ...taken.did]
    const next = [...leasedWords(stopped.leased), ...(taken.next === undefined ? [] : [taken.next])]
    if (did.length === 0 && next.length === 0) {
      throw new NotFoundError(`${account.address} has nothing free at stake with provider ${provider}`, {
        code: 'noStake',
        hint: 'Name the right account with --account. What units lock is free once the provider takes them back.',
      })
    }
    return { provider, did, next, transactions: [...stopped.transactions, ...taken.transactions] }
  },
  print({ provider, did, next, transactions }, out) {
    out.line(`provider ${provider} ${did.length > 0 ? did.join(', ') : 'has to wait'}`)
    for (const transaction of transactions) out.line(out.paint('dim', `  transaction ${transaction}`))
    for (const words of next) out.line(`  ${words}`)
  },
})

async function stopSelling(market: MarketClient, provider: bigint) {
  const did: string[] = []
  const transactions: Hex[] = []
  const { status } = await getProvider(market, { provider })
  if (status === 'active') {
    transactions.push((await setProviderStatus(market, { provider, status: 'draining' })).transaction)
    did.push('takes no new leases')
  }
  const commitments = await findCommitments(market, { provider })
  for (const { resource, free } of commitments.filter(({ free }) => free > 0)) {
    transactions.push((await uncommitCapacity(market, { provider, resource, units: free })).transaction)
    did.push(`took back ${free} units of ${resource}`)
  }
  return { did, transactions, leased: commitments.reduce((sum, { leased }) => sum + leased, 0) }
}

function leasedWords(units: number): string[] {
  if (units === 0) return []
  return [
    `${units} units are leased: let it run on, \`tender provider drain\` shows until when, and run this again then`,
  ]
}
