import { join, resolve } from 'node:path'
import { type GatewayConfigFile, gatewayConfigSchema } from '@tender/gateway'
import { parseConfig } from '@tender/kit'
import { TenderError } from '@tender/protocol'
import { toJson } from '../../cli/out.ts'
import { defineCommand, needed, setting, text } from '../../command.ts'
import { marketDirectory, writeNew } from '../../home/home.ts'
import { DEFAULT_MARKET, readMarketProfile } from '../../home/marketProfile.ts'

const PEER_PORT = 4100
const HTTP_PORT = 8080

export const gatewayInitCommand = defineCommand({
  description:
    'Writes the configuration of a gateway for a market: the dashboard and the API over HTTP. Edit it, then start it with `tender gateway start`. It listens on the loopback address: put a web server with TLS before it, and say with --url where pages find it.',
  examples: [
    'tender gateway init --config gateway.json',
    'tender gateway init --config gateway.json --url https://market.example.org --market mainnet',
    'tender gateway init --config gateway.json --rpc https://rpc.example.org',
  ],
  options: {
    config: needed(setting('file', 'where to write it', text)),
    url: setting('url', 'where browsers find it', text),
    rpc: setting('url', "the chain's endpoint for pages, if that is not the gateway's own", text),
  },
  async run(context, { config: file, url, rpc }) {
    const market = context.market ?? DEFAULT_MARKET
    const { rpcUrl, book, bootstrap } = await readMarketProfile(context.home, market)
    const draft: GatewayConfigFile = {
      stateDir: join(marketDirectory(context.home, market), 'gateway'),
      rpcUrl,
      ...(rpc !== undefined && { publicRpcUrl: rpc }),
      http: { port: HTTP_PORT, ...(url !== undefined && { publicUrl: url }) },
      network: { listen: [`/ip4/0.0.0.0/tcp/${PEER_PORT}`], bootstrap },
      book,
    }
    parseConfig(gatewayConfigSchema, draft, 'what was asked for')
    if (!(await writeNew(resolve(file), `${toJson(draft, 2)}\n`))) {
      throw new TenderError(`${file} is there already`, {
        code: 'configExists',
        class: 'conflict',
        hint: 'Name another file with --config, or remove it.',
      })
    }
    return { config: resolve(file), url }
  },
  print({ config }, out) {
    out.line(`wrote ${config}; start it with: tender gateway start --config ${config} --account NAME`)
  },
})
