import { once } from 'node:events'
import { createLog } from '@tender/kit'
import { startProvider } from '@tender/provider'
import { defineCommand, needed, setting, text } from '../../command.ts'
import { openKey } from '../../openMarket.ts'
import { readProviderConfig } from '../../providerConfig.ts'
import { createDrivers, driverTroubles } from '../../providerDrivers.ts'

export const providerStartCommand = defineCommand({
  description:
    'Sells compute until Ctrl-C: watches orders, bids, runs what was won, settles. Logs are JSON on standard error. Workloads go on running after it ends, and the next start adopts them.',
  examples: [
    'tender provider start --config provider.json --account operator',
    'tender provider start --config provider.json --account operator --password-file /run/secrets/operator 2>> provider.log',
  ],
  options: { config: needed(setting('file', 'its configuration, from `tender provider init`', text)) },
  async run(context, { config: file }) {
    const config = await readProviderConfig(file)
    const privateKey = await openKey(context, undefined, config.book.chainId)
    const drivers = await createDrivers(config)
    const log = createLog({ name: 'provider', level: context.verbose ? 'debug' : 'info', stream: context.log })
    context.signal.throwIfAborted()
    const provider = await startProvider({ config, privateKey, drivers, log })
    // Leases that it has are kept all the same, and what does not work yet, as an engine at boot, may do so soon.
    for (const trouble of await driverTroubles(drivers, context.signal)) log.warn(trouble)
    context.out.line(`provider ${provider.id} runs, its ingress on port ${provider.ingressPort}; Ctrl-C stops it`)
    for (const address of provider.addresses()) context.out.line(`  ${address}`)
    const started = { provider: provider.id, ingressPort: provider.ingressPort, addresses: provider.addresses() }
    if (context.json) context.emit(started)
    if (!context.signal.aborted) await once(context.signal, 'abort')
    await provider.stop()
  },
})
