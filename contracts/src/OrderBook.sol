// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
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
import {Inputs} from "./orderbook/Inputs.sol";
import {Qualification} from "./orderbook/Qualification.sol";

/// @title The body of {IOrderBook}: matches here, auctions in {Auctions}, what qualifies in {Qualification}
contract OrderBook is Auctions, Multicall, AccessManaged {
    using TransientSlot for bytes32;
    using TransientSlot for TransientSlot.Uint256Slot;

    /// @dev Half of them spares for the largest order.
    uint256 private constant MAX_OFFERS = 64;

    uint16 private constant MAX_ADVANTAGE_BPS = 3000;
    uint32 private constant LEAST_MAX_AUCTION = 1 hours;
    uint32 private constant MOST_MAX_AUCTION = 7 days;
    uint32 private constant LEAST_START_WINDOW = 1 minutes;
    uint32 private constant MOST_START_WINDOW = 1 days;

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
        Order calldata order_,
        Offer[] calldata offers_,
        bytes[] calldata signatures,
        Award calldata award_,
        bytes calldata awardSignature,
        Terms[] calldata replaced
    ) external returns (bytes32[] memory leases) {
        Order memory order = Inputs.load(order_)[0];
        Offer[] memory offers = Inputs.load(offers_);
        _checkOrder(order);
        if (offers.length != signatures.length) revert LengthMismatch(offers.length, signatures.length);
        if (offers.length < order.replicas) revert TooFewOffers(offers.length, order.replicas);
        if (offers.length > MAX_OFFERS) revert TooManyOffers(offers.length, MAX_OFFERS);
        bytes32 orderHash = _hashOrder(order);
        bytes32[] memory offerHashes = _hashOffers(offers);
        if (msg.sender != order.tenant) _checkAward(order.tenant, orderHash, offerHashes, award_, awardSignature);
        _checkReplaced(order, replaced);
        _useNonce(order.tenant, order.nonce);

        return _fill(order, orderHash, offers, offerHashes, signatures, replaced);
    }

    function _hashOffers(Offer[] memory offers) private view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](offers.length);
        for (uint256 i = 0; i < offers.length; i++) {
            hashes[i] = _hashOffer(offers[i]);
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
        Terms memory terms = _sharedTerms(order, orderHash);
        uint16 opened = 0;
        uint256 i = 0;
        while (opened < order.replicas) {
            (Offer memory offer, bytes32 offerHash) = (offers[i], offerHashes[i]);
            ProviderView memory provider = _viewOf(offer.provider)[0];
            bytes memory unfit = _qualify(order, orderHash, offer, offerHash, signatures[i], provider);
            // An offer that is listed again is judged once: nothing that was asked of it can have changed.
            do {
                terms.index = opened;
                bytes memory failure =
                    unfit.length == 0 ? _take(order, offer, offerHash, provider, terms, replaced) : unfit;
                if (failure.length == 0) leases[opened++] = _open(terms, order.duration, false);
                else if (offers.length - i - 1 < order.replicas - opened) _revertWith(failure);
                i++;
            } while (opened < order.replicas && offerHashes[i] == offerHash);
        }
    }

    /// @dev Takes the units of one replica from its offer and its provider, and completes the lease's terms.
    function _take(
        Order memory order,
        Offer memory offer,
        bytes32 offerHash,
        ProviderView memory provider,
        Terms memory terms,
        Terms[] calldata replaced
    ) private returns (bytes memory failure) {
        bytes32 place = _placeOf(order, terms.order, offer, offerHash, provider.country);
        uint256 used;
        (failure, used) = _whyNotAlso(order, offer, offerHash, provider, place);
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
        if (offer.order == 0) _usedUnits[offerHash] = uint32(used); // at most the offer's 32-bit units
        if (place != 0) place.asUint256().tstore(used);
        _setReplica(terms, offer, offerHash, provider.payout, until);
    }

    /// @dev Where this transaction remembers what the match took of the offer or, if leases must be spread, of its group.
    /// A match happens once, so nothing needs to be cleared. 0 where nothing needs to be remembered.
    function _placeOf(Order memory order, bytes32 orderHash, Offer memory offer, bytes32 offerHash, bytes2 country)
        private
        pure
        returns (bytes32)
    {
        if (order.spread == Spread.PROVIDERS) return keccak256(abi.encode(orderHash, offer.provider));
        if (order.spread == Spread.COUNTRIES) return keccak256(abi.encode(orderHash, country));
        // A standing offer remembers by itself, and a bid that would do for all replicas need not be counted.
        bool forAll = offer.order == 0 || offer.units >= uint256(order.units) * order.replicas;
        return forAll ? bytes32(0) : offerHash;
    }

    /// @dev Whether the offer fits beside what was taken so far. @return used units of it, this replica included
    function _whyNotAlso(
        Order memory order,
        Offer memory offer,
        bytes32 offerHash,
        ProviderView memory provider,
        bytes32 place
    ) private view returns (bytes memory failure, uint256 used) {
        uint256 taken = place == 0 ? 0 : place.asUint256().tload();
        if (taken != 0 && order.spread != Spread.NONE) {
            return (abi.encodeWithSelector(SpreadViolated.selector, offer.provider, provider.country), taken);
        }
        used = order.units + (offer.order == 0 ? _usedUnits[offerHash] : taken);
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
