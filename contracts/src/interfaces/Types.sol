// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// The signed messages that contracts check, and the one struct a lease's id is the hash of. Formats are frozen: signatures
// travel and contracts are immutable. Messages that only travel between peers are described in docs/protocol.md. Amounts are in an asset's smallest unit, prices in smallest units per resource unit per hour,
// times in whole seconds (absolute ones as Unix time), ratios in basis points.

/// @notice A tenant's request. By itself it authorises nothing but bidding.
struct Order {
    address tenant; // pays; an account or an EIP-1271 wallet
    address agent; // peer key that may open streams for this order's leases; can never move money
    address asset; // the ERC-20 that pays
    bytes32 resource; // resource class as left-aligned ASCII, e.g. "cu"
    uint8 kind; // 0 service, 1 job
    uint8 tier; // 0 interruptible, 1 standard, 2 premium; an offer's tier must be at least this
    uint32 units; // resource units per replica
    uint16 replicas; // leases wanted, 1 to 32
    uint96 maxPrice; // the most the tenant pays
    uint32 duration; // seconds each lease is paid for at opening
    uint32 maxMinSeconds; // the largest minimum charge an offer may ask
    uint16 uptimeBps; // promised uptime; 0 means unmonitored
    uint32 maxSilence; // by time, one settlement reaches at most this far back; 0 no limit
    uint8 worstLevel; // the worst trust level accepted, 1 to 5
    uint8 spread; // 0 none, 1 distinct providers, 2 distinct countries
    bytes2[] countries; // accepted countries (ISO 3166-1 alpha-2); empty accepts all
    address verifier; // says what was served; zero if and only if unmonitored
    bytes32 manifest; // keccak256(briefHash, privateHash)
    bytes32 jobTerms; // hash of JobTerms; 0 for a service
    bytes32 previous; // lease that this one replaces; 0 for none
    uint32 handoverSeconds; // how long the replaced lease goes on after the match
    uint40 auctionEnd; // when bids are ranked
    uint40 expiry; // no lease opens after this
    uint256 nonce; // one bit of the tenant's bitmap
}

/// @notice A provider's signed price. Bound to one order it is a bid; bound to none it is a standing offer.
struct Offer {
    uint64 provider;
    uint32 offerEpoch; // must equal the provider's current epoch
    bytes32 order; // the order's digest; 0 for a standing offer
    bytes32 resource;
    address asset;
    uint8 tier;
    uint32 units; // the most this offer may be used for
    uint96 price;
    uint32 minSeconds; // paid for even if the tenant closes earlier
    uint32 maxDuration; // seconds from start to the latest end
    uint32 noticeSeconds; // notice before an interruptible lease may be ended by the provider
    uint40 expiry;
    uint256 salt;
}

/// @notice The tenant's consent to the choice. `offers` is keccak256 of the chosen offers' digests, concatenated in order.
struct Award {
    bytes32 order;
    bytes32 offers;
    uint40 deadline;
}

/// @notice Lets whoever holds it extend a lease, up to `latestEnd` and up to `maxAmount` paid for the whole lease.
struct Extend {
    bytes32 lease;
    uint40 latestEnd;
    uint96 maxAmount;
    uint40 expiry;
}

/// @notice What a job is and how its result is judged. Its EIP-712 digest is the order's `jobTerms`.
struct JobTerms {
    uint32 tasks; // of the whole order
    uint16 sample; // how many of a lease's tasks are executed again
    uint8 validators; // how many monitors are drawn to do so
    bytes32 comparator; // 0: outputs must be the same bytes
    uint32 deadlineSeconds; // from the lease's start
    uint96 cancelFee; // what the provider gets at most if the tenant cancels after the job was begun
    uint96 verifyFee; // for the validators, beside the price
    bytes32 inputs; // content hash
}

/// @notice What drawn monitors sign for a job. `jobs` is the contract that it is for.
struct Verdict {
    address jobs;
    bytes32 lease;
    bytes32 seed; // what the job's commitment is now: a verdict on an earlier one is void
    bool passed;
}

/// @notice An operator key's consent to serve the provider of `owner`.
struct OperatorAcceptance {
    address owner;
    address operator;
    uint40 expiry;
}

