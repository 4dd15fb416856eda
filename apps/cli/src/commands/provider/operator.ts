import { sendGasMoney, setOperator } from '@tender/sdk'
import { formatEther } from 'viem'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, required, setting } from '../../command.ts'
import { findAccount, openAccountMarket } from '../../openMarket.ts'
import { findOwnedProvider, readProviderId } from '../../ownProvider.ts'
import { openOperator, operatorPasswordOption } from '../../registration/openOperator.ts'
import { consentOf } from '../../registration/performRegistration.ts'
import { gasMoneyFor } from '../../registration/planRegistration.ts'

export const providerOperatorCommand = defineCommand({
  description:
    "Gives a provider another operator key, as after the old one leaked. In that transaction every offer of the old key is dead, and it can settle, abandon and commit nothing more. Leases run on. The account (--account) is the provider's owner; the new key is another account of this home, signs that it agrees, and gets some of the chain's own coin if it has none.",
  examples: [
    'tender provider operator operator2 --account owner',
    'tender provider operator operator2 --account owner --operator-password-file ~/.secrets/operator2 --yes --json',
  ],
  arguments: { name: required('the account whose key signs bids from now on') },
  options: {
    provider: setting('number', 'which provider, if the account owns several', readProviderId),
    operatorPasswordFile: operatorPasswordOption,
  },
  async run(context, { name, provider: id, operatorPasswordFile: passwordFile }) {
    const { market, account: owner } = await openAccountMarket(context)
    const { address } = await findAccount({ ...context, account: name }, undefined)
    const { id: provider, operator: before, status } = await findOwnedProvider(market, owner.address, id)
    const isNew = before !== address
    const gasMoney = await gasMoneyFor(market, { owner: owner.address, operator: address })
    const steps = [
      ...(isNew ? [`make ${name} (${address}) its operator instead of ${before ?? 'nobody'}`] : []),
      ...(gasMoney > 0n ? [`give that ${formatEther(gasMoney)} of the chain's own coin for fees`] : []),
    ]
    if (steps.length > 0) await confirm(context, `Provider ${provider}: ${steps.join(', ')}?`)
    const consents = isNew && (await openOperator(context, { name, passwordFile }, market.chainId))
    context.progress.status('waiting for the chain')
    const changed =
      consents && (await setOperator(market, { provider, ...(await consentOf(market, consents, owner.address)) }))
    if (gasMoney > 0n) await sendGasMoney(market, { to: address, amount: gasMoney })
    const transaction = changed ? changed.transaction : undefined
    return { provider, operator: { name, address }, before, transaction, gasMoney, status }
  },
  print({ provider, operator: { name, address }, before, transaction, status }, out) {
    if (transaction === undefined) out.line(`provider ${provider} had the operator ${address} already`)
    else {
      out.line(`provider ${provider} has the operator ${address} now, by transaction ${transaction}`)
      if (before !== undefined) out.line(`  nothing that ${before} signed can be matched any more`)
    }
    out.line(`  stop it where it runs, and start it with \`tender provider start --config FILE --account ${name}\``)
    out.line(
      '  it is another peer then: correct what names the old one, such as market profiles and the `bootstrap` of others',
    )
    out.line(
      '  a workload with secrets that has to be started again fails until its tenant gives them anew: `tender up --update`',
    )
    if (status === 'draining' || status === 'paused') {
      out.line(`  it is ${status}; \`tender provider drain --undo --account ${name}\` has it take leases again`)
    }
  },
})
