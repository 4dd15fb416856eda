// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LeaseId} from "../LeaseId.sol";
import {MarketDomain} from "../MarketDomain.sol";
import {Messages} from "../Messages.sol";
import {Signatures} from "../Signatures.sol";
import {ICapacityRegistry} from "../interfaces/ICapacityRegistry.sol";
import {ILeaseEscrow} from "../interfaces/ILeaseEscrow.sol";
import {IOrderBook} from "../interfaces/IOrderBook.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {Kind, Offer, Order, PoolKind, ProviderView, Spread, Status, Terms, Tier} from "../interfaces/Types.sol";
import {Inputs} from "./Inputs.sol";

/// @title What makes an order valid, an offer fit for it, and one offer better than another
/// @notice The one place for both ways to a lease. Whether an offer qualifies is told as data, not by reverting, because a
/// match goes on with its spares: an empty `failure` is a yes, else it is the encoded error.
abstract contract Qualification is IOrderBook, MarketDomain {
    /// @dev Bounds the loops of a match and of an auction.
    uint16 internal constant MAX_REPLICAS = 32;
    /// @dev A provider is bound by its bid at most this long after the auction.
    uint32 internal constant MAX_BID_LIFE = 1 days;
    uint16 internal constant MAX_BPS = 10_000;

    /// @dev {Policy} in one slot.
    struct PolicySlot {
        uint32 maxAuction;
        uint32 startWindow;
        uint96 tenantStake;
        uint80 advantagesBps; // 16 bits a level, level 1 lowest
    }

    IProviderRegistry internal immutable REGISTRY;
    ICapacityRegistry internal immutable CAPACITY;
    ILeaseEscrow internal immutable ESCROW;
    IStaking internal immutable STAKING;

    PolicySlot internal _policy;

    constructor(IProviderRegistry registry, ICapacityRegistry capacity, ILeaseEscrow escrow, IStaking staking) {
        REGISTRY = registry;
        CAPACITY = capacity;
        ESCROW = escrow;
        STAKING = staking;
    }

    // ------------------------------------------------------------------------------------------- the order

    function _checkOrder(Order memory order) internal view {
        if (block.timestamp > order.expiry) revert OrderExpired(order.expiry, _now());
        uint256 latest = block.timestamp + _policy.maxAuction;
        if (order.auctionEnd > latest) revert AuctionTooLong(order.auctionEnd, uint40(latest)); // as _now() is
        if (order.tier > Tier.PREMIUM) revert InvalidTier(order.tier);
        if (order.spread > Spread.COUNTRIES) revert InvalidSpread(order.spread);
        if (order.units == 0) revert InvalidUnits(order.units);
        if (order.replicas == 0 || order.replicas > MAX_REPLICAS) revert InvalidReplicas(order.replicas, MAX_REPLICAS);
        if (order.previous != 0 && order.replicas != 1) revert InvalidReplicas(order.replicas, 1);
        if (order.duration == 0) revert InvalidDuration(order.duration);
        if (order.uptimeBps > MAX_BPS) revert InvalidUptime(order.uptimeBps, MAX_BPS);
        bool isJob = _checkKind(order);
        // A job has a verifier and no uptime, a service has both or none.
        if ((isJob || order.uptimeBps != 0) == (order.verifier == address(0)) || (isJob && order.uptimeBps != 0)) {
            revert VerifierMismatch(order.uptimeBps, order.verifier);
        }
        uint96 tenantStake = _policy.tenantStake;
        if (tenantStake != 0) _checkTenantStake(order.tenant, tenantStake);
    }

    /// @dev A job is paid for its result: nothing of it goes by time, and it takes no other lease's place.
    function _checkKind(Order memory order) private pure returns (bool isJob) {
        isJob = order.kind == Kind.JOB;
        if (order.kind > Kind.JOB) revert UnsupportedKind(order.kind);
        if (isJob == (order.jobTerms == 0)) revert KindMismatch(order.kind, order.jobTerms);
        if (!isJob) return false;
        if (order.maxSilence != 0 || order.maxMinSeconds != 0 || order.previous != 0) {
            revert NotForJobs(order.maxSilence, order.maxMinSeconds, order.previous);
        }
    }

    function _checkTenantStake(address tenant, uint96 least) private view {
        uint256 held = STAKING.bondedOf(STAKING.poolId(PoolKind.TENANT, uint160(tenant)));
        if (held < least) revert InsufficientTenantStake(held, least);
    }

    /// @dev The lease that the order replaces is given if and only if the order names it, and is the tenant's own.
    function _checkReplaced(Order memory order, Terms[] calldata replaced) internal pure {
        if (order.previous == 0 && replaced.length == 0) return;
        _checkGiven(order, replaced);
        if (replaced[0].tenant != order.tenant) revert NotTenant(order.tenant, replaced[0].tenant);
    }

    function _checkGiven(Order memory order, Terms[] calldata replaced) internal pure {
        bytes32 given = replaced.length == 1 ? LeaseId.hash(replaced[0]) : bytes32(0);
        if (given != order.previous || replaced.length != 1) revert ReplacementMismatch(order.previous, given);
    }

    function _replace(Order memory order, Terms[] calldata replaced, bool takeOver) internal {
        ESCROW.replace(replaced[0], order.handoverSeconds, takeOver);
    }

    // ------------------------------------------------------------------------------------------- the offer

    /// @dev Everything about one offer by itself; not its place among others (spread, units used) and not capacity. A wrong
    /// signature reverts: whoever carries a tenant's award brings the signatures, and must not choose a spare by spoiling one.
    function _qualify(
        Order memory order,
        bytes32 orderHash,
        Offer memory offer,
        bytes32 offerHash,
        bytes calldata signature,
        ProviderView memory provider
    ) internal view returns (bytes memory failure) {
        failure = _whyOfferUnfit(order, orderHash, offer);
        if (failure.length != 0) return failure;
        failure = _whyProviderUnfit(order, offer, provider);
        if (failure.length != 0) return failure;
        if (!Signatures.isValid(provider.operator, offerHash, signature)) {
            revert InvalidOfferSignature(offer.provider, provider.operator);
        }
    }

    function _whyOfferUnfit(Order memory order, bytes32 orderHash, Offer memory offer)
        private
        view
        returns (bytes memory failure)
    {
        if (offer.order != 0) {
            if (offer.order != orderHash) {
                return abi.encodeWithSelector(OfferForOtherOrder.selector, offer.order, orderHash);
            }
            if (offer.expiry > uint256(order.auctionEnd) + MAX_BID_LIFE) {
                return abi.encodeWithSelector(OfferLivesTooLong.selector, offer.expiry, order.auctionEnd + MAX_BID_LIFE);
            }
        }
        if (block.timestamp > offer.expiry) return abi.encodeWithSelector(OfferExpired.selector, offer.expiry, _now());
        if (offer.resource != order.resource) {
            return abi.encodeWithSelector(ResourceMismatch.selector, offer.resource, order.resource);
        }
        if (offer.asset != order.asset) {
            return abi.encodeWithSelector(AssetMismatch.selector, offer.asset, order.asset);
        }
        if (offer.tier < order.tier) return abi.encodeWithSelector(TierTooLow.selector, offer.tier, order.tier);
        if (offer.tier > Tier.PREMIUM) return abi.encodeWithSelector(InvalidTier.selector, offer.tier);
        if (offer.units < order.units) return abi.encodeWithSelector(UnitsExceeded.selector, order.units, offer.units);
        if (offer.price > order.maxPrice) {
            return abi.encodeWithSelector(PriceTooHigh.selector, offer.price, order.maxPrice);
        }
        if (offer.minSeconds > order.maxMinSeconds) {
            return abi.encodeWithSelector(MinSecondsTooLong.selector, offer.minSeconds, order.maxMinSeconds);
        }
        if (offer.maxDuration < order.duration) {
            return abi.encodeWithSelector(DurationTooLong.selector, order.duration, offer.maxDuration);
        }
    }

    function _whyProviderUnfit(Order memory order, Offer memory offer, ProviderView memory provider)
        private
        pure
        returns (bytes memory failure)
    {
        if (provider.status != Status.ACTIVE) {
            return abi.encodeWithSelector(ProviderNotActive.selector, offer.provider, provider.status);
        }
        if (!provider.collateralised) {
            return abi.encodeWithSelector(ProviderUndercollateralised.selector, offer.provider);
        }
        if (offer.offerEpoch != provider.offerEpoch) {
            return abi.encodeWithSelector(OfferEpochOver.selector, offer.offerEpoch, provider.offerEpoch);
        }
        if (provider.level > order.worstLevel) {
            return abi.encodeWithSelector(LevelTooLow.selector, offer.provider, provider.level, order.worstLevel);
        }
        if (!_accepts(order.countries, provider.country)) {
            return abi.encodeWithSelector(CountryNotAccepted.selector, offer.provider, provider.country);
        }
    }

    function _accepts(bytes2[] memory countries, bytes2 country) private pure returns (bool) {
        for (uint256 i = 0; i < countries.length; i++) {
            if (countries[i] == country) return true;
        }
        return countries.length == 0;
    }

    /// @dev Takes the units of one replica until `end`.
    function _allocate(Order memory order, Offer memory offer, uint40 end)
        internal
        returns (bytes memory failure, uint40 until)
    {
        bool ok;
        uint32 free;
        (ok, free, until) = CAPACITY.allocate(offer.provider, order.resource, order.units, end);
        if (until < end) {
            failure = abi.encodeWithSelector(CapacityEndsTooEarly.selector, offer.provider, until, end);
        } else if (!ok) {
            failure = abi.encodeWithSelector(InsufficientCapacity.selector, offer.provider, order.units, free);
        }
    }

    // ------------------------------------------------------------------------------------------- rank

    /// @dev The price less what the provider's level forgives, rounded up; then the level; then who came first.
    function _rank(uint96 price, uint8 level, uint32 arrival) internal view returns (uint136) {
        uint256 advantageBps = (_policy.advantagesBps >> (16 * (level - 1))) & 0xffff;
        uint256 score = price - price * advantageBps / MAX_BPS;
        return uint136(score << 40 | uint256(level) << 32 | arrival); // score is at most the 96-bit price
    }

    // ------------------------------------------------------------------------------------------- structs across contracts

    // A struct's words are the same in memory and in a call's data, and these contracts are ours: nothing is encoded or
    // decoded member by member, which would cost a match 1,950 gas.

    /// @dev `REGISTRY.viewOf(provider)`, in a list of one as {Inputs} explains.
    function _viewOf(uint256 provider) internal view returns (ProviderView[] memory list) {
        address registry = address(REGISTRY);
        bytes4 selector = IProviderRegistry.viewOf.selector;
        assembly ("memory-safe") {
            list := mload(0x40)
            mstore(list, 1)
            mstore(add(list, 0x20), add(list, 0x40))
            mstore(0x40, add(list, 0x120))
            mstore(0, selector)
            mstore(4, provider)
            let ok := staticcall(gas(), registry, 0, 0x24, add(list, 0x40), 0xe0)
            if iszero(and(ok, eq(returndatasize(), 0xe0))) { revert(0, 0) }
        }
    }

    /// @dev `ESCROW.open(terms, duration, reserved)`
    function _open(Terms memory terms, uint256 duration, bool reserved) internal returns (bytes32 lease) {
        address escrow = address(ESCROW);
        bytes4 selector = ILeaseEscrow.open.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, selector)
            mcopy(add(data, 4), terms, 0x2a0)
            mstore(add(data, 0x2a4), duration)
            mstore(add(data, 0x2c4), reserved)
            let ok := call(gas(), escrow, 0, data, 0x2e4, 0, 0x20)
            if iszero(and(ok, eq(returndatasize(), 0x20))) {
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
            lease := mload(0)
        }
    }

    // ------------------------------------------------------------------------------------------- helpers

    /// @dev The terms that all leases of one order share; {_setReplica} adds the rest.
    function _sharedTerms(Order memory order, bytes32 orderHash) internal view returns (Terms memory terms) {
        terms.order = orderHash;
        terms.tenant = order.tenant;
        terms.asset = order.asset;
        terms.resource = order.resource;
        terms.units = order.units;
        terms.start = _now();
        terms.kind = order.kind;
        terms.uptimeBps = order.uptimeBps;
        terms.maxSilence = order.maxSilence;
        terms.startWindow = _policy.startWindow;
        terms.jobTerms = order.jobTerms;
        terms.verifier = order.verifier;
    }

    /// @param until the end of the capacity's commitment, which no lease outlives
    function _setReplica(
        Terms memory terms,
        Offer memory offer,
        bytes32 offerHash,
        address payout,
        uint40 until
    ) internal pure {
        terms.offer = offerHash;
        terms.provider = offer.provider;
        terms.payout = payout;
        unchecked {
            terms.rate = uint128(offer.price) * terms.units; // 96 bits times 32
            uint256 latest = uint256(terms.start) + offer.maxDuration;
            terms.latestEnd = latest < until ? uint40(latest) : until;
        }
        terms.tier = offer.tier;
        terms.minSeconds = offer.minSeconds;
        terms.noticeSeconds = offer.noticeSeconds;
    }

    function _now() internal view returns (uint40) {
        return uint40(block.timestamp); // for 34,000 years
    }

    function _revertWith(bytes memory failure) internal pure {
        assembly ("memory-safe") {
            revert(add(failure, 0x20), mload(failure))
        }
    }

    /// @inheritdoc IOrderBook
    function hashOrder(Order calldata order) external view returns (bytes32) {
        return _hashOrder(Inputs.load(order)[0]);
    }

    /// @inheritdoc IOrderBook
    function hashOffer(Offer calldata offer) external view returns (bytes32) {
        return _hashOffer(Inputs.load(offer)[0]);
    }

    function _hashOrder(Order memory order) internal view returns (bytes32) {
        return _digest(Messages.hashOrder(order));
    }

    function _hashOffer(Offer memory offer) internal view returns (bytes32) {
        return _digest(Messages.hashOffer(offer));
    }
}
