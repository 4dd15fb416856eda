import { join, resolve } from 'node:path'
import { parseConfig } from '@tender/kit'
import { TenderError } from '@tender/protocol'
import { type RelayConfigFile, relayConfigSchema } from '@tender/relay'
import { toJson } from '../../cli/out.ts'
import { defineCommand, needed, setting, text } from '../../command.ts'
import { marketDirectory, writeNew } from '../../home/home.ts'
import { DEFAULT_MARKET, readMarketProfile } from '../../home/marketProfile.ts'

const PEER_PORT = 4100

/** Where nobody needs to be root; a certificate authority asks at 80, so a firewall has to lead that here. */
const INGRESS_PORT = 8080

export const relayInitCommand = defineCommand({
  description:
    'Writes the configuration of a relay for a market: edit it, then start it with `tender relay start`. With --domain visitors of its providers come in there too; TLS is added by hand, see docs/reach.md.',
  examples: [
    'tender relay init --config relay.json',
    'tender relay init --config relay.json --domain relay.example.org --market mainnet',
  ],
  options: {
    config: needed(setting('file', 'where to write it', text)),
    domain: setting('name', 'leases of its providers answer below it; a wildcard DNS record leads here', text),
  },
  async run(context, { config: file, domain }) {
    const market = context.market ?? DEFAULT_MARKET
    const { rpcUrl, book, bootstrap } = await readMarketProfile(context.home, market)
    const draft: RelayConfigFile = {
      stateDir: join(marketDirectory(context.home, market), 'relay'),
      rpcUrl,
      network: { listen: [`/ip4/0.0.0.0/tcp/${PEER_PORT}`], bootstrap },
      ...(domain !== undefined && { ingress: { port: INGRESS_PORT, domain } }),
      book,
    }
    parseConfig(relayConfigSchema, draft, 'what was asked for')
    if (!(await writeNew(resolve(file), `${toJson(draft, 2)}\n`))) {
      throw new TenderError(`${file} is there already`, {
        code: 'configExists',
        class: 'conflict',
        hint: 'Name another file with --config, or remove it.',
      })
    }
    return { config: resolve(file), domain }
  },
  print({ config }, out) {
    out.line(`wrote ${config}; start it with: tender relay start --config ${config} --account NAME`)
  },
})
