import { resolve } from 'node:path'
import { formatAmount, InvalidInputError, parseDuration } from '@tender/protocol'
import { shortId } from '@tender/tenant'
import { defineCommand, type Out, required, setting, text, toggle } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { type RanJob, runJob } from '../jobs/runJob.ts'
import { outcomeText } from '../jobs/showJob.ts'
import { openAccountMarket } from '../openMarket.ts'
import { alone } from '../tenant/alone.ts'

/** As `tender up` has it. */
const DEFAULT_AUCTION_SECONDS = 2
const MAX_AUCTION_SECONDS = 3600
/** Where Debian's package and Docker's own listen. */
const SOCKET = '/var/run/docker.sock'

/** What the process ends with where a lease's price came back: the work was not delivered, or was wrong. */
const NOT_DELIVERED = 11

export const runCommand = defineCommand({
  description:
    'Runs the job of a Compose file with x-tender.job: says what it can cost and what its verification buys, orders it, gives the providers its inputs, brings each output as its task is done, checks what is submitted against the chain, and stays until every lease is paid or refunded. Cut off and run again it goes on where it was, and never orders twice what is not over.',
  examples: [
    'tender run job.yaml',
    'tender run examples/pathtracer/job.yaml --out frames',
    'tender run job.yaml --check --dry-run',
    "tender run job.yaml --yes --json | jq '.leases[].paid'",
  ],
  arguments: { file: required('a Compose file with x-tender.job') },
  options: {
    out: setting('folder', 'where results go, a new folder NAME-ORDER unless told', text),
    auction: setting('time', `how long to take bids at most, ${DEFAULT_AUCTION_SECONDS}s unless told`, auctionTime),
    check: toggle('run the first tasks twice on this machine first, and stop if one fails or is not deterministic'),
    socket: setting('path', `a Docker engine's socket, to check containers (default ${SOCKET})`, text),
    dryRun: toggle('say what it can cost and what it buys, and order nothing'),
    new: toggle('order another, although an earlier one is not over'),
  },
  async run(context, { file, out, auction, check, socket = SOCKET, dryRun, new: another }) {
    context.progress.status('connecting')
    const opened = await openAccountMarket(context)
    const auctionSeconds = auction ?? DEFAULT_AUCTION_SECONDS
    return alone(
      marketDirectory(context.home, opened.name),
      resolve(file),
      () => runJob(context, opened, file, { out, auctionSeconds, check, socket, dryRun, another }),
      'run',
    )
  },
  print: printResult,
  exitCode: ({ leases }) => (leases.some(({ paid }) => paid === 0n) ? NOT_DELIVERED : 0),
})

function printResult(ran: RanJob, out: Out): void {
  const { name, action, out: folder, leases, order, estimate, asset, stakeToken = asset } = ran
  if (action === 'planned' || order === undefined) {
    const most = estimate ? formatAmount(estimate.most, asset) : ''
    out.line(`nothing was ordered; ${name} would cost ${most} at most`)
    return
  }
  for (const [index, lease] of leases.entries()) {
    const good = lease.paid > 0n && lease.failedTasks.length === 0
    const title = out.paint(good ? 'green' : 'yellow', `part ${index + 1}`)
    out.line(`${title}, provider ${lease.provider}: ${outcomeText(lease, { asset, stakeToken })}`)
    const { failedTasks } = lease
    if (failedTasks.length > 0)
      out.line(`  ${failedTasks.length} of ${lease.tasks} tasks failed: ${failedTasks.slice(0, 20).join(', ')}`)
  }
  const cost = leases.reduce((sum, { paid, verifying }) => sum + paid + verifying, 0n)
  out.line(`it cost ${out.paint('bold', formatAmount(cost, asset))} in all`)
  out.line(`results: ${out.paint('cyan', folder ?? '')}`)
  out.line(out.paint('dim', `what happened, and why: \`tender job show ${shortId(order)}\``))
}

/** The chain counts whole seconds. */
function auctionTime(written: string): number {
  const seconds = Math.max(1, parseDuration(written))
  if (seconds <= MAX_AUCTION_SECONDS) return seconds
  throw new InvalidInputError('an auction lasts at most an hour', [])
}
