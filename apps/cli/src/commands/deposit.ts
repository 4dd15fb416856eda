import { formatAmount, InsufficientFundsError } from '@tender/protocol'
import { deposit, getBalance } from '@tender/sdk'
import { defineCommand, optional, required } from '../command.ts'
import { openAccountMarket } from '../openMarket.ts'
import { readMarketAmount } from '../writtenAmount.ts'

export const depositCommand = defineCommand({
  description:
    "Moves money from the account's wallet into escrow, to lease with. What no lease holds can be withdrawn at any time.",
  examples: ['tender deposit 10 USDC', 'tender deposit "0.5 USDC" --json'],
  arguments: { amount: required('how much'), asset: optional('of what, if not said with the amount') },
  async run(context, { amount: written, asset: symbol }) {
    const { market, account } = await openAccountMarket(context)
    const { amount, asset } = await readMarketAmount(market, [written, symbol].filter(Boolean).join(' '))
    const { wallet } = await getBalance(market, { account: account.address, asset: asset.address })
    if (wallet < amount) {
      throw new InsufficientFundsError(
        `the wallet ${account.address} has ${formatAmount(wallet, asset)}: ${formatAmount(amount - wallet, asset)} are missing`,
        { needed: amount, available: wallet, hint: `Send ${asset.symbol} to ${account.address} first.` },
      )
    }
    context.progress.status(`depositing ${formatAmount(amount, asset)}`)
    const { received, transaction } = await deposit(market, { asset: asset.address, amount })
    const { deposited } = await getBalance(market, { account: account.address, asset: asset.address })
    return { received, deposited, transaction, asset }
  },
  print({ received, deposited, asset }, out) {
    out.line(`${formatAmount(received, asset)} deposited, ${formatAmount(deposited, asset)} are free to lease with`)
  },
})
