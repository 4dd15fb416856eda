import type { RouteName } from '@tender/api'
import type { Handler } from './handler.ts'
import { createDraft } from './routes/createDraft.ts'
import { createToken } from './routes/createToken.ts'
import { deleteDraft } from './routes/deleteDraft.ts'
import { getAccount } from './routes/getAccount.ts'
import { getClass } from './routes/getClass.ts'
import { getDepth } from './routes/getDepth.ts'
import { getDraft } from './routes/getDraft.ts'
import { getEarnings } from './routes/getEarnings.ts'
import { getEra } from './routes/getEra.ts'
import { getJob } from './routes/getJob.ts'
import { getLease } from './routes/getLease.ts'
import { getLeaseProof } from './routes/getLeaseProof.ts'
import { getMarket } from './routes/getMarket.ts'
import { getNonce } from './routes/getNonce.ts'
import { getOrder } from './routes/getOrder.ts'
import { getPrices } from './routes/getPrices.ts'
import { getProvider } from './routes/getProvider.ts'
import { getProviderProof } from './routes/getProviderProof.ts'
import { getSession } from './routes/getSession.ts'
import { getTransaction } from './routes/getTransaction.ts'
import { listClasses } from './routes/listClasses.ts'
import { listDrafts } from './routes/listDrafts.ts'
import { listEmbeddedAccounts } from './routes/listEmbeddedAccounts.ts'
import { listEras } from './routes/listEras.ts'
import { listJobs } from './routes/listJobs.ts'
import { listLeases } from './routes/listLeases.ts'
import { listLeaves } from './routes/listLeaves.ts'
import { listMatches } from './routes/listMatches.ts'
import { listMonitors } from './routes/listMonitors.ts'
import { listMovements } from './routes/listMovements.ts'
import { listOrders } from './routes/listOrders.ts'
import { listProviderEras } from './routes/listProviderEras.ts'
import { listProviders } from './routes/listProviders.ts'
import { listTokens } from './routes/listTokens.ts'
import { publishOrder } from './routes/publishOrder.ts'
import { revokeToken } from './routes/revokeToken.ts'
import { signIn } from './routes/signIn.ts'
import { signOut } from './routes/signOut.ts'
import { updateDraft } from './routes/updateDraft.ts'

/** What answers each route. */
export const handlers: { readonly [Name in RouteName]: Handler<Name> } = {
  createDraft,
  createToken,
  deleteDraft,
  getAccount,
  getClass,
  getDepth,
  getDraft,
  getEarnings,
  getEra,
  getJob,
  getLease,
  getLeaseProof,
  getMarket,
  getNonce,
  getOrder,
  getPrices,
  getProvider,
  getProviderProof,
  getSession,
  getTransaction,
  listClasses,
  listDrafts,
  listEmbeddedAccounts,
  listEras,
  listJobs,
  listLeases,
  listLeaves,
  listMatches,
  listMonitors,
  listMovements,
  listOrders,
  listProviderEras,
  listProviders,
  listTokens,
  publishOrder,
  revokeToken,
  signIn,
  signOut,
  updateDraft,
}
