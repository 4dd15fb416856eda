export { type AbandonLeaseParameters, type AbandonLeaseReturnType, abandonLease } from './actions/abandonLease.ts'
export { type AwardOrderParameters, type AwardOrderReturnType, awardOrder } from './actions/awardOrder.ts'
export { type BidOnChainParameters, type BidOnChainReturnType, bidOnChain } from './actions/bidOnChain.ts'
export { type CancelOffersParameters, type CancelOffersReturnType, cancelOffers } from './actions/cancelOffers.ts'
export { type CancelOrderParameters, type CancelOrderReturnType, cancelOrder } from './actions/cancelOrder.ts'
export { type ClaimStakeParameters, type ClaimStakeReturnType, claimStake } from './actions/claimStake.ts'
export { type CloseLeaseParameters, type CloseLeaseReturnType, closeLease } from './actions/closeLease.ts'
export {
  type CommitCapacityParameters,
  type CommitCapacityReturnType,
  commitCapacity,
} from './actions/commitCapacity.ts'
export { type DeployMarketParameters, type DeployMarketReturnType, deployMarket } from './actions/deployMarket.ts'
export { type DepositParameters, type DepositReturnType, deposit } from './actions/deposit.ts'
export {
  type DepositWithPermitParameters,
  type DepositWithPermitReturnType,
  depositWithPermit,
} from './actions/depositWithPermit.ts'
export { type ExtendLeaseParameters, type ExtendLeaseReturnType, extendLease } from './actions/extendLease.ts'
export { type FindLeaseEndParameters, type FindLeaseEndReturnType, findLeaseEnd } from './actions/findLeaseEnd.ts'
export { type FindLeasesParameters, type FindLeasesReturnType, findLeases } from './actions/findLeases.ts'
export {
  type FindMatchesParameters,
  type FindMatchesReturnType,
  findMatches,
  type Match,
} from './actions/findMatches.ts'
export { type FindProviderParameters, type FindProviderReturnType, findProvider } from './actions/findProvider.ts'
export {
  type FindTermsOfLeaseParameters,
  type FindTermsOfLeaseReturnType,
  findTermsOfLease,
} from './actions/findTermsOfLease.ts'
export { type FinishLeaseParameters, type FinishLeaseReturnType, finishLease } from './actions/finishLease.ts'
export { type GetAssetParameters, type GetAssetReturnType, getAsset } from './actions/getAsset.ts'
export { type GetAssetsReturnType, getAssets } from './actions/getAssets.ts'
export {
  type AuctionState,
  type GetAuctionParameters,
  type GetAuctionReturnType,
  getAuction,
} from './actions/getAuction.ts'
export { type Balance, type GetBalanceParameters, type GetBalanceReturnType, getBalance } from './actions/getBalance.ts'
export { type GetBalancesParameters, type GetBalancesReturnType, getBalances } from './actions/getBalances.ts'
export { type GetCapacityParameters, type GetCapacityReturnType, getCapacity } from './actions/getCapacity.ts'
export { type GetChainTimeReturnType, getChainTime } from './actions/getChainTime.ts'
export { type GetGasMoneyParameters, type GetGasMoneyReturnType, getGasMoney } from './actions/getGasMoney.ts'
export {
  type GetLeaseParameters,
  type GetLeaseReturnType,
  getLease,
  type Lease,
  type LeaseStatus,
} from './actions/getLease.ts'
export { type GetPolicyReturnType, getPolicy } from './actions/getPolicy.ts'
export {
  type GetProviderParameters,
  type GetProviderReturnType,
  getProvider,
  type Provider,
} from './actions/getProvider.ts'
export { type GetProvidersReturnType, getProviders } from './actions/getProviders.ts'
export { type GetResourceParameters, type GetResourceReturnType, getResource } from './actions/getResource.ts'
export { type GetStakeParameters, type GetStakeReturnType, getStake } from './actions/getStake.ts'
export { type IsNonceUsedParameters, type IsNonceUsedReturnType, isNonceUsed } from './actions/isNonceUsed.ts'
export { type MatchOrderParameters, type MatchOrderReturnType, matchOrder } from './actions/matchOrder.ts'
export { type PostOrderParameters, type PostOrderReturnType, postOrder } from './actions/postOrder.ts'
export {
  type RegisterProviderParameters,
  type RegisterProviderReturnType,
  registerProvider,
} from './actions/registerProvider.ts'
export { type ReleaseLeaseParameters, type ReleaseLeaseReturnType, releaseLease } from './actions/releaseLease.ts'
export { type SendGasMoneyParameters, type SendGasMoneyReturnType, sendGasMoney } from './actions/sendGasMoney.ts'
export { type SetOperatorParameters, type SetOperatorReturnType, setOperator } from './actions/setOperator.ts'
export {
  type SetProviderStatusParameters,
  type SetProviderStatusReturnType,
  setProviderStatus,
} from './actions/setProviderStatus.ts'
export { type SettleLeasesParameters, type SettleLeasesReturnType, settleLeases } from './actions/settleLeases.ts'
export {
  type SettleServedLeaseParameters,
  type SettleServedLeaseReturnType,
  settleServedLease,
} from './actions/settleServedLease.ts'
export { type SignAwardParameters, type SignAwardReturnType, type SignedAward, signAward } from './actions/signAward.ts'
export {
  type SignExtendParameters,
  type SignExtendReturnType,
  type SignedExtend,
  signExtend,
} from './actions/signExtend.ts'
export { type SignedOffer, type SignOfferParameters, type SignOfferReturnType, signOffer } from './actions/signOffer.ts'
export {
  type OperatorConsent,
  type SignOperatorAcceptanceParameters,
  type SignOperatorAcceptanceReturnType,
  signOperatorAcceptance,
} from './actions/signOperatorAcceptance.ts'
export { type SignedOrder, type SignOrderParameters, type SignOrderReturnType, signOrder } from './actions/signOrder.ts'
export { type SignPostingParameters, type SignPostingReturnType, signPosting } from './actions/signPosting.ts'
export { type StakeParameters, type StakeReturnType, stake } from './actions/stake.ts'
export {
  type UncommitCapacityParameters,
  type UncommitCapacityReturnType,
  uncommitCapacity,
} from './actions/uncommitCapacity.ts'
export { type UnstakeParameters, type UnstakeReturnType, unstake } from './actions/unstake.ts'
export { type UpdateTrustParameters, type UpdateTrustReturnType, updateTrust } from './actions/updateTrust.ts'
export {
  type ChainPlace,
  type MarketCursor,
  type MarketEvent,
  type MarketUpdate,
  type WatchMarketParameters,
  watchMarket,
} from './actions/watchMarket.ts'
export { type WithdrawParameters, type WithdrawReturnType, withdraw } from './actions/withdraw.ts'
export { type WithdrawStakeParameters, type WithdrawStakeReturnType, withdrawStake } from './actions/withdrawStake.ts'
export { type AddressBook, addressBookSchema, parseAddressBook } from './addressBook.ts'
export {
  type ChainClient,
  type CreateChainClientParameters,
  type CreateMarketClientParameters,
  createChainClient,
  createMarketClient,
  type MarketClient,
} from './createMarketClient.ts'
export {
  AccountMissingError,
  ContractError,
  GasMoneyMissingError,
  NoMarketError,
  ReceiptTimeoutError,
  RpcRejectedError,
  RpcUnreachableError,
  WrongChainError,
} from './errors/chainErrors.ts'
export type { LeaseReference } from './internal/leaseReference.ts'
export type { OpenedLease } from './internal/openedLeases.ts'
export type { MarketAsset } from './internal/readAsset.ts'
export type { Settlement } from './internal/settlements.ts'
export { mintStakeTokens, mintTestDollars, scriptScore, scriptServed } from './scriptedMarket.ts'
