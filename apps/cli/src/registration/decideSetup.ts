import type { ProviderConfig, ProviderConfigFile } from '@tender/provider'
import type { MarketClient } from '@tender/sdk'
import { askWhether } from '../cli/prompts.ts'
import type { Context } from '../command.ts'
import { marketAsset } from '../writtenAmount.ts'
import { type ClassOffer, type ClassUnits, decideOffers, decideUnits, type SaidOffer } from './decideOffers.ts'
import { describeMachine, driversFor, inspectMachine, type Machine } from './inspectMachine.ts'

/** What a provider is to sell, and with which drivers. */
export type Setup = {
  classes: readonly ClassUnits[]
  /** With prices; none if a configuration has them already. */
  sales: readonly ClassOffer[]
  drivers: ProviderConfigFile['drivers']
}

/** What was said on the command line. */
export type SaidSetup = SaidOffer & {
  socket: string
  runtime?: string | undefined
  wasmOnly: boolean
}

export type SetupSources = {
  market: MarketClient
  stateDir: string
  /** The configuration that is there already. */
  written: ProviderConfig | undefined
}

/** Looks at this machine, tells what it found, and decides what it sells. @throws see `decideOffers` */
export async function decideSetup(
  context: Context,
  { market, stateDir, written }: SetupSources,
  said: SaidSetup,
): Promise<Setup> {
  const { socket, runtime, wasmOnly } = said
  context.progress.status('looking at this machine')
  const found = await inspectMachine({ stateDir, socket, runtime }, context.signal)
  const machine = wasmOnly ? { ...found, containers: false, noContainers: 'you said so' } : found
  for (const line of describeMachine(machine)) context.progress.line(line)
  if (written) {
    const classes = await decideUnits(context, machine, said, Object.keys(written.sales))
    return { classes, sales: [], drivers: written.drivers }
  }
  const sales = await decideOffers(context, { market, machine, asset: await marketAsset(market) }, said)
  const chosen = await chooseRuntime(context, machine, runtime)
  return { classes: sales, sales, drivers: driversFor({ stateDir, socket }, machine.containers, chosen) }
}

/** gVisor stands between a workload and this machine's kernel: better where the engine has it. */
async function chooseRuntime(
  context: Context,
  { runsc, containers }: Machine,
  said: string | undefined,
): Promise<string | undefined> {
  if (said !== undefined || !runsc || !containers) return said
  if (!context.isTTY || context.yes) return 'runsc'
  return (await askWhether(context, 'Run containers in gVisor (safer, somewhat slower)?')) ? 'runsc' : undefined
}
