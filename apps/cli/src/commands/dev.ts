import { rm } from 'node:fs/promises'
import { InvalidInputError } from '@tender/protocol/errors'
import { confirm } from '../cli/prompts.ts'
import { defineCommand, setting, text, toggle, wholeNumber } from '../command.ts'

/** What wallets expect of a local chain. */
const FIRST_PORT = 8545
/** The chain's, two for each provider, one for each monitor, two for the gateway, one for metrics. */
const PORTS = 14
/** Where Debian's package and Docker's own listen. */
const SOCKET = '/var/run/docker.sock'

export const devCommand = defineCommand({
  description:
    'Runs a whole market on this machine: a chain, the contracts, three providers, four monitors, funded accounts, and a dashboard to look at it with. Rents a computer for an example and tells how that went. Goes on until Ctrl-C; the next start resumes it.',
  examples: ['tender dev', 'tender dev --port 9000', 'tender dev --reset', 'tender dev --json'],
  options: {
    port: setting(
      'number',
      `first of fourteen ports in a row (default ${FIRST_PORT}); 0 takes any free ones`,
      firstPort,
    ),
    empty: toggle('rent nothing, and let nobody else'),
    socket: setting('path', `a Docker engine's socket, to run containers too (default ${SOCKET})`, text),
    reset: toggle('remove the market of earlier runs, and everything in it, first'),
  },
  async run(context, { port, empty, reset, socket = SOCKET }) {
    const { embeddedDirectory, runDev } = await import('../embedded/dev.ts')
    const { marketDirectory } = await import('../home/home.ts')
    const { DEFAULT_MARKET } = await import('../home/marketProfile.ts')
    if (reset) {
      await confirm(context, 'Remove the embedded market, its leases and balances?')
      const { removeContainers } = await import('../embedded/findDocker.ts')
      await removeContainers(embeddedDirectory(context.home), socket)
      await rm(embeddedDirectory(context.home), { recursive: true, force: true })
      await rm(marketDirectory(context.home, DEFAULT_MARKET), { recursive: true, force: true })
    }
    await runDev(context, { firstPort: port ?? FIRST_PORT, example: !empty, dockerSocket: socket }, (report) => {
      if (context.json) context.emit(report)
    })
  },
})

function firstPort(written: string): number {
  const port = wholeNumber(written)
  const last = 65_536 - PORTS
  if (port <= last) return port
  throw new InvalidInputError(`there are no ${PORTS} ports from ${port} on`, [], {
    hint: `Choose one up to ${last}.`,
  })
}
