import type { Handler } from '../handler.ts'
export const getLeaseProof: Handler<'getLeaseProof'> = ({ params, signal }, { proofs }) =>
  proofs.lease(params.era, params.id, signal)
