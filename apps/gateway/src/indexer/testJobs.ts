import { type JobTerms, jobTermsHash, kinds, marketDomain, type Terms } from '@tender/protocol'
import * as sdk from '@tender/sdk'
import { zeroHash } from 'viem'
import { type Action, evidence, freshLease, type World } from './testWorld.ts'

export const jobTerms: JobTerms = {
  tasks: 10,
  sample: 2,
  validators: 3,
  comparator: zeroHash,
  deadlineSeconds: 3_000,
  cancelFee: 700n,
  verifyFee: 1_001n,
  inputs: evidence,
}

/** A job that was just opened, and who can act on it. */
export async function freshJob(w: World) {
  const { chainId, contracts } = w.market.book
  const domain = marketDomain({ chainId, orderBook: contracts.orderBook })
  const over = { kind: kinds.job, verifier: contracts.jobs, jobTerms: jobTermsHash(domain, jobTerms) }
  const { lease, tenant } = await freshLease(w, over)
  const provider = w.providers.find(({ id }) => id === lease.provider)
  if (!provider) throw new Error('no provider')
  return { lease, tenant, operator: provider.operator }
}

export async function begun(w: World) {
  const job = await freshJob(w)
  await sdk.beginJob(job.operator, { lease: job.lease, jobTerms })
  return job
}

/** A job whose result is there and whose anchor is mined. */
export async function submitted(w: World) {
  const job = await begun(w)
  await sdk.publishProgress(job.operator, { lease: job.lease, root: evidence })
  await sdk.submitJob(job.operator, { lease: job.lease, jobTerms, resultRoot: evidence, cid: 'cid' })
  await w.market.cheat('anvil_mine', ['0x3'])
  return job
}

/** Waits until a time of the job's state is over. */
async function pass(w: World, lease: Terms, until: 'drawUntil' | 'verdictUntil'): Promise<void> {
  const { [until]: end = 0, timestamp } = await sdk.getJob(w.delegator, { lease })
  await w.market.skip(Math.max(0, end - timestamp))
}

/** A job whose first validators said nothing. */
async function recalled(w: World) {
  const job = await submitted(w)
  await sdk.drawJob(w.delegator, { lease: job.lease, jobTerms })
  await pass(w, job.lease, 'verdictUntil')
  await sdk.redrawJob(w.delegator, { lease: job.lease })
  return job
}

/** The word of all validators. */
async function resolve(w: World, lease: Terms, passed: boolean): Promise<unknown> {
  const { leaseId, commitment: seed } = await sdk.getJob(w.delegator, { lease })
  const drawn = await sdk.findJobEvents(w.delegator, { lease })
  const validators = drawn.flatMap(({ type, args }) => (type === 'JobDrawn' ? [args.validators] : [])).at(-1) ?? []
  const clients = [w.monitor.client, w.second].filter(({ account }) => account && validators.includes(account.address))
  const signatures = await Promise.all(
    clients.map(async (client) => {
      const { signature } = await sdk.signVerdict(client, { lease: leaseId, seed, passed })
      return { validator: client.account?.address ?? '0x', signature }
    }),
  )
  return sdk.resolveJob(w.delegator, { lease, jobTerms, passed, signatures })
}

/** All ends of a job, by name. */
export const jobActions: Readonly<Record<string, Action>> = {
  jobLeft: async (w) => {
    const { lease, operator } = await freshJob(w)
    return sdk.expireJob(operator, { lease, jobTerms })
  },
  jobCancelled: async (w) => {
    const { lease, tenant } = await begun(w)
    return sdk.cancelJob(tenant, { lease, jobTerms })
  },
  jobLate: async (w) => {
    const { lease } = await begun(w)
    await w.market.skip(3_000)
    return sdk.expireJob(w.delegator, { lease, jobTerms })
  },
  jobAccepted: async (w) => {
    const { lease, tenant } = await submitted(w)
    return sdk.acceptJob(tenant, { lease, jobTerms })
  },
  jobPassed: async (w) => {
    const { lease } = await submitted(w)
    await sdk.drawJob(w.delegator, { lease, jobTerms })
    await w.market.skip(3_600)
    return resolve(w, lease, true)
  },
  jobFailed: async (w) => {
    const { lease, tenant } = await submitted(w)
    await sdk.drawJob(w.delegator, { lease, jobTerms })
    await sdk.challengeJob(tenant, { lease, jobTerms, tasks: [1] })
    return resolve(w, lease, false)
  },
  jobUndrawn: async (w) => {
    const { lease } = await submitted(w)
    await w.market.cheat('anvil_mine', ['0x104'])
    await sdk.reanchorJob(w.delegator, { lease })
    await pass(w, lease, 'drawUntil')
    return sdk.expireJob(w.delegator, { lease, jobTerms })
  },
  jobSecond: async (w) => {
    const { lease } = await recalled(w)
    await w.market.cheat('anvil_mine', ['0x3'])
    await sdk.drawJob(w.delegator, { lease, jobTerms })
    return resolve(w, lease, true)
  },
  jobSplit: async (w) => {
    const { lease } = await recalled(w)
    await w.market.cheat('anvil_mine', ['0x3'])
    await sdk.drawJob(w.delegator, { lease, jobTerms })
    await pass(w, lease, 'verdictUntil')
    return sdk.splitJob(w.delegator, { lease, jobTerms })
  },
}
