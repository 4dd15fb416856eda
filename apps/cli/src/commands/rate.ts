import { sendRating } from '@tender/network'
import { InvalidInputError } from '@tender/protocol'
import { signRating } from '@tender/sdk'
import { shortId } from '@tender/tenant'
import { defineCommand, required } from '../command.ts'
import { leaseIdOf } from '../monitors/leaseIdOf.ts'
import { withMonitors } from '../monitors/withMonitors.ts'
import { openAccountMarket } from '../openMarket.ts'

export const rateCommand = defineCommand({
  description:
    'Rates a lease that is over, once, with one to five stars. Signed by the account that paid for it and sent to the monitors; it counts for its provider by what was paid. Soon after the end: reports list a lease for two eras more.',
  examples: ['tender rate 4fa1 5', 'tender rate 4fa1 1 --json'],
  arguments: {
    lease: required('the beginning of a lease id'),
    stars: required('one (bad) to five (good)'),
  },
  async run(context, { lease: prefix, stars: written }) {
    const stars = readStars(written)
    const opened = await openAccountMarket(context)
    const lease = await leaseIdOf(context, opened.name, prefix)
    const signed = await signRating(opened.market, { rating: { lease, stars } })
    const replies = await withMonitors(context, opened, (monitors) =>
      monitors.askEach((monitor, node, signal) => sendRating(node, monitor, signed, signal)),
    )
    const refusals = replies.flatMap((reply) => ('error' in reply ? [reply] : []))
    const [refusal] = refusals
    // Those that took it pass it on; if nobody did, the reason is everybody's.
    if (refusal && refusals.length === replies.length) throw refusal.error
    return {
      lease,
      stars,
      monitors: replies.length,
      taken: replies.length - refusals.length,
      refusals: refusals.map(({ monitor, error }) => ({ monitor: monitor.key, why: error.message })),
    }
  },
  print({ lease, stars, taken, monitors, refusals }, out) {
    out.line(`lease ${shortId(lease)} rated with ${stars} of 5: ${taken} of ${monitors} monitors took it`)
    for (const { monitor, why } of refusals) out.line(out.paint('yellow', `  ${monitor}: ${why}`))
  },
})

function readStars(written: string): number {
  if (/^[1-5]$/.test(written)) return Number(written)
  throw new InvalidInputError(`"${written}" is not one to five stars`, [], {
    hint: 'Write a whole number from 1 to 5.',
  })
}
