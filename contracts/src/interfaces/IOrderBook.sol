// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Award, Offer, Order, Terms} from "./Types.sol";

/// @title From signed messages to running leases
/// @notice Two ways share one qualification and one ranking: {matchOrder} for bids that travelled off chain and the tenant
/// ranked, and {post}, {bid}, {award} for auctions held entirely on chain. The verifying contract of every message's domain.
interface IOrderBook {
    /// @notice State of an order posted on chain.
    enum State {
        None,
        Active,
        Closed,
        Complete
    }

    struct Policy {
        uint32 maxAuction; // longest auction, seconds
        uint32 startWindow; // goes into every lease's terms, seconds
        uint96 tenantStake; // stake a tenant needs before it may order; 0 none
        uint16[5] advantageBps; // by trust level 1..5: how much of its price a provider's rank forgives
    }

    /// @notice A bid kept by an auction.
    struct Kept {
        bytes32 offer; // digest
        uint136 rank; // score << 40 | level << 32 | arrival; lower is better
        uint64 provider;
        bytes2 country;
    }

    event OrderPosted(bytes32 indexed order, address indexed tenant, uint256 reserved, Order content);
    event BidKept(bytes32 indexed order, bytes32 indexed offer, uint64 indexed provider, uint136 rank, Offer content);
    event BidEvicted(bytes32 indexed order, bytes32 indexed offer, uint64 indexed provider);
    event OrderAwarded(bytes32 indexed order, uint16 opened, uint256 unreserved);
    event OrderCancelled(bytes32 indexed order, address indexed tenant, uint256 nonce);
    event PolicyChanged(Policy policy);

    // What can be wrong with an order
    error OrderExpired(uint40 expiry, uint40 now_);
    error NonceUsed(address tenant, uint256 nonce);
    error UnsupportedKind(uint8 kind);
    error KindMismatch(uint8 kind, bytes32 jobTerms);
    error NotForJobs(uint32 maxSilence, uint32 maxMinSeconds, bytes32 previous);
    error InvalidTier(uint8 tier);
    error InvalidSpread(uint8 spread);
    error InvalidUnits(uint32 units);
    error InvalidReplicas(uint16 asked, uint16 most);
    error InvalidDuration(uint32 duration);
    error InvalidUptime(uint16 asked, uint16 most);
    error VerifierMismatch(uint16 uptimeBps, address verifier);
    error AuctionTooLong(uint40 auctionEnd, uint40 latest);
    error AuctionOver(uint40 auctionEnd, uint40 now_);
    error AuctionRunning(uint40 auctionEnd, uint40 now_);
    error ExpiryOutOfBounds(uint40 expiry, uint40 least, uint40 most);
    error ReplacementMismatch(bytes32 previous, bytes32 given);
    error NotTenant(address caller, address tenant);
    error InsufficientTenantStake(uint256 held, uint256 least);
    error InvalidSignature(address signer);
    error WrongState(bytes32 order, State state, State needed);
    error HasBids(bytes32 order, uint8 kept);

    // What can be wrong with an award
    error AwardMismatch(bytes32 order, bytes32 awarded);
    error AwardedOthers(bytes32 offers, bytes32 awarded);
    error AwardExpired(uint40 deadline, uint40 now_);
    error LengthMismatch(uint256 left, uint256 right);
    error TooFewOffers(uint256 qualified, uint16 replicas);
    error TooManyOffers(uint256 given, uint256 most);

    // Why an offer does not qualify for an order
    error OfferForOtherOrder(bytes32 offerOrder, bytes32 order);
    error OfferNotBound();
    error OfferExpired(uint40 expiry, uint40 now_);
    error OfferLivesTooLong(uint40 expiry, uint40 most);
    error OfferTooShort(uint40 expiry, uint40 least);
    error OfferEpochOver(uint32 offerEpoch, uint32 current);
    error ResourceMismatch(bytes32 offered, bytes32 asked);
    error AssetMismatch(address offered, address asked);
    error TierTooLow(uint8 offered, uint8 asked);
    error UnitsExceeded(uint256 asked, uint32 offered);
    error PriceTooHigh(uint96 price, uint96 maxPrice);
    error MinSecondsTooLong(uint32 minSeconds, uint32 maxMinSeconds);
    error DurationTooLong(uint32 duration, uint32 maxDuration);
    error ProviderNotActive(uint64 provider, uint8 status);
    error ProviderUndercollateralised(uint64 provider);
    error LevelTooLow(uint64 provider, uint8 level, uint8 worstLevel);
    error CountryNotAccepted(uint64 provider, bytes2 country);
    error SpreadViolated(uint64 provider, bytes2 country);
    error InvalidOfferSignature(uint64 provider, address operator);
    error InsufficientCapacity(uint64 provider, uint32 asked, uint32 free);
    error CapacityEndsTooEarly(uint64 provider, uint40 until, uint40 end);
    error RankTooLow(uint136 rank, uint136 worst);

