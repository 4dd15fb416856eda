export { type AbandonLeaseParameters, type AbandonLeaseReturnType, abandonLease } from './actions/abandonLease.ts'
export { type AcceptJobParameters, type AcceptJobReturnType, acceptJob } from './actions/acceptJob.ts'
export { type ApplyCreditParameters, type ApplyCreditReturnType, applyCredit } from './actions/applyCredit.ts'
export {
  type ApplyMonitorSlashParameters,
  type ApplyMonitorSlashReturnType,
  applyMonitorSlash,
} from './actions/applyMonitorSlash.ts'
export {
  type ApplyProviderSlashParameters,
  type ApplyProviderSlashReturnType,
  applyProviderSlash,
} from './actions/applyProviderSlash.ts'
export {
  type AttestProviderParameters,
  type AttestProviderReturnType,
  attestProvider,
} from './actions/attestProvider.ts'
export { type AwardOrderParameters, type AwardOrderReturnType, awardOrder } from './actions/awardOrder.ts'
export { type BeginJobParameters, type BeginJobReturnType, beginJob } from './actions/beginJob.ts'
export { type BidOnChainParameters, type BidOnChainReturnType, bidOnChain } from './actions/bidOnChain.ts'
export { type CancelJobParameters, type CancelJobReturnType, cancelJob } from './actions/cancelJob.ts'
export { type CancelOffersParameters, type CancelOffersReturnType, cancelOffers } from './actions/cancelOffers.ts'
export { type CancelOrderParameters, type CancelOrderReturnType, cancelOrder } from './actions/cancelOrder.ts'
export { type ChallengeJobParameters, type ChallengeJobReturnType, challengeJob } from './actions/challengeJob.ts'
export {
  type ClaimMonitorRewardsParameters,
  type ClaimMonitorRewardsReturnType,
  claimMonitorRewards,
} from './actions/claimMonitorRewards.ts'
export {
  type ClaimProviderRewardsParameters,
  type ClaimProviderRewardsReturnType,
  claimProviderRewards,
} from './actions/claimProviderRewards.ts'
export { type ClaimStakeParameters, type ClaimStakeReturnType, claimStake } from './actions/claimStake.ts'
export { type CloseLeaseParameters, type CloseLeaseReturnType, closeLease } from './actions/closeLease.ts'
export {
  type CommitCapacityParameters,
  type CommitCapacityReturnType,
  commitCapacity,
} from './actions/commitCapacity.ts'
export { countProviders } from './actions/countProviders.ts'
export { type DeployMarketParameters, type DeployMarketReturnType, deployMarket } from './actions/deployMarket.ts'
export { type DepositParameters, type DepositReturnType, deposit } from './actions/deposit.ts'
export {
  type DepositWithPermitParameters,
  type DepositWithPermitReturnType,
  depositWithPermit,
} from './actions/depositWithPermit.ts'
export { type DrawJobParameters, type DrawJobReturnType, drawJob } from './actions/drawJob.ts'
export {
  type EndLeaseByMonitorsParameters,
  type EndLeaseByMonitorsReturnType,
  endLeaseByMonitors,
} from './actions/endLeaseByMonitors.ts'
export { type ExpireDisputeParameters, type ExpireDisputeReturnType, expireDispute } from './actions/expireDispute.ts'
export { type ExpireJobParameters, type ExpireJobReturnType, expireJob } from './actions/expireJob.ts'
export { type ExtendLeaseParameters, type ExtendLeaseReturnType, extendLease } from './actions/extendLease.ts'
export {
  type Commitment,
  type FindCommitmentsParameters,
  type FindCommitmentsReturnType,
  findCommitments,
} from './actions/findCommitments.ts'
export {
  type Dispute,
  type FindDisputesParameters,
  type FindDisputesReturnType,
  findDisputes,
} from './actions/findDisputes.ts'
export { type FindJobEndParameters, type FindJobEndReturnType, findJobEnd } from './actions/findJobEnd.ts'
export {
  type FindJobEventsParameters,
  type FindJobEventsReturnType,
  findJobEvents,
  type JobEvent,
} from './actions/findJobEvents.ts'
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
  type FindReportSignaturesParameters,
  type FindReportSignaturesReturnType,
  findReportSignatures,
} from './actions/findReportSignatures.ts'
export {
  type FindReportsParameters,
  type FindReportsReturnType,
  findReports,
  type PostedReport,
} from './actions/findReports.ts'
export {
  type FindTermsOfLeaseParameters,
  type FindTermsOfLeaseReturnType,
  findTermsOfLease,
} from './actions/findTermsOfLease.ts'
export {
  type FindUnbondingParameters,
  type FindUnbondingReturnType,
  findUnbonding,
  type Unbonding,
} from './actions/findUnbonding.ts'
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
export { type GetEraClockReturnType, getEraClock } from './actions/getEraClock.ts'
export { type GetGasMoneyParameters, type GetGasMoneyReturnType, getGasMoney } from './actions/getGasMoney.ts'
export { type GetJobParameters, type GetJobReturnType, getJob, type Job } from './actions/getJob.ts'
export { type GetJobTimingReturnType, getJobTiming } from './actions/getJobTiming.ts'
export {
  type GetLeaseParameters,
  type GetLeaseReturnType,
  getLease,
  type Lease,
  type LeaseStatus,
} from './actions/getLease.ts'
export {
  type GetMonitorsParameters,
  type GetMonitorsReturnType,
  getMonitors,
  type Monitor,
} from './actions/getMonitors.ts'
export { getMonitorWeight } from './actions/getMonitorWeight.ts'
export { type GetNextReportParameters, type GetNextReportReturnType, getNextReport } from './actions/getNextReport.ts'
export { type GetPenaltiesParameters, type GetPenaltiesReturnType, getPenalties } from './actions/getPenalties.ts'
export { type GetPolicyReturnType, getPolicy } from './actions/getPolicy.ts'
export {
  type GetProviderParameters,
  type GetProviderReturnType,
  getProvider,
  type Provider,
} from './actions/getProvider.ts'
export { type GetProvidersReturnType, getProviders } from './actions/getProviders.ts'
export { type GetReportParameters, type GetReportReturnType, getReport } from './actions/getReport.ts'
export {
  type GetReportRulesParameters,
  type GetReportRulesReturnType,
  getReportRules,
} from './actions/getReportRules.ts'
export { type GetResourceParameters, type GetResourceReturnType, getResource } from './actions/getResource.ts'
export { type GetRewardsParameters, type GetRewardsReturnType, getRewards } from './actions/getRewards.ts'
export { type GetStakeParameters, type GetStakeReturnType, getStake } from './actions/getStake.ts'
export { type HasPermitParameters, type HasPermitReturnType, hasPermit } from './actions/hasPermit.ts'
export { type IsNonceUsedParameters, type IsNonceUsedReturnType, isNonceUsed } from './actions/isNonceUsed.ts'
export { type JoinMonitorParameters, type JoinMonitorReturnType, joinMonitor } from './actions/joinMonitor.ts'
export { type MatchOrderParameters, type MatchOrderReturnType, matchOrder } from './actions/matchOrder.ts'
export {
  type MintTestDollarsParameters,
  type MintTestDollarsReturnType,
  mintTestDollars,
} from './actions/mintTestDollars.ts'
export { type OpenDisputeParameters, type OpenDisputeReturnType, openDispute } from './actions/openDispute.ts'
export { type PostOrderParameters, type PostOrderReturnType, postOrder } from './actions/postOrder.ts'
export { type PostReportParameters, type PostReportReturnType, postReport } from './actions/postReport.ts'
export {
  type PublishProgressParameters,
  type PublishProgressReturnType,
  publishProgress,
} from './actions/publishProgress.ts'
export { type ReadBlocksParameters, type ReadBlocksReturnType, readBlocks } from './actions/readBlocks.ts'
export {
  type ReadMarketEventsParameters,
  type ReadMarketEventsReturnType,
  readMarketEvents,
} from './actions/readMarketEvents.ts'
export { type ReanchorJobParameters, type ReanchorJobReturnType, reanchorJob } from './actions/reanchorJob.ts'
export { type RedrawJobParameters, type RedrawJobReturnType, redrawJob } from './actions/redrawJob.ts'
export {
  type RegisterProviderParameters,
  type RegisterProviderReturnType,
  registerProvider,
} from './actions/registerProvider.ts'
export { type ReleaseLeaseParameters, type ReleaseLeaseReturnType, releaseLease } from './actions/releaseLease.ts'
export {
  type ResolveDisputeParameters,
  type ResolveDisputeReturnType,
  resolveDispute,
} from './actions/resolveDispute.ts'
export { type ResolveJobParameters, type ResolveJobReturnType, resolveJob } from './actions/resolveJob.ts'
export { type SendGasMoneyParameters, type SendGasMoneyReturnType, sendGasMoney } from './actions/sendGasMoney.ts'
export {
  type SendStakeTokensParameters,
  type SendStakeTokensReturnType,
  sendStakeTokens,
} from './actions/sendStakeTokens.ts'
export { type SetAuditorParameters, type SetAuditorReturnType, setAuditor } from './actions/setAuditor.ts'
export {
  type SetMonitorContactParameters,
  type SetMonitorContactReturnType,
  setMonitorContact,
} from './actions/setMonitorContact.ts'
export {
  type SetMonitorWeightParameters,
  type SetMonitorWeightReturnType,
  setMonitorWeight,
} from './actions/setMonitorWeight.ts'
export { type SetOperatorParameters, type SetOperatorReturnType, setOperator } from './actions/setOperator.ts'
export { type SetPayoutParameters, type SetPayoutReturnType, setPayout } from './actions/setPayout.ts'
export {
  type SetProviderStatusParameters,
  type SetProviderStatusReturnType,
  setProviderStatus,
} from './actions/setProviderStatus.ts'
export {
  type SettleByFallbackParameters,
  type SettleByFallbackReturnType,
  settleByFallback,
} from './actions/settleByFallback.ts'
export { type SettleLeasesParameters, type SettleLeasesReturnType, settleLeases } from './actions/settleLeases.ts'
export {
  type SettleServedLeaseParameters,
  type SettleServedLeaseReturnType,
  settleServedLease,
} from './actions/settleServedLease.ts'
export {
  type SettleServedLeasesParameters,
  type SettleServedLeasesReturnType,
  settleServedLeases,
} from './actions/settleServedLeases.ts'
export { type SignAwardParameters, type SignAwardReturnType, type SignedAward, signAward } from './actions/signAward.ts'
export {
  type SignBatchHeaderParameters,
  type SignBatchHeaderReturnType,
  signBatchHeader,
} from './actions/signBatchHeader.ts'
export {
  type SignChallengeAnswerParameters,
  type SignChallengeAnswerReturnType,
  signChallengeAnswer,
} from './actions/signChallengeAnswer.ts'
export {
  type SignExtendParameters,
  type SignExtendReturnType,
  type SignedExtend,
  signExtend,
} from './actions/signExtend.ts'
export { type SignLeaseEndParameters, type SignLeaseEndReturnType, signLeaseEnd } from './actions/signLeaseEnd.ts'
export { type SignedOffer, type SignOfferParameters, type SignOfferReturnType, signOffer } from './actions/signOffer.ts'
export {
  type OperatorConsent,
  type SignOperatorAcceptanceParameters,
  type SignOperatorAcceptanceReturnType,
  signOperatorAcceptance,
} from './actions/signOperatorAcceptance.ts'
export { type SignedOrder, type SignOrderParameters, type SignOrderReturnType, signOrder } from './actions/signOrder.ts'
export { type SignPostingParameters, type SignPostingReturnType, signPosting } from './actions/signPosting.ts'
export { type SignRatingParameters, type SignRatingReturnType, signRating } from './actions/signRating.ts'
export { type SignReportParameters, type SignReportReturnType, signReport } from './actions/signReport.ts'
export { type SignSessionParameters, type SignSessionReturnType, signSession } from './actions/signSession.ts'
export { type SignStartedParameters, type SignStartedReturnType, signStarted } from './actions/signStarted.ts'
export { type SignVerdictParameters, type SignVerdictReturnType, signVerdict } from './actions/signVerdict.ts'
export {
  type SlashEquivocationParameters,
  type SlashEquivocationReturnType,
  slashEquivocation,
} from './actions/slashEquivocation.ts'
export { type SplitJobParameters, type SplitJobReturnType, splitJob } from './actions/splitJob.ts'
export { type StakeParameters, type StakeReturnType, stake } from './actions/stake.ts'
export { type SubmitJobParameters, type SubmitJobReturnType, submitJob } from './actions/submitJob.ts'
export {
  type TransferProviderParameters,
  type TransferProviderReturnType,
  transferProvider,
} from './actions/transferProvider.ts'
export {
  type UncommitCapacityParameters,
  type UncommitCapacityReturnType,
  uncommitCapacity,
} from './actions/uncommitCapacity.ts'
export { type UnlockMonitorParameters, type UnlockMonitorReturnType, unlockMonitor } from './actions/unlockMonitor.ts'
export { type UnstakeParameters, type UnstakeReturnType, unstake } from './actions/unstake.ts'
export { type UpdateTrustParameters, type UpdateTrustReturnType, updateTrust } from './actions/updateTrust.ts'
export { type VerifyLeafParameters, type VerifyLeafReturnType, verifyLeaf } from './actions/verifyLeaf.ts'
export { type VetoReportParameters, type VetoReportReturnType, vetoReport } from './actions/vetoReport.ts'
export { type MarketUpdate, type WatchMarketParameters, watchMarket } from './actions/watchMarket.ts'
export { type WithdrawParameters, type WithdrawReturnType, withdraw } from './actions/withdraw.ts'
export { type WithdrawStakeParameters, type WithdrawStakeReturnType, withdrawStake } from './actions/withdrawStake.ts'
export { type AddressBook, addressBookSchema, parseAddressBook } from './addressBook.ts'
export { type ChainClock, type ChainClockSources, createChainClock } from './createChainClock.ts'
export {
  type ChainClient,
  type CreateChainClientParameters,
  type CreateMarketClientParameters,
  createChainClient,
  createMarketClient,
  type MarketAccount,
  type MarketClient,
  type SendingAccount,
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
export type { MonitorContact } from './internal/contact.ts'
export type { JobEnd } from './internal/jobEnd.ts'
export { type JobStateName, jobStates } from './internal/jobStates.ts'
export type { LeaseReference } from './internal/leaseReference.ts'
export type { ChainPlace, MarketCursor, MarketEvent } from './internal/marketEvents.ts'
export type { OpenedLease } from './internal/openedLeases.ts'
export type { PoolReference } from './internal/poolOf.ts'
export type { Proven, ProvenProvider } from './internal/proven.ts'
export type { MarketAsset } from './internal/readAsset.ts'
export type { BlockRef } from './internal/readRange.ts'
export type { Settlement } from './internal/settlements.ts'
export type { MonitorSignature } from './internal/signers.ts'
