import { once } from 'node:events'
import { createLog } from '@tender/kit'
import { startMonitor } from '@tender/monitor'
import { defineCommand, needed, setting, text } from '../../command.ts'
import { readMonitorConfig } from '../../monitorConfig.ts'
import { createJobDrivers } from '../../monitorDrivers.ts'
import { openKey } from '../../openMarket.ts'

export const monitorStartCommand = defineCommand({
  description:
    'Watches leases, and agrees with the other monitors on what was served, until Ctrl-C. Only one process may run with a key: two could sign different reports of one era, which costs the whole stake. Logs are JSON on standard error.',
  examples: [
    'tender monitor start --config monitor.json --account monitor',
    'tender monitor start --config monitor.json --account monitor --password-file /run/secrets/monitor 2>> monitor.log',
  ],
  options: { config: needed(setting('file', 'its configuration, from `tender monitor init`', text)) },
  async run(context, { config: file }) {
    const config = await readMonitorConfig(file)
    const privateKey = await openKey(context, undefined, config.book.chainId)
    const log = createLog({ name: 'monitor', level: context.verbose ? 'debug' : 'info', stream: context.log })
    context.signal.throwIfAborted()
    const monitor = await startMonitor({ config, privateKey, drivers: await createJobDrivers(config), log })
    const addresses = monitor.addresses()
    context.out.line(`monitor ${monitor.address} runs; Ctrl-C stops it. Peers reach it at:`)
    for (const address of addresses) context.out.line(`  ${address}`)
    if (context.json) context.emit({ monitor: monitor.address, addresses })
    if (!context.signal.aborted) await once(context.signal, 'abort')
    await monitor.stop()
  },
})