    // What can be wrong with a policy
    error AdvantageTooHigh(uint16 asked, uint16 most);
    error MaxAuctionOutOfBounds(uint32 asked, uint32 least, uint32 most);
    error StartWindowOutOfBounds(uint32 asked, uint32 least, uint32 most);

    /// @notice Opens `order.replicas` leases with the first offers that qualify, in the order given; the rest are spares.
    /// Consent: the tenant's signed Award over exactly these offers, or the tenant sends this itself (award ignored).
    /// Told by {ILeaseEscrow-LeaseOpened} alone, whose terms name the order.
    /// @param signatures one per offer, by the provider's operator key; where an offer is listed several times in a row only
    /// the first counts
    /// @param replaced empty, or the terms of the lease that `order.previous` names
    /// @return leases their ids, by replica. Reverts with the last offer's failure if too few qualify, and at a wrong
    /// signature even where spares are left: the caller brings those, and must not choose among the offers by them.
    function matchOrder(
        Order calldata order,
        Offer[] calldata offers,
        bytes[] calldata signatures,
        Award calldata award_,
        bytes calldata awardSignature,
        Terms[] calldata replaced
    ) external returns (bytes32[] memory leases);

    /// @notice Opens an auction on chain and reserves the most it can cost. Sent by the tenant, or with its consent.
    /// @param signature the tenant's on Award{order, offers: 0, deadline: order.auctionEnd}. The order's own signature will
    /// not do: it travels to every bidder, who could post the order just before its end and be its only, dearest bidder.
    /// @return orderHash the order's digest
    function post(Order calldata order, bytes calldata signature) external returns (bytes32 orderHash);

    /// @notice Enters a bid. Rank is compared before anything is verified. A kept bid's capacity is allocated at once and
    /// given back when a better bid evicts it. Bids are open: whoever wants sealed bids uses {matchOrder}. By anyone.
    function bid(Order calldata order, Offer calldata offer, bytes calldata signature) external;

    /// @notice After the auction: opens a lease for each kept bid, even if fewer than asked, and returns the rest. After the
    /// order's expiry it only returns everything. By anyone.
    /// @param offers the kept bids' offers, in the order of {keptOf}; empty after expiry
    /// @param replaced the terms of the lease that `order.previous` names; without one, or if it is another tenant's, nothing
    /// is replaced
    function award(Order calldata order, Offer[] calldata offers, Terms[] calldata replaced)
        external
        returns (bytes32[] memory leases);

    /// @notice Spends the order's nonce, and ends its auction if there is one without bids. Tenant only.
    function cancel(Order calldata order) external;

    // Carried before a match in one {multicall}

    function updateTrust(uint64 provider, bytes calldata proof) external;

    function release(Terms calldata terms) external;

    function depositWithPermit(
        address owner,
        address asset,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    // Views

    function hashOrder(Order calldata order) external view returns (bytes32);

    function hashOffer(Offer calldata offer) external view returns (bytes32);

    function hashAward(Award calldata award_) external view returns (bytes32);

    function isNonceUsed(address tenant, uint256 nonce) external view returns (bool);

    /// @notice Units of a standing offer already leased.
    function usedUnits(bytes32 offer) external view returns (uint32);

    function stateOf(bytes32 order) external view returns (State);

    function keptOf(bytes32 order) external view returns (Kept[] memory);

    function policy() external view returns (Policy memory);

    function domainSeparator() external view returns (bytes32);

    // Governance

    function setPolicy(Policy calldata policy) external;
}
