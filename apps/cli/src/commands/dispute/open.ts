import { readFile } from 'node:fs/promises'
import { formatAmount, NotFoundError } from '@tender/protocol'
import { getAsset, getReportRules, openDispute } from '@tender/sdk'
import { shortId } from '@tender/tenant'
import { keccak256, zeroHash } from 'viem'
import { confirm } from '../../cli/prompts.ts'
import { defineCommand, required, setting, text } from '../../command.ts'
import { leaseIdOf } from '../../monitors/leaseIdOf.ts'
import { readEra } from '../../monitors/readEra.ts'
import { openAccountMarket } from '../../openMarket.ts'

export const disputeOpenCommand = defineCommand({
  description:
    "Asks the monitors to recount a lease and an era in their next report, for a bond of stake tokens. The lease's tenant may, and its provider's owner and operator. The bond comes back if the recount changes the figures, or if nobody recounts; else it is lost. Look at the evidence first: `tender era show ERA --lease LEASE`.",
  examples: ['tender dispute open 4fa1 12', 'tender dispute open 4fa1 12 --evidence log.txt --yes'],
  arguments: { lease: required('the beginning of a lease id'), era: required('the era whose figures are wrong') },
  options: { evidence: setting('file', 'what you show the monitors: its hash is kept on the chain', text) },
  async run(context, { lease: prefix, era: written, evidence: file }) {
    const era = readEra(written)
    const { market, name } = await openAccountMarket(context)
    const [lease, { disputeBond }, stakeToken, evidence] = await Promise.all([
      leaseIdOf(context, name, prefix),
      getReportRules(market),
      getAsset(market, { asset: market.book.contracts.stakeToken }),
      file === undefined ? zeroHash : hashOf(file),
    ])
    const bond = formatAmount(disputeBond, stakeToken)
    await confirm(context, `Have era ${era} of lease ${shortId(lease)} recounted, for a bond of ${bond}?`)
    const opened = await openDispute(market, { lease, era, evidence })
    return { ...opened, lease, era, evidence, stakeToken }
  },
  print({ dispute, bond, stakeToken }, out) {
    out.line(`dispute ${dispute}, with a bond of ${formatAmount(bond, stakeToken)}`)
    out.line(`how it comes out: tender dispute show ${dispute}`)
  },
})

async function hashOf(file: string) {
  try {
    return keccak256(await readFile(file))
  } catch (cause) {
    throw new NotFoundError(`${file} cannot be read`, { code: 'fileNotFound', cause })
  }
}
