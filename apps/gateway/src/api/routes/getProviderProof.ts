import type { Handler } from '../handler.ts'
export const getProviderProof: Handler<'getProviderProof'> = ({ params, signal }, { proofs }) =>
  proofs.provider(params.era, params.id, signal)
