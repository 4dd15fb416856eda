import { join, resolve } from 'node:path'
import { parseConfig } from '@tender/kit'
import { type MonitorConfigFile, monitorConfigSchema } from '@tender/monitor'
import { formatAmount } from '@tender/protocol'
import { getReportRules } from '@tender/sdk'
import { toJson } from '../../cli/out.ts'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, needed, setting, text, wholeNumber } from '../../command.ts'
import { marketDirectory, writeNew } from '../../home/home.ts'
import { findAccount, openKey, openMarket } from '../../openMarket.ts'
import { performEnlistment, planEnlistment } from '../../registration/enlistment.ts'

const PEER_PORT = 4100

/** Of an era; for those of an hour and more as long as any market needs. */
function partOf(eraSeconds: number, parts: number): number {
  return Math.min(Math.ceil(eraSeconds / parts), Math.ceil(3_600 / parts))
}

export const monitorInitCommand = defineCommand({
  description:
    "Makes the account a monitor: stakes what its weight needs, joins, and writes a configuration if there is none. It counts from the next era on and is paid from the market's fees; what it signs twice or falsely is taken from its stake. What is there already is left as it is, so run it again if it was cut short. See docs/monitor.md.",
  examples: [
    'tender monitor init --account monitor --config monitor.json',
    'tender monitor init --account monitor --config monitor.json --weight 5000 --announce /ip4/203.0.113.5/tcp/4100 --yes',
  ],
  options: {
    config: needed(setting('file', 'where its configuration is, or is written if it is not there', text)),
    weight: setting('tokens', "whole stake tokens to lock, the market's least unless told", wholeNumber),
    port: setting('number', `where peers reach it, ${PEER_PORT} unless told`, wholeNumber),
    announce: setting('address', 'a multiaddr under which it is reached, if a router changes it', text),
  },
  async run(context, { config: file, weight, port = PEER_PORT, announce }) {
    const { name, profile, market } = await openMarket(context)
    const { address, name: account } = await findAccount(context, profile.account)
    const { eraSeconds } = await getReportRules(market)
    // A market on this machine is nobody else's business, and its leases are nowhere else.
    const isLocal = profile.bootstrap.every((one) => one.startsWith('/ip4/127.'))
    const draft: MonitorConfigFile = {
      stateDir: join(marketDirectory(context.home, name), 'monitors', account),
      rpcUrl: profile.rpcUrl,
      book: profile.book,
      network: {
        listen: [`/ip4/${isLocal ? '127.0.0.1' : '0.0.0.0'}/tcp/${port}`],
        bootstrap: profile.bootstrap,
        ...(announce !== undefined && { announce: [announce] }),
      },
      era: { reportDelaySeconds: partOf(eraSeconds, 20), roundSeconds: partOf(eraSeconds, 6) },
      ...(isLocal && { probe: { allowPrivate: true } }),
    }
    parseConfig(monitorConfigSchema, draft, 'what was asked for')
    const enlistment = await planEnlistment(market, address, weight)
    const { stake, stakeToken } = enlistment
    if (!enlistment.monitor) {
      const words = stake > 0n ? `stake ${formatAmount(stake, stakeToken)} and join` : 'join'
      await confirm(context, `As ${account}: ${words} as a monitor of weight ${enlistment.weight}?`)
      context.progress.status('joining')
      await performEnlistment(market, enlistment, await openKey(context, profile.account, market.chainId))
    }
    const written = await writeNew(resolve(file), `${toJson(draft, 2)}\n`)
    return {
      monitor: address,
      account,
      weight: enlistment.weight,
      staked: stake,
      stakeToken,
      config: resolve(file),
      did: { joined: enlistment.monitor === undefined, configWritten: written },
    }
  },
  print({ monitor, account, weight, config, did }, out) {
    out.line(`${monitor} ${did.joined ? 'is now' : 'was already'} a monitor of weight ${weight}`)
    out.line(
      `its configuration ${config} ${did.configWritten ? 'was written' : 'was there already and is left as it is'}`,
    )
    out.line(`start it with \`tender monitor start --config ${config} --account ${account}\``)
  },
})
