import { askStatus, type NetworkNode, type SignedSession } from '@tender/network'
import { NotFoundError, sessionScopes, TenderError } from '@tender/protocol'
import { getLease, type MarketClient, signSession } from '@tender/sdk'
import { asker, checkRuns, ifKnown, nowSeconds, shortId, type TenantLease, type TenantRecords } from '@tender/tenant'
import type { Address, Hex } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { confirm } from '../../cli/prompts.ts'
import { type Context, defineCommand, optional } from '../../command.ts'
import { createAgentKey } from '../../home/agentKey.ts'
import { marketDirectory } from '../../home/home.ts'
import { openAccountMarket } from '../../openMarket.ts'
import { openTenantRecords } from '../../tenant/fileRecords.ts'
import { startAgent } from '../../tenant/startAgent.ts'

/** An agent is needed after a lease's end too, for its log. */
const LOGS_SECONDS = 30 * 86_400

export const leaseAgentCommand = defineCommand({
  description:
    "Makes a new key the agent of your leases that run, as after the old one leaked: the account signs a Session, and each provider that is shown it refuses the agent of before. Nothing stops, nothing is paid. A Session holds for all leases of the account with a provider: with a lease it is named for that one and the others with its provider, and agents elsewhere, as a browser's, are refused there too.",
  examples: ['tender lease agent', 'tender lease agent 4fa1', 'tender lease agent --yes --json'],
  arguments: { lease: optional("the beginning of a lease id: only its provider's leases") },
  async run(context, { lease: prefix }) {
    const { home, signal, progress } = context
    const { name, profile, market, account } = await openAccountMarket(context)
    const { bootstrap } = profile
    const records = await openTenantRecords(marketDirectory(home, name))
    const leases = await chosenLeases({ market, records }, account.address, prefix)
    const byProvider = Map.groupBy(leases, ({ terms }) => terms.provider)
    const providers = [...byProvider.keys()].join(', ')
    await confirm(
      context,
      `Name a new agent for ${leases.length} leases with provider ${providers}? The old one is refused.`,
    )
    const privateKey = await createAgentKey(home)
    const agent = privateKeyToAddress(privateKey)
    const signed = await signFor(market, { tenant: account.address, agent, leases })
    const node = await startAgent({ privateKey, market, bootstrap })
    try {
      progress.status('showing the Session to providers')
      const place = { node, records, bootstrap, signal, onStatus: progress.status }
      const named = await Promise.all([...byProvider.values()].map((own) => nameAt(place, signed, own)))
      return { agent, leases: named.flat() }
    } finally {
      await node.stop()
    }
  },
  print({ agent, leases }, out) {
    out.line(`agent ${agent}`)
    for (const { leaseId, name, provider, trouble } of leases) {
      const words = trouble === undefined ? 'is its own now' : out.paint('red', `was not named: ${trouble}`)
      out.line(`  ${name} (lease ${shortId(leaseId)}) with provider ${provider}: ${words}`)
    }
    if (leases.some(({ trouble }) => trouble !== undefined)) out.line('run this again for what was not named')
    out.line('what goes on as the old agent, such as `tender run` or `tender logs --follow`, has to be started again')
    out.line('change what secrets the old one could read: `tender up --update` gives workloads the new ones')
  },
  exitCode: ({ leases }) => (leases.every(({ trouble }) => trouble === undefined) ? 0 : 1),
})

type Place = {
  node: NetworkNode
  records: TenantRecords
  bootstrap: readonly string[]
  signal: AbortSignal
  onStatus: Context['progress']['status']
}

/** What became of one lease. `trouble`: why it has the agent of before. */
type Named = { leaseId: Hex; name: string; provider: bigint; trouble: string | undefined }

/** Those of the account that run; if one is named, those with its provider. @throws {TenderError} `leaseOver`, `noLeases` */
async function chosenLeases(
  { market, records }: { market: MarketClient; records: TenantRecords },
  tenant: Address,
  prefix: string | undefined,
): Promise<TenantLease[]> {
  const asked = prefix === undefined ? undefined : await records.leases.find(prefix)
  if (asked) checkRuns({ record: asked, lease: await ifKnown(getLease(market, { lease: asked.terms })) })
  const own = (await records.leases.all()).filter(
    ({ terms }) => terms.tenant === tenant && (!asked || terms.provider === asked.terms.provider),
  )
  const known = await Promise.all(own.map(({ terms }) => ifKnown(getLease(market, { lease: terms }))))
  const running = own.filter((_, index) => {
    const lease = known[index]
    return lease && lease.status !== 'resolved' && Math.max(nowSeconds(), lease.timestamp) < lease.stop
  })
  if (running.length > 0) return running
  throw new NotFoundError(`no lease of ${tenant} runs that was ordered in this home`, {
    code: 'noLeases',
    hint: 'Each new order has an agent of its own anyway. Name the right account with --account.',
  })
}

/** A Session that outlasts the leases. */
function signFor(
  market: MarketClient,
  { tenant, agent, leases }: { tenant: Address; agent: Address; leases: readonly TenantLease[] },
): Promise<SignedSession> {
  const scopes = Object.values(sessionScopes).reduce((all, scope) => all | scope, 0)
  const expiry = Math.max(...leases.map(({ terms }) => terms.latestEnd)) + LOGS_SECONDS
  return signSession(market, { session: { tenant, agent, scopes, issuedAt: nowSeconds(), expiry } })
}

/** Names the agent of leases with one provider. */
async function nameAt(place: Place, signed: SignedSession, leases: readonly TenantLease[]): Promise<Named[]> {
  const named: Named[] = []
  // Shown once, the provider takes it for all of them: the others are asked about as their agent already.
  let session: SignedSession | undefined = signed
  let silent: TenderError | undefined
  for (const record of leases) {
    const error: TenderError | undefined = silent ?? (await show(place, record, session))
    if (error === undefined) {
      session = undefined
      const current = (await place.records.leases.get(record.leaseId)) ?? record
      await place.records.leases.put(record.leaseId, { ...current, agent: signed.session.agent })
    }
    if (error?.class === 'network') silent = error
    const { leaseId, name, terms } = record
    named.push({ leaseId, name, provider: terms.provider, trouble: error?.message })
  }
  return named
}

/** @returns why the provider does not take the agent of `node` for a lease; `undefined` if it does */
async function show(
  { node, records, bootstrap, signal, onStatus }: Place,
  record: TenantLease,
  session: SignedSession | undefined,
): Promise<TenderError | undefined> {
  const ask = asker({ node, records, record, bootstrap, signal, onStatus })
  try {
    await ask((provider) => askStatus(node, provider, { lease: record.leaseId, session }, signal))
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof TenderError && error.class !== 'internal') return error
    throw error
  }
}
