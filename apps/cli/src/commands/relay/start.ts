import { once } from 'node:events'
import { createLog } from '@tender/kit'
import { startRelay } from '@tender/relay'
import { defineCommand, needed, setting, text } from '../../command.ts'
import { openKey } from '../../openMarket.ts'
import { readRelayConfig } from '../../relayConfig.ts'

export const relayStartCommand = defineCommand({
  description:
    'Makes providers reachable that listen nowhere public, until Ctrl-C: peers and the visitors of their leases come in here. Needs a public address and an account, but no money. Logs are JSON on standard error. Providers come back by themselves after it was stopped.',
  examples: [
    'tender relay start --config relay.json --account relay',
    'tender relay start --config relay.json --account relay --password-file /run/secrets/relay 2>> relay.log',
  ],
  options: { config: needed(setting('file', 'its configuration, from `tender relay init`', text)) },
  async run(context, { config: file }) {
    const config = await readRelayConfig(file)
    const privateKey = await openKey(context, undefined, config.book.chainId)
    const log = createLog({ name: 'relay', level: context.verbose ? 'debug' : 'info', stream: context.log })
    context.signal.throwIfAborted()
    const relay = await startRelay({ config, privateKey, log })
    const [http, https] = relay.ingressPorts
    const ports = [
      http === undefined ? '' : `, HTTP on port ${http}`,
      https === undefined ? '' : `, TLS on port ${https}`,
    ]
    context.out.line(`relay runs${ports.join('')}; Ctrl-C stops it. Providers name it in network.relays:`)
    for (const address of relay.addresses()) context.out.line(`  ${address}`)
    if (context.json) context.emit({ addresses: relay.addresses(), ingressPorts: relay.ingressPorts })
    if (!context.signal.aborted) await once(context.signal, 'abort')
    await relay.stop()
  },
})