/// @notice What monitors sign for an era. `reports` is the contract that it is for.
struct Report {
    address reports;
    uint64 era; // from 1
    uint32 attempt; // raised by a veto
    uint32 round; // raised when a leader is replaced
    bytes32 root;
    uint40 coveredUntil;
    bytes32 dataHash; // of the data set that the root can be rebuilt from
}

/// @notice What monitors sign to end a lease whose provider vanished.
struct LeaseEnd {
    address reports;
    bytes32 lease;
    uint40 endedAt;
    bytes32 evidence; // hash of the observations
}

/// @notice A lease's unchanging terms. Its id is keccak256(abi.encode(terms)); the chain keeps only {LeaseState}.
struct Terms {
    bytes32 order; // digest
    bytes32 offer; // digest
    uint16 index; // replica, from 0
    address tenant;
    uint64 provider;
    address payout; // where the provider's earnings are credited, as it was at opening
    address asset;
    bytes32 resource;
    uint32 units;
    uint128 rate; // price * units, per hour
    uint40 start;
    uint40 latestEnd; // extend reaches no further
    uint8 kind;
    uint8 tier;
    uint16 uptimeBps;
    uint32 maxSilence;
    uint32 minSeconds;
    uint32 noticeSeconds;
    uint32 startWindow; // the provider may abandon unpunished until start + startWindow
    bytes32 jobTerms;
    address verifier;
}

/// @notice What changes in a lease: one storage slot that stays as a tombstone (`end` is never zero once opened).
struct LeaseState {
    uint40 end; // paid until
    uint40 closedAt; // 0 while nobody ended it early
    uint40 secondsPaid; // seconds the provider was paid for, cumulative
    uint40 settledUntil; // by time: seconds before this are settled or forfeited
    bool released; // its capacity went back
    bool byTime; // settled by time: unmonitored, or after the fallback
    bool resolved; // nothing is held any more
}

/// @notice A leaf of a report: how long a lease was really up since its start, cumulative.
struct ServedLeaf {
    uint64 era;
    uint40 served; // seconds
}

/// @notice What a match needs to know of a provider, as of now.
struct ProviderView {
    address operator; // zero if cleared
    uint32 offerEpoch;
    uint8 status; // {Status}
    uint8 level; // 1 best to 5, after ceiling and expiry
    bytes2 country;
    bool collateralised; // false after a slash left its pool below its locks
    address payout;
}

library Kind {
    uint8 internal constant SERVICE = 0;
    uint8 internal constant JOB = 1;
}

library Tier {
    uint8 internal constant INTERRUPTIBLE = 0;
    uint8 internal constant STANDARD = 1;
    uint8 internal constant PREMIUM = 2;
}

library Spread {
    uint8 internal constant NONE = 0;
    uint8 internal constant PROVIDERS = 1;
    uint8 internal constant COUNTRIES = 2;
}

library Status {
    uint8 internal constant NONE = 0;
    uint8 internal constant ACTIVE = 1;
    uint8 internal constant DRAINING = 2; // serves what it has, takes nothing new
    uint8 internal constant PAUSED = 3;
    uint8 internal constant BANNED = 4; // set and lifted by governance alone
}

/// @notice Why a lease ended. Expired is derived from `end` and has no transaction, hence no event.
library Reason {
    uint8 internal constant EXPIRED = 0;
    uint8 internal constant CLOSED_BY_TENANT = 1;
    uint8 internal constant REPLACED = 2;
    uint8 internal constant INTERRUPTED = 3;
    uint8 internal constant NO_MANIFEST = 4;
    uint8 internal constant CANNOT_RUN = 5;
    uint8 internal constant ABANDONED = 6;
    uint8 internal constant ENDED_BY_MONITORS = 7;
    uint8 internal constant JOB_ACCEPTED = 8;
    uint8 internal constant JOB_VERDICT = 9;
    uint8 internal constant JOB_EXPIRED = 10;
}

/// @notice What a pool of stake is for: the upper bits of its id.
library PoolKind {
    uint8 internal constant PROVIDER = 1;
    uint8 internal constant MONITOR = 2;
    uint8 internal constant TENANT = 3;
}
