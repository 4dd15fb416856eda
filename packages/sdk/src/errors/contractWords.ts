import type { FailureClass } from '@tender/protocol'

/**
 * What a custom error means, for people. `{name}` stands for the argument of that name, `{name:format}` for its value as
 * `formatArgument` writes it.
 */
export type ContractWords = {
  class: FailureClass
  text: string
  /** What to do about it. */
  hint?: string
}

const ours = 'This is a bug of the tool that sent it.'
const expired = 'Sign it anew.'
const wallet = 'The wallet lacks the tokens: get some first.'

/** By the error's name; by its whole signature where contracts share a name for different things. */
export const contractWords: Readonly<Record<string, ContractWords>> = {
  // Money
  InsufficientBalance: {
    class: 'funds',
    text: '{account} has {available:amount} in escrow, but this needs {asked:amount}',
    hint: 'Deposit {missing:amount} more.',
  },
  'InsufficientBalance(uint256,uint256)': {
    class: 'chain',
    text: "the contract holds {balance} wei of the chain's coin, but this needs {needed}",
  },
  AssetNotAllowed: {
    class: 'user',
    text: 'this market does not take the token {asset}',
    hint: "Pay with one of the market's assets.",
  },
  NothingReceived: {
    class: 'chain',
    text: 'the token {asset} reported success but moved none of {asked:amount}',
    hint: 'Such a token cannot be deposited.',
  },
  FeeTooHigh: { class: 'user', text: 'a fee of {asked:bps} is more than the {most:bps} allowed' },
  ERC20InsufficientBalance: {
    class: 'funds',
    text: '{sender} holds {balance} smallest units of the token, but this needs {needed}',
    hint: wallet,
  },
  ERC20InsufficientAllowance: {
    class: 'funds',
    text: '{spender} may take {allowance} smallest units of the token, but this needs {needed}',
    hint: 'Approve more.',
  },
  ERC20InvalidApprover: { class: 'user', text: '{approver} cannot approve tokens' },
  ERC20InvalidReceiver: { class: 'user', text: '{receiver} cannot receive tokens' },
  ERC20InvalidSender: { class: 'user', text: '{sender} cannot send tokens' },
  ERC20InvalidSpender: { class: 'user', text: '{spender} cannot be allowed to spend tokens' },
  ERC2612ExpiredSignature: { class: 'user', text: 'the permit ended at {deadline:time}', hint: expired },
  ERC2612InvalidSigner: { class: 'user', text: 'the permit was signed by {signer}, not by the owner {owner}' },
  SafeERC20FailedOperation: { class: 'chain', text: 'the token {token} refused the transfer' },

  // Leases
  NotTenant: { class: 'denied', text: 'only the tenant {tenant} may do this, not {caller}' },
  NotProvider: {
    class: 'denied',
    text: '{caller} does not act for the provider of lease {lease}',
    hint: "Use the provider's operator key, its owner's or its payout's.",
  },
  NotVerifier: { class: 'denied', text: 'only the verifier {verifier} may do this to lease {lease}, not {caller}' },
  UnknownLease: { class: 'notFound', text: 'there is no lease {lease}', hint: 'Check the id and the market.' },
  LeaseExists: { class: 'conflict', text: 'lease {lease} was opened before' },
  LeaseOver: { class: 'conflict', text: 'lease {lease} stopped at {stop:time}, it is {now_:time} now' },
  LeaseNotOver: { class: 'conflict', text: 'lease {lease} runs until {stop:time}, it is {now_:time} now' },
  AlreadyEnding: { class: 'conflict', text: 'lease {lease} was already ended, as of {closedAt:time}' },
  AlreadyResolved: { class: 'conflict', text: 'all money of lease {lease} was settled before' },
  NotByTime: {
    class: 'conflict',
    text: 'lease {lease} is paid by reports, or a job by its result, not by time',
    hint: 'Settle it with a leaf of a report.',
  },
  IsByTime: { class: 'conflict', text: 'lease {lease} is paid by time, not by reports', hint: 'Settle it by time.' },
  EndOutOfBounds: {
    class: 'user',
    text: 'lease {lease} cannot end at {asked:time}: possible is {least:time} to {most:time}',
  },
  ExtendMismatch: { class: 'user', text: 'the permission to extend is for lease {signedFor}, not for {lease}' },
  ExtendExpired: {
    class: 'user',
    text: 'the permission to extend ended at {expiry:time}, it is {now_:time} now',
    hint: 'Ask the tenant for another.',
  },
  ExtendTooDear: {
    class: 'user',
    text: 'the whole lease would cost {asked} smallest units, the permission to extend allows {most}',
    hint: 'Ask the tenant for another.',
  },
  InvalidReason: { class: 'user', text: 'a lease cannot be left now for this reason: {reason:reason}' },
  TooEarlyToFinish: {
    class: 'conflict',
    text: 'lease {lease} can be finished from {from:time}, it is {now_:time} now',
    hint: 'Until then the provider may still claim what it earned.',
  },
  FallbackClosed: {
    class: 'conflict',
    text: 'lease {lease} waits for a report, and reports are not late enough to settle it by time',
  },
  LeafNotLast: {
    class: 'conflict',
    text: 'the leaf covers until {coveredUntil:time}, but the last report covers until {last:time}',
    hint: 'Settle with a leaf of the last report.',
  },
  VerifierNotAllowed: { class: 'user', text: 'this market does not take {verifier} as verifier of a lease' },
  VerifierDiffers: {
    class: 'user',
    text: 'lease {lease} has the verifier {verifier}, the first lease of the batch has {first}',
    hint: 'Settle leases of one verifier at a time.',
  },
  LengthMismatch: {
    class: 'internal',
    text: 'two lists that belong together have {left} and {right} entries',
    hint: ours,
  },

  IsJob: { class: 'conflict', text: 'lease {lease} is a job: it ends by its result' },
  NotJob: { class: 'conflict', text: 'lease {lease} is a service, not a job' },
  JobTermsMismatch: {
    class: 'user',
    text: 'the job terms given hash to {given}, lease {lease} was opened for {agreed}',
  },
  ChargedAlready: { class: 'conflict', text: 'the verify fee of job {lease} was taken twice already' },

  // Jobs
  InvalidJobTiming: { class: 'user', text: 'a time for a step of jobs is zero' },
  InvalidJobTerms: { class: 'user', text: 'a job needs at least one task, one sampled task and one validator' },
  WrongJobTerms: { class: 'user', text: 'the job terms given hash to {given}, job {lease} was ordered with {agreed}' },
  WrongJobState: { class: 'conflict', text: 'job {lease} is {state:jobState}, so this cannot be done' },
  NotJobTenant: { class: 'denied', text: 'only the tenant {tenant} of job {lease} may do this, not {caller}' },
  NotJobProvider: {
    class: 'denied',
    text: '{caller} is neither owner nor operator key of the provider of job {lease}',
  },
  TooEarly: { class: 'conflict', text: 'this can be done to job {lease} from {from:time}, it is {now_:time} now' },
  TooLate: { class: 'conflict', text: 'this could be done to job {lease} until {until:time}, it is {now_:time} now' },
  AnchorNotMined: {
    class: 'conflict',
    text: 'validators of job {lease} are drawn after block {anchor}, the chain is at {block_}',
    hint: 'Wait for the next blocks.',
  },
  AnchorMissed: {
    class: 'conflict',
    text: 'the chain has forgotten block {anchor}, which was to draw validators of job {lease}: it is at {block_}',
    hint: 'Set a new anchor, then draw.',
  },
  AnchorNotMissed: {
    class: 'conflict',
    text: 'block {anchor} can still draw validators of job {lease}, the chain is at {block_}',
  },
  ReanchorsSpent: { class: 'conflict', text: 'job {lease} had {most} new anchors, which is all there are' },
  EmptyResult: { class: 'user', text: 'the result of job {lease} has no root' },
  CidTooLong: { class: 'user', text: 'a CID of {bytes_} bytes is too long: at most {most}' },
  ChallengeOutOfBounds: { class: 'user', text: 'a challenge cannot name {tasks} tasks: possible is 1 to {most}' },
  UnknownTask: { class: 'user', text: 'there is no task {task}: the job has {tasks}, counted from 0' },
  ChallengedAlready: { class: 'conflict', text: 'job {lease} was challenged before' },
  WrongValidators: { class: 'user', text: 'these are not the validators that were drawn for job {lease}' },
  SignersDiffer: { class: 'user', text: '{signers} signers and {signatures} signatures do not go together' },
  SignersNotInOrder: { class: 'user', text: 'signer {position} does not come after the one before it' },
  UnknownValidator: { class: 'user', text: 'there is no validator {index}: {drawn} were drawn, counted from 0' },
  InvalidVerdict: {
    class: 'denied',
    text: 'the verdict is not signed by {validator}',
    hint: 'It may have been signed before a challenge.',
  },
  MajorityMissing: { class: 'conflict', text: '{signers} of {drawn} validators signed: more than half are needed' },
  SplitOutOfBounds: { class: 'user', text: 'a split of {asked:bps} is not possible: {least:bps} to {most:bps}' },

  // Orders
  OrderExpired: {
    class: 'conflict',
    text: 'the order expired at {expiry:time}, it is {now_:time} now',
    hint: 'Sign a new order.',
  },
  NonceUsed: {
    class: 'conflict',
    text: 'an order of {tenant} with nonce {nonce} was already matched, posted or cancelled',
    hint: 'Sign the order with another nonce.',
  },
  UnsupportedKind: { class: 'user', text: 'there are no leases of kind {kind:kind}' },
  KindMismatch: {
    class: 'user',
    text: 'an order of kind {kind:kind} does not go with the job terms {jobTerms}',
    hint: 'A job needs the hash of its terms, a service must not have one.',
  },
  NotForJobs: {
    class: 'user',
    text: 'a job is paid for its result: it has no max silence ({maxSilence:seconds}), no minimum charge ({maxMinSeconds:seconds}) and replaces no lease ({previous})',
  },
  InvalidTier: { class: 'user', text: 'there is no tier {tier}' },
  InvalidSpread: { class: 'user', text: 'there is no spread {spread}' },
  InvalidUnits: { class: 'user', text: '{units} is not a possible number of units' },
  InvalidReplicas: { class: 'user', text: 'an order cannot have {asked} replicas: possible is 1 to {most}' },
  InvalidDuration: { class: 'user', text: 'a lease cannot be opened for {duration:seconds}' },
  InvalidUptime: { class: 'user', text: 'an uptime of {asked:bps} cannot be promised: at most {most:bps}' },
  VerifierMismatch: {
    class: 'user',
    text: 'an order with uptime {uptimeBps:bps} does not go with verifier {verifier}',
    hint: 'A monitored order needs a verifier, an unmonitored one (uptime 0) must not have one; a job needs one and no uptime.',
  },
  AuctionTooLong: {
    class: 'user',
    text: 'the auction would end at {auctionEnd:time}, the latest possible is {latest:time}',
  },
  AuctionOver: { class: 'conflict', text: 'bidding ended at {auctionEnd:time}, it is {now_:time} now' },
  AuctionRunning: { class: 'conflict', text: 'bidding goes on until {auctionEnd:time}, it is {now_:time} now' },
  ExpiryOutOfBounds: {
    class: 'user',
    text: 'the order cannot expire at {expiry:time}: possible is {least:time} to {most:time}',
  },
  ReplacementMismatch: {
    class: 'user',
    text: 'the order replaces lease {previous}, but the terms given are of {given}',
  },
  InsufficientTenantStake: {
    class: 'funds',
    text: 'the tenant has {held:stake} at stake, this market asks for {least:stake}',
    hint: 'Stake more before ordering.',
  },
  InvalidSignature: {
    class: 'denied',
    text: 'the signature is not by {signer}',
    hint: 'Check that it was made for this market and chain, over exactly these values.',
  },
  WrongState: { class: 'conflict', text: 'order {order} is {state:state}, this needs one that is {needed:state}' },
  HasBids: {
    class: 'conflict',
    text: 'order {order} has {kept} bids and can no longer be cancelled',
    hint: 'Wait for the end of bidding and award it.',
  },

  // Awards
  AwardMismatch: { class: 'user', text: 'the award is for order {awarded}, not for {order}' },
  AwardedOthers: {
    class: 'user',
    text: 'the tenant awarded other offers ({awarded}) than these ({offers}), or in another order',
  },
  AwardExpired: { class: 'conflict', text: 'the award ended at {deadline:time}, it is {now_:time} now', hint: expired },
  TooFewOffers: {
    class: 'noBids',
    text: 'only {qualified} offers qualify, but the order asks for {replicas} replicas',
  },
  TooManyOffers: { class: 'user', text: '{given} offers are more than the {most} that one match takes' },

  // Offers
  OfferForOtherOrder: { class: 'user', text: 'the offer is bound to order {offerOrder}, not to {order}' },
  OfferNotBound: { class: 'user', text: 'an auction on chain takes only offers that are bound to its order' },
  OfferExpired: { class: 'conflict', text: 'the offer expired at {expiry:time}, it is {now_:time} now' },
  OfferLivesTooLong: {
    class: 'user',
    text: 'the offer lives until {expiry:time}, the longest possible is {most:time}',
  },
  OfferTooShort: { class: 'user', text: 'the offer lives until {expiry:time}, but must live until {least:time}' },
  OfferEpochOver: {
    class: 'conflict',
    text: 'the offer was signed in epoch {offerEpoch}, but the provider cancelled those before epoch {current}',
    hint: 'The provider has to sign a new offer.',
  },
  ResourceMismatch: { class: 'user', text: 'the offer is for {offered:resource}, the order for {asked:resource}' },
  AssetMismatch: { class: 'user', text: 'the offer is in the token {offered}, the order in {asked}' },
  TierTooLow: { class: 'user', text: 'the offer is of tier {offered:tier}, the order asks for {asked:tier}' },
  UnitsExceeded: { class: 'conflict', text: 'the offer is for {offered} units in all, this would use {asked}' },
  PriceTooHigh: {
    class: 'user',
    text: 'the offer asks {price} smallest units per unit and hour, the order pays at most {maxPrice}',
  },
  MinSecondsTooLong: {
    class: 'user',
    text: 'the offer charges for at least {minSeconds:seconds}, the order accepts at most {maxMinSeconds:seconds}',
  },
  DurationTooLong: {
    class: 'user',
    text: 'the order asks for {duration:seconds}, the offer allows at most {maxDuration:seconds}',
  },
  ProviderNotActive: { class: 'conflict', text: 'provider {provider} is {status:status} and takes no new lease' },
  ProviderUndercollateralised: {
    class: 'conflict',
    text: 'provider {provider} has less at stake than its leases need and takes no new one',
    hint: 'Its owner or anyone else has to add stake.',
  },
  LevelTooLow: {
    class: 'conflict',
    text: 'provider {provider} has trust level {level}, the order accepts {worstLevel} at worst',
  },
  CountryNotAccepted: {
    class: 'user',
    text: 'provider {provider} is in {country:country}, which the order does not accept',
  },
  SpreadViolated: {
    class: 'user',
    text: 'the order asks for replicas apart, but provider {provider} or its country {country:country} has one already',
  },
  InvalidOfferSignature: {
    class: 'denied',
    text: 'the offer is not signed by {operator}, the operator key of provider {provider}',
  },
  InsufficientCapacity: {
    class: 'conflict',
    text: 'provider {provider} has {free} units free, this needs {asked}',
    hint: 'Ended leases can be released to free theirs.',
  },
  CapacityEndsTooEarly: {
    class: 'conflict',
    text: 'provider {provider} committed its capacity until {until:time}, the lease would end at {end:time}',
    hint: 'The provider has to prolong its commitment.',
  },
  RankTooLow: {
    class: 'conflict',
    text: 'the bid ranks at {rank}, no better than the worst one kept ({worst})',
    hint: 'Bid lower.',
  },

  // Providers
  NotOwner: { class: 'denied', text: 'only the owner {owner} of provider {provider} may do this, not {caller}' },
  NotOwnerOrOperator: { class: 'denied', text: '{caller} is neither owner nor operator key of provider {provider}' },
  UnknownProvider: { class: 'notFound', text: 'there is no provider {provider}' },
  OperatorTaken: {
    class: 'conflict',
    text: '{operator} is already the operator key of provider {provider}',
    hint: 'Use another key: each serves one provider.',
  },
  AcceptanceExpired: {
    class: 'conflict',
    text: "the operator key's acceptance ended at {expiry:time}, it is {now_:time} now",
    hint: expired,
  },
  InvalidAcceptance: {
    class: 'denied',
    text: 'the acceptance is not signed by the operator key {operator} for the owner {owner}',
  },
  InvalidStatus: {
    class: 'conflict',
    text: 'provider {provider} is {current:status} and cannot become {asked:status}',
  },
  InvalidLevel: { class: 'user', text: 'there is no trust level {level}: 1 (best) to 5' },
  InvalidCountry: { class: 'user', text: '{country:country} is not a country like DE' },
  StaleTrust: {
    class: 'conflict',
    text: 'the score of provider {provider} is of {asOf:time}, a newer one of {known:time} is known',
  },
  LevelTtlOutOfBounds: {
    class: 'user',
    text: 'a trust level cannot last {asked:seconds}: possible is {least:seconds} to {most:seconds}',
  },
  ZeroAddress: { class: 'user', text: 'an address is missing' },

  // Stake and capacity
  ZeroAmount: { class: 'user', text: 'the amount is zero' },
  InvalidPool: { class: 'user', text: 'there is no pool {pool}' },
  NotPoolOwner: { class: 'denied', text: '{caller} does not own pool {pool}' },
  InsufficientShares: { class: 'funds', text: '{account} has {held} shares of pool {pool}, but asked for {asked}' },
  InsufficientStake: {
    class: 'funds',
    text: 'the stake that is not locked is {free:stake}, but this needs {asked:stake}',
    hint: 'Stake more, or take capacity back first.',
  },
  UnlockExceedsLock: {
    class: 'internal',
    text: '{locked:stake} of pool {pool} is locked, not {asked:stake}',
    hint: ours,
  },
  NotRequester: { class: 'denied', text: 'request {request} is not by {caller}' },
  StillBonded: { class: 'conflict', text: 'request {request} is paid from {availableAt:time}, it is {now_:time} now' },
  CommissionTooHigh: { class: 'user', text: 'a commission of {asked:bps} is more than the {most:bps} allowed' },
  UnbondingDelayOutOfBounds: {
    class: 'user',
    text: 'an unbonding delay of {asked:seconds} is not possible: {least:seconds} to {most:seconds}',
  },
  ZeroUnits: { class: 'user', text: 'the number of units is zero' },
  ResourceNotListed: {
    class: 'user',
    text: 'this market does not list the resource class {resource:resource}',
    hint: 'Governance has to list it first.',
  },
  UntilTooEarly: {
    class: 'user',
    text: 'capacity cannot be committed until {asked:time}: {least:time} is the earliest end',
  },
  UnitsLeased: {
    class: 'conflict',
    text: 'provider {provider} has {free} units of {resource:resource} that are not leased, not {asked}',
    hint: 'Wait until leases end.',
  },
  StakePerUnitTooHigh: { class: 'user', text: '{asked:stake} per unit is more than the {most:stake} allowed' },
  PenaltyTooHigh: { class: 'user', text: 'a penalty of {asked:bps} is more than the {most:bps} allowed' },
  NotMinter: { class: 'denied', text: '{caller} may not mint stake tokens' },

  // Reports
  NoLeaf: {
    class: 'notFound',
    text: 'the report of era {era} does not say this (leaf {leaf})',
    hint: 'Ask for a new proof: it belongs to one era, and to the figures exactly as that era has them.',
  },
  NotEffective: {
    class: 'conflict',
    text: 'there is no report of era {era}, or it is not effective yet',
    hint: 'A report takes effect some time after it was posted, unless it is vetoed.',
  },
  ForOtherReports: { class: 'user', text: 'this was signed for the reports at {reports}, not for these' },
  WrongEra: { class: 'conflict', text: 'the next report is of era {next}, not of era {era}' },
  WrongAttempt: {
    class: 'conflict',
    text: 'the era is reported under attempt {current}, not under attempt {attempt}',
    hint: 'A veto calls for new signatures.',
  },
  CoveredUntilOutOfBounds: {
    class: 'conflict',
    text: 'the report cannot cover the time until {coveredUntil:time}: only what is after {after_:time} and over by {most:time}',
  },
  PreviousPending: {
    class: 'conflict',
    text: 'the report of era {era} takes effect at {effectiveAt:time}; only then the next can be posted',
  },
  SignersNotRising: {
    class: 'user',
    text: 'the signers are not in rising order of their index, from number {position}',
  },
  QuorumMissing: {
    class: 'conflict',
    text: 'those who signed weigh {weight} of {total}, which is not more than two thirds',
  },
  NotPending: { class: 'conflict', text: 'era {era} has no report that is pending' },
  VetoesSpent: { class: 'conflict', text: 'reports of era {era} were vetoed {most} times, more is not allowed' },
  NotEquivocation: {
    class: 'user',
    text: 'these are not two different reports of the same era, attempt and round, signed by one monitor',
  },
  LeaseMismatch: { class: 'user', text: 'the monitors ended lease {signedFor}, but the terms given are of {lease}' },

  // Monitors
  TooManyMonitors: {
    class: 'conflict',
    text: 'there are {most} monitors already, the most there can be, and none weighs less than half as much',
  },
  AlreadyMonitor: { class: 'conflict', text: '{key} is a monitor already' },
  NotMonitor: { class: 'denied', text: '{caller} is no monitor' },
  UnknownMonitor: { class: 'notFound', text: 'there is no monitor of index {index}' },
  Ejected: {
    class: 'denied',
    text: '{key} signed two reports where a monitor signs one, and can be none any more',
  },
  WeightTooLow: {
    class: 'user',
    text: 'a weight of {weight} is too low: a monitor needs {least} whole stake tokens',
    hint: 'Stake more.',
  },
  StillCounted: {
    class: 'conflict',
    text: 'the old weight of monitor {index} counts until era {nextFrom} by the clock, it is era {clockEra} now',
  },
  InvalidPublicKey: { class: 'user', text: 'a compressed public key has 33 bytes, not {bytes_}' },
  ContactTooLong: { class: 'user', text: 'addresses of {bytes_} bytes are more than the {most} allowed' },

  // Disputes
  NotParty: { class: 'denied', text: '{caller} is neither tenant nor provider of lease {lease}' },
  UnknownDispute: { class: 'notFound', text: 'there is no open dispute {dispute}' },
  DisputeOpen: {
    class: 'conflict',
    text: 'dispute {dispute} is open until the report of era {until} is effective',
  },
  NotAuditor: { class: 'denied', text: '{caller} is no auditor of this market' },
  InvalidBps: { class: 'user', text: 'a result of {bps:bps} is more than 100 %' },
  MerkleProofInvalidMultiproof: { class: 'user', text: 'the proof of several leaves is malformed' },

  // Rewards
  BudgetSpent: {
    class: 'conflict',
    text: 'provider {provider} is owed {asked:stake} of rewards, but the budget of the eras so far is spent',
    hint: 'Claim again once the next report is effective.',
  },
  ProviderBudgetTooHigh: { class: 'user', text: '{asked:stake} an era is more than the {most:stake} allowed' },
  IdleFactorTooHigh: {
    class: 'user',
    text: 'idle capacity cannot weigh {asked:bps}: at most as much as fees, {most:bps}',
  },
  ShareOfFeesTooHigh: {
    class: 'user',
    text: 'rewards of {asked:bps} of the fees are more than the {most:bps} allowed',
  },
  RateOutOfBounds: {
    class: 'user',
    text: 'the rate of the token {asset} cannot be {rate}: possible is {least} to {most}',
    hint: 'A rate can be doubled or halved once a day.',
  },
  RateTooSoon: { class: 'conflict', text: 'the rate of the token {asset} can be changed from {from:time}' },

  // Policy
  InvalidTiming: { class: 'user', text: 'an era, and the number of eras that open the fallback, cannot be zero' },
  UnbondingDelayTooShort: {
    class: 'user',
    text: 'stake unbonds in {delay:seconds}, too soon to be slashed for what reports say: they need {least:seconds}',
  },
  FinalGraceTooShort: {
    class: 'user',
    text: 'leases can be finished after {grace:seconds}, too soon for the fallback: it needs {least:seconds}',
  },
  InvalidPolicy: { class: 'user', text: 'this policy of the reports is out of bounds' },
  AdvantageTooHigh: { class: 'user', text: 'an advantage of {asked:bps} is more than the {most:bps} allowed' },
  MaxAuctionOutOfBounds: {
    class: 'user',
    text: 'the longest auction cannot be {asked:seconds}: possible is {least:seconds} to {most:seconds}',
  },
  StartWindowOutOfBounds: {
    class: 'user',
    text: 'the start window cannot be {asked:seconds}: possible is {least:seconds} to {most:seconds}',
  },

  // Between contracts
  NotOrderBook: { class: 'denied', text: 'only the order book may do this, not {caller}' },
  NotEscrow: { class: 'denied', text: 'only the escrow may do this, not {caller}' },
  NotStaking: { class: 'denied', text: 'only the staking contract may do this, not {caller}' },
  NotLocker: { class: 'denied', text: '{caller} may not lock stake' },
  NotSlasher: { class: 'denied', text: '{caller} may not slash' },
  NotRewarder: { class: 'denied', text: '{caller} may not credit rewards' },
  ReentrancyGuardReentrantCall: { class: 'chain', text: 'the token called back while it was paid' },

  // Governance
  AccessManagedUnauthorized: { class: 'denied', text: "{caller} may not set this market's parameters" },
  AccessManagedRequiredDelay: { class: 'denied', text: '{caller} has to schedule this {delay:seconds} ahead' },
  AccessManagedInvalidAuthority: { class: 'user', text: '{authority} is no access manager' },
  AccessManagerAlreadyScheduled: { class: 'conflict', text: 'operation {operationId} is scheduled already' },
  AccessManagerBadConfirmation: { class: 'denied', text: 'a role can only be given up by who has it' },
  AccessManagerExpired: {
    class: 'conflict',
    text: 'operation {operationId} came too late',
    hint: 'Schedule it again.',
  },
  AccessManagerInvalidInitialAdmin: { class: 'user', text: '{initialAdmin} cannot govern' },
  AccessManagerLockedFunction: { class: 'user', text: 'the rights on function {selector} cannot be changed' },
  AccessManagerLockedRole: { class: 'user', text: 'role {roleId} cannot be changed' },
  AccessManagerNotReady: { class: 'conflict', text: 'operation {operationId} has to wait for its delay' },
  AccessManagerNotScheduled: { class: 'notFound', text: 'operation {operationId} is not scheduled' },
  AccessManagerUnauthorizedAccount: { class: 'denied', text: '{msgsender} lacks role {roleId}' },
  AccessManagerUnauthorizedCall: { class: 'denied', text: '{caller} may not call {selector} of {target}' },
  AccessManagerUnauthorizedCancel: {
    class: 'denied',
    text: '{msgsender} may not cancel what {caller} scheduled for {selector} of {target}',
  },
  AccessManagerUnauthorizedConsume: { class: 'denied', text: '{target} may not consume a scheduled operation' },

  // The provider's token
  ERC721IncorrectOwner: { class: 'denied', text: 'provider {tokenId} belongs to {owner}, not to {sender}' },
  ERC721InsufficientApproval: { class: 'denied', text: '{operator} may not transfer provider {tokenId}' },
  ERC721InvalidApprover: { class: 'denied', text: '{approver} may not approve a transfer' },
  ERC721InvalidOperator: { class: 'user', text: '{operator} cannot be approved' },
  ERC721InvalidOwner: { class: 'user', text: '{owner} cannot own a provider' },
  ERC721InvalidReceiver: { class: 'user', text: '{receiver} cannot receive a provider' },
  ERC721InvalidSender: { class: 'user', text: '{sender} cannot send a provider' },
  ERC721NonexistentToken: { class: 'notFound', text: 'there is no provider {tokenId}' },

  // Libraries
  AddressEmptyCode: { class: 'user', text: 'there is no contract at {target}' },
  FailedCall: { class: 'chain', text: 'a call to another contract failed without a reason' },
  ECDSAInvalidSignature: { class: 'user', text: 'the signature is malformed' },
  ECDSAInvalidSignatureLength: { class: 'user', text: 'a signature cannot have {length} bytes' },
  ECDSAInvalidSignatureS: { class: 'user', text: 'the signature is malformed: its s is {s}' },
  InvalidAccountNonce: {
    class: 'conflict',
    text: 'the permit of {account} is not its next one, number {currentNonce}',
  },
  InvalidShortString: { class: 'internal', text: 'a short string is malformed', hint: ours },
  StringTooLong: { class: 'internal', text: '"{str}" is too long', hint: ours },
  SafeCastOverflowedUintDowncast: { class: 'user', text: '{value} does not fit {bits} bits' },

  // Solidity
  Error: { class: 'chain', text: 'the contract refused: {message}' },
  Panic: { class: 'chain', text: 'the contract panicked with code {code}: a sum overflowed or the like' },
}
