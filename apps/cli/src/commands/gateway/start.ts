import { once } from 'node:events'
import { buildDashboard } from '@tender/dashboard'
import { startGateway } from '@tender/gateway'
import { createLog } from '@tender/kit'
import { defineCommand, needed, setting, text } from '../../command.ts'
import { readGatewayConfig } from '../../gatewayConfig.ts'
import { openKey } from '../../openMarket.ts'

export const gatewayStartCommand = defineCommand({
  description:
    'Serves a market to browsers and programs, until Ctrl-C: the dashboard, the API, and what they are made of, the chain read into a database. Needs an account, but no money. The database is PostgreSQL where DATABASE_URL or the configuration names one, else an embedded one. Logs are JSON on standard error.',
  examples: [
    'tender gateway start --config gateway.json --account gateway',
    'tender gateway start --config gateway.json --account gateway --password-file /run/secrets/gateway 2>> gateway.log',
    'DATABASE_URL=postgres:///tender tender gateway start --config gateway.json --account gateway',
  ],
  options: { config: needed(setting('file', 'its configuration, from `tender gateway init`', text)) },
  async run(context, { config: file }) {
    const config = await readGatewayConfig(file)
    const privateKey = await openKey(context, undefined, config.book.chainId)
    const log = createLog({ name: 'gateway', level: context.verbose ? 'debug' : 'info', stream: context.log })
    context.progress.status('building the dashboard, once for each version')
    const pageDirectory = await buildDashboard()
    context.progress.status(undefined)
    const { signal } = context
    signal.throwIfAborted()
    const gateway = await startGateway(config, { privateKey, pageDirectory, log, signal })
    context.out.line(`gateway runs at ${gateway.url}; Ctrl-C stops it`)
    if (context.json) context.emit({ url: gateway.url, addresses: gateway.addresses() })
    try {
      if (!signal.aborted) await Promise.race([once(signal, 'abort'), gateway.ended])
    } finally {
      await gateway.stop()
    }
  },
})
