// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {MarketDomain} from "./MarketDomain.sol";
import {Messages} from "./Messages.sol";
import {Signatures} from "./Signatures.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {ILeaseEscrow} from "./interfaces/ILeaseEscrow.sol";
import {IOrderBook} from "./interfaces/IOrderBook.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {Award, Offer, Order, ProviderView, Spread, Terms} from "./interfaces/Types.sol";
import {Auctions} from "./orderbook/Auctions.sol";
import {Qualification} from "./orderbook/Qualification.sol";

/// @title The body of {IOrderBook}: matches here, auctions in {Auctions}, what qualifies in {Qualification}
contract OrderBook is Auctions, Multicall, AccessManaged {
    /// @dev Half of them spares for the largest order.
    uint256 private constant MAX_OFFERS = 64;

    uint16 private constant MAX_ADVANTAGE_BPS = 3000;
    uint32 private constant LEAST_MAX_AUCTION = 1 hours;
    uint32 private constant MOST_MAX_AUCTION = 7 days;
    uint32 private constant LEAST_START_WINDOW = 1 minutes;
    uint32 private constant MOST_START_WINDOW = 1 days;

    /// @dev What a match has taken so far, for spread and for the units of offers.
    struct Taken {
        bytes32 offer;
        uint64 provider;
        bytes2 country;
    }

    mapping(bytes32 offer => uint32) private _usedUnits;

    constructor(
        address authority,
        IProviderRegistry registry,
        ICapacityRegistry capacity,
        ILeaseEscrow escrow,
        IStaking staking
    ) AccessManaged(authority) MarketDomain(address(this)) Qualification(registry, capacity, escrow, staking) {
        _setPolicy(
            Policy({maxAuction: 1 days, startWindow: 10 minutes, tenantStake: 0, advantageBps: [500, 300, 200, 100, 0]})
        );
    }

    // ------------------------------------------------------------------------------------------- match

    /// @inheritdoc IOrderBook
    function matchOrder(
        Order memory order,
        Offer[] memory offers,
        bytes[] calldata signatures,
        Award calldata award_,
        bytes calldata awardSignature,
        Terms[] calldata replaced
    ) external returns (bytes32[] memory leases) {
        _checkOrder(order);
        if (offers.length != signatures.length) revert LengthMismatch(offers.length, signatures.length);
        if (offers.length < order.replicas) revert TooFewOffers(offers.length, order.replicas);
        if (offers.length > MAX_OFFERS) revert TooManyOffers(offers.length, MAX_OFFERS);
        bytes32 orderHash = hashOrder(order);
        bytes32[] memory offerHashes = _hashOffers(offers);
        if (msg.sender != order.tenant) _checkAward(order.tenant, orderHash, offerHashes, award_, awardSignature);
        _checkReplaced(order, replaced);
        _useNonce(order.tenant, order.nonce);

        return _fill(order, orderHash, offers, offerHashes, signatures, replaced);
    }

    function _hashOffers(Offer[] memory offers) private view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](offers.length);
        for (uint256 i = 0; i < offers.length; i++) {
            hashes[i] = hashOffer(offers[i]);
        }
    }

    /// @dev The tenant's consent to exactly these offers, spares included.
    function _checkAward(
        address tenant,
        bytes32 orderHash,
        bytes32[] memory offerHashes,
        Award calldata award_,
        bytes calldata signature
    ) private view {
        bytes32 chosen = Messages.hashList(offerHashes);
        if (award_.order != orderHash) revert AwardMismatch(orderHash, award_.order);
        if (award_.offers != chosen) revert AwardedOthers(chosen, award_.offers);
        if (block.timestamp > award_.deadline) revert AwardExpired(award_.deadline, _now());
        if (!Signatures.isValid(tenant, hashAward(award_), signature)) revert InvalidSignature(tenant);
    }

    /// @dev Opens leases with the first offers that qualify. Once too few are left for the rest, what is wrong with an offer
    /// is wrong with the match.
    function _fill(
        Order memory order,
        bytes32 orderHash,
        Offer[] memory offers,
        bytes32[] memory offerHashes,
        bytes[] calldata signatures,
        Terms[] calldata replaced
    ) private returns (bytes32[] memory leases) {
        leases = new bytes32[](order.replicas);
        Taken[] memory taken = new Taken[](order.replicas);
        Terms memory terms = _sharedTerms(order, orderHash);
        ProviderView memory provider;
        bytes memory unfit;
        uint16 opened = 0;
        for (uint256 i = 0; opened < order.replicas; i++) {
            // An offer that is listed again is judged once: nothing that was asked of it can have changed.
            if (i == 0 || offerHashes[i] != offerHashes[i - 1]) {
                provider = REGISTRY.viewOf(offers[i].provider);
                unfit = _qualify(order, orderHash, offers[i], offerHashes[i], signatures[i], provider);
            }
            bytes memory failure = unfit;
            if (failure.length == 0) {
                taken[opened] = Taken(offerHashes[i], offers[i].provider, provider.country);
                failure = _take(order, offers[i], taken, opened, terms, provider.payout, replaced);
            }
            if (failure.length == 0) {
                leases[opened] = ESCROW.open(terms, order.duration, false);
                opened++;
            } else if (offers.length - i - 1 < order.replicas - opened) {
                _revertWith(failure);
            }
        }
    }

    /// @dev Takes the units of `taken[index]` from its offer and its provider, and completes the lease's terms.
    function _take(
        Order memory order,
        Offer memory offer,
        Taken[] memory taken,
        uint16 index,
        Terms memory terms,
        address payout,
        Terms[] calldata replaced
    ) private returns (bytes memory failure) {
        uint256 used;
        (failure, used) = _whyNotAlso(order, offer, taken, index);
        if (failure.length != 0) return failure;

        // A provider that replaces its own lease may need that one's units; if they do not do, no spare will.
        bool takeOver =
            order.previous != 0 && replaced[0].provider == offer.provider && replaced[0].resource == order.resource;
        if (takeOver) _replace(order, replaced, true);
        uint40 until;
        (failure, until) = _allocate(order, offer, _now() + order.duration);
        if (failure.length != 0) {
            if (takeOver) _revertWith(failure);
            return failure;
        }
        if (order.previous != 0 && !takeOver) _replace(order, replaced, false);
        if (offer.order == 0) _usedUnits[taken[index].offer] = uint32(used); // at most the offer's 32-bit units
        _setReplica(terms, index, offer, taken[index].offer, payout, until);
    }

    /// @dev Whether the offer fits beside the first `count` taken. @return used units of it, this replica included
    function _whyNotAlso(Order memory order, Offer memory offer, Taken[] memory taken, uint256 count)
        private
        view
        returns (bytes memory failure, uint256 used)
    {
        Taken memory candidate = taken[count];
        used = order.units;
        // A bid that would do for all replicas needs no look at the others, unless they must be spread.
        bool forAll = offer.order != 0 && offer.units >= uint256(order.units) * order.replicas;
        if (forAll && order.spread == Spread.NONE) return ("", used);
        // A bid is for one order, which is used once, so only this match counts. A standing offer remembers.
        if (offer.order == 0) used += _usedUnits[candidate.offer];
        for (uint256 i = 0; i < count; i++) {
            if (offer.order != 0 && taken[i].offer == candidate.offer) used += order.units;
            if (
                (order.spread == Spread.PROVIDERS && taken[i].provider == candidate.provider)
                    || (order.spread == Spread.COUNTRIES && taken[i].country == candidate.country)
            ) return (abi.encodeWithSelector(SpreadViolated.selector, candidate.provider, candidate.country), used);
        }
        if (used > offer.units) failure = abi.encodeWithSelector(UnitsExceeded.selector, used, offer.units);
    }

    // ------------------------------------------------------------------------------------------- carried in a multicall

    /// @inheritdoc IOrderBook
    function updateTrust(uint64 provider, bytes calldata proof) external {
        REGISTRY.updateTrust(provider, proof);
    }

    /// @inheritdoc IOrderBook
    function release(Terms calldata terms) external {
        ESCROW.release(terms);
    }

    /// @inheritdoc IOrderBook
    function depositWithPermit(
        address owner,
        address asset,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        ESCROW.depositWithPermit(owner, asset, amount, deadline, v, r, s);
    }

    // ------------------------------------------------------------------------------------------- views

    /// @inheritdoc IOrderBook
    function usedUnits(bytes32 offer) external view returns (uint32) {
        return _usedUnits[offer];
    }

    /// @inheritdoc IOrderBook
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparator();
    }

    /// @inheritdoc IOrderBook
    function policy() external view returns (Policy memory rules) {
        PolicySlot memory slot = _policy;
        (rules.maxAuction, rules.startWindow, rules.tenantStake) = (slot.maxAuction, slot.startWindow, slot.tenantStake);
        for (uint256 i = 0; i < 5; i++) {
            rules.advantageBps[i] = uint16(slot.advantagesBps >> (16 * i)); // the lowest 16 bits
        }
    }

    // ------------------------------------------------------------------------------------------- governance

    /// @inheritdoc IOrderBook
    function setPolicy(Policy calldata policy_) external restricted {
        _setPolicy(policy_);
    }

    function _setPolicy(Policy memory rules) private {
        if (rules.maxAuction < LEAST_MAX_AUCTION || rules.maxAuction > MOST_MAX_AUCTION) {
            revert MaxAuctionOutOfBounds(rules.maxAuction, LEAST_MAX_AUCTION, MOST_MAX_AUCTION);
        }
        if (rules.startWindow < LEAST_START_WINDOW || rules.startWindow > MOST_START_WINDOW) {
            revert StartWindowOutOfBounds(rules.startWindow, LEAST_START_WINDOW, MOST_START_WINDOW);
        }
        uint80 advantagesBps;
        for (uint256 i = 0; i < 5; i++) {
            uint16 advantageBps = rules.advantageBps[i];
            if (advantageBps > MAX_ADVANTAGE_BPS) revert AdvantageTooHigh(advantageBps, MAX_ADVANTAGE_BPS);
            advantagesBps |= uint80(advantageBps) << uint80(16 * i); // five times 16 bits
        }
        _policy = PolicySlot(rules.maxAuction, rules.startWindow, rules.tenantStake, advantagesBps);
        emit PolicyChanged(rules);
    }
}
