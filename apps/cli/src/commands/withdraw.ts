import { formatAmount, InsufficientFundsError } from '@tender/protocol'
import { getBalance, withdraw } from '@tender/sdk'
import { confirm } from '../cli/prompts.ts'
import { defineCommand, optional, required, setting } from '../command.ts'
import { openAccountMarket } from '../openMarket.ts'
import { readAddress } from '../writtenAddress.ts'
import { readMarketAmount } from '../writtenAmount.ts'

export const withdrawCommand = defineCommand({
  description: "Takes money that no lease holds out of escrow, into the account's wallet or somebody else's.",
  examples: ['tender withdraw 5 USDC', 'tender withdraw 5 USDC --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8'],
  arguments: { amount: required('how much'), asset: optional('of what, if not said with the amount') },
  options: {
    to: setting('address', "who gets it, instead of the account's own wallet", (written) =>
      readAddress(written, '--to'),
    ),
  },
  async run(context, { amount: written, asset: symbol, to }) {
    const { market, account } = await openAccountMarket(context)
    const { amount, asset } = await readMarketAmount(market, [written, symbol].filter(Boolean).join(' '))
    const { deposited } = await getBalance(market, { account: account.address, asset: asset.address })
    if (deposited < amount) {
      throw new InsufficientFundsError(
        `${formatAmount(deposited, asset)} are free in escrow: ${formatAmount(amount - deposited, asset)} are missing`,
        {
          needed: amount,
          available: deposited,
          hint: 'What leases hold comes back when they are closed: see `tender ps`.',
        },
      )
    }
    if (to !== undefined) await confirm(context, `Send ${formatAmount(amount, asset)} to ${to}?`)
    context.progress.status(`withdrawing ${formatAmount(amount, asset)}`)
    const receiver = to ?? account.address
    const { transaction } = await withdraw(market, { asset: asset.address, amount, to: receiver })
    return { withdrawn: amount, deposited: deposited - amount, to: receiver, transaction, asset }
  },
  print({ withdrawn, deposited, to, asset }, out) {
    out.line(`${formatAmount(withdrawn, asset)} withdrawn to ${to}, ${formatAmount(deposited, asset)} stay in escrow`)
  },
})
