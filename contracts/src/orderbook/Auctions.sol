// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Messages} from "../Messages.sol";
import {Money} from "../Money.sol";
import {Signatures} from "../Signatures.sol";
import {ILeaseEscrow} from "../interfaces/ILeaseEscrow.sol";
import {IOrderBook} from "../interfaces/IOrderBook.sol";
import {Award, Kind, Offer, Order, ProviderView, Spread, Terms} from "../interfaces/Types.sol";
import {Inputs} from "./Inputs.sol";
import {Nonces} from "./Nonces.sol";
import {Qualification} from "./Qualification.sol";

/// @title Auctions held on chain
/// @notice An auction keeps the best bid of each group (see {_groupOf}), and of those the best `replicas`. Kept bids hold
/// their capacity and the most they can cost is reserved, so that an award depends on nobody's good will. A provider that
/// leaves, pauses, is banned or cancels its offers is still bound by a kept bid.
abstract contract Auctions is Nonces, Qualification {
    /// @dev One slot. `worst` is the place of the kept bid with the highest rank; both are void while nothing is kept.
    struct Header {
        State state;
        uint8 kept;
        uint8 worst;
        uint32 arrivals; // bids ever kept
        uint136 worstRank;
    }

    struct Auction {
        Header header;
        Kept[MAX_REPLICAS] kept;
        mapping(bytes32 group => uint256) places; // of the group's kept bid, plus one; 0 for none
    }

    mapping(bytes32 order => Auction) private _auctions;

    // ------------------------------------------------------------------------------------------- post

    /// @inheritdoc IOrderBook
    function post(Order calldata order_, bytes calldata signature) external returns (bytes32 orderHash) {
        Order memory order = Inputs.load(order_)[0];
        _checkOrder(order);
        if (order.auctionEnd <= block.timestamp) revert AuctionOver(order.auctionEnd, _now());
        if (order.expiry <= order.auctionEnd || order.expiry > order.auctionEnd + MAX_BID_LIFE) {
            revert ExpiryOutOfBounds(order.expiry, order.auctionEnd + 1, order.auctionEnd + MAX_BID_LIFE);
        }
        // Or else no award could open what was bid for.
        if (!_mayVerify(order)) revert ILeaseEscrow.VerifierNotAllowed(order.verifier);
        orderHash = _hashOrder(order);
        if (msg.sender != order.tenant) {
            bytes32 consent = hashAward(Award({order: orderHash, offers: 0, deadline: order.auctionEnd}));
            if (!Signatures.isValid(order.tenant, consent, signature)) revert InvalidSignature(order.tenant);
        }
        _useNonce(order.tenant, order.nonce);

        _auctions[orderHash].header.state = State.Active;
        uint256 most = _mostCost(order);
        ESCROW.reserve(order.tenant, order.asset, most);
        emit OrderPosted(orderHash, order.tenant, most, order);
    }

    function _mayVerify(Order memory order) private view returns (bool) {
        if (order.kind == Kind.JOB) return ESCROW.isAllowedJobVerifier(order.verifier);
        return order.verifier == address(0) || ESCROW.isAllowedVerifier(order.verifier);
    }

    // ------------------------------------------------------------------------------------------- bid

    /// @inheritdoc IOrderBook
    function bid(Order calldata order_, Offer calldata offer_, bytes calldata signature) external {
        (Order memory order, Offer memory offer) = (Inputs.load(order_)[0], Inputs.load(offer_)[0]);
        bytes32 orderHash = _hashOrder(order);
        Auction storage auction = _auctions[orderHash];
        Header memory header = auction.header;
        if (header.state != State.Active) revert WrongState(orderHash, header.state, State.Active);
        if (block.timestamp >= order.auctionEnd) revert AuctionOver(order.auctionEnd, _now());

        bytes32 offerHash = _hashOffer(offer);
        ProviderView memory provider = _viewOf(offer.provider)[0];
        Kept memory entry = Kept({
            offer: offerHash,
            rank: _rank(offer.price, provider.level, header.arrivals),
            provider: offer.provider,
            country: provider.country
        });
        uint256 place = _placeFor(auction, header, order, entry);
        _checkBid(order, orderHash, offer, offerHash, signature, provider);

        if (place < header.kept) _evict(auction, place, order, orderHash);
        (bytes memory failure,) = _allocate(order, offer, order.expiry + order.duration);
        if (failure.length != 0) _revertWith(failure);
        _keep(auction, header, place, order.spread, entry);
        emit BidKept(orderHash, offerHash, offer.provider, entry.rank, offer);
    }

    /// @dev Where the bid would be kept: instead of its group's, instead of the worst, or at the end (`header.kept`).
    function _placeFor(Auction storage auction, Header memory header, Order memory order, Kept memory entry)
        private
        view
        returns (uint256 place)
    {
        bool full = header.kept == order.replicas;
        if (full && entry.rank >= header.worstRank) revert RankTooLow(entry.rank, header.worstRank);
        uint256 own = auction.places[_groupOf(order.spread, entry)];
        if (own == 0) return full ? header.worst : header.kept;
        uint136 rival = auction.kept[own - 1].rank;
        if (entry.rank >= rival) revert RankTooLow(entry.rank, rival);
        return own - 1;
    }

    /// @dev Of each group at most one bid is kept. Without spread that group is the offer itself.
    function _groupOf(uint8 spread, Kept memory entry) private pure returns (bytes32) {
        if (spread == Spread.NONE) return entry.offer;
        return spread == Spread.PROVIDERS ? bytes32(uint256(entry.provider)) : bytes32(entry.country);
    }

    function _checkBid(
        Order memory order,
        bytes32 orderHash,
        Offer memory offer,
        bytes32 offerHash,
        bytes calldata signature,
        ProviderView memory provider
    ) private view {
        if (offer.order == 0) revert OfferNotBound();
        if (offer.expiry < order.expiry) revert OfferTooShort(offer.expiry, order.expiry);
        bytes memory failure = _qualify(order, orderHash, offer, offerHash, signature, provider);
        if (failure.length != 0) _revertWith(failure);
    }

    function _evict(Auction storage auction, uint256 place, Order memory order, bytes32 orderHash) private {
        Kept memory evicted = auction.kept[place];
        delete auction.places[_groupOf(order.spread, evicted)];
        CAPACITY.free(evicted.provider, order.resource, order.units);
        emit BidEvicted(orderHash, evicted.offer, evicted.provider);
    }

    function _keep(Auction storage auction, Header memory header, uint256 place, uint8 spread, Kept memory entry)
        private
    {
        auction.kept[place] = entry;
        auction.places[_groupOf(spread, entry)] = place + 1;
        header.arrivals++;
        if (place == header.kept) {
            header.kept++; // at most MAX_REPLICAS
            if (header.kept == 1 || entry.rank > header.worstRank) {
                (header.worst, header.worstRank) = (uint8(place), entry.rank);
            }
        } else if (place == header.worst) {
            (header.worst, header.worstRank) = _worstOf(auction, header.kept);
        }
        auction.header = header;
    }

    function _worstOf(Auction storage auction, uint256 count) private view returns (uint8 worst, uint136 worstRank) {
        for (uint256 i = 0; i < count; i++) {
            uint136 rank = auction.kept[i].rank;
            if (rank > worstRank) (worst, worstRank) = (uint8(i), rank); // below MAX_REPLICAS
        }
    }

    // ------------------------------------------------------------------------------------------- award, cancel

    /// @inheritdoc IOrderBook
    function award(Order calldata order_, Offer[] calldata offers_, Terms[] calldata replaced)
        external
        returns (bytes32[] memory leases)
    {
        Order memory order = Inputs.load(order_)[0];
        bytes32 orderHash = _hashOrder(order);
        Auction storage auction = _auctions[orderHash];
        Header memory header = auction.header;
        if (header.state != State.Active) revert WrongState(orderHash, header.state, State.Active);
        if (block.timestamp < order.auctionEnd) revert AuctionRunning(order.auctionEnd, _now());

        bool late = block.timestamp > order.expiry;
        uint16 opened = late ? 0 : header.kept;
        auction.header.state = opened == order.replicas ? State.Complete : State.Closed;
        uint256 rest = _mostCost(order);
        if (late) {
            _freeKept(auction, header.kept, order);
        } else {
            if (opened != 0 && order.previous != 0) _replaceAtAward(order, replaced);
            uint256 cost;
            (leases, cost) = _openKept(auction, header.kept, order, orderHash, Inputs.load(offers_));
            rest -= cost;
        }
        if (rest != 0) ESCROW.unreserve(order.tenant, order.asset, rest);
        emit OrderAwarded(orderHash, opened, rest);
    }

    /// @dev A tenant must not keep its bidders waiting by naming what is no lease, not its own or a job: that one is left alone.
    function _replaceAtAward(Order memory order, Terms[] calldata replaced) private {
        if (ESCROW.leaseOf(order.previous).end == 0) return;
        _checkGiven(order, replaced);
        if (replaced[0].tenant == order.tenant && replaced[0].kind == Kind.SERVICE) _replace(order, replaced, false);
    }

    function _freeKept(Auction storage auction, uint256 count, Order memory order) private {
        for (uint256 i = 0; i < count; i++) {
            CAPACITY.free(auction.kept[i].provider, order.resource, order.units);
        }
    }

    function _openKept(
        Auction storage auction,
        uint256 count,
        Order memory order,
        bytes32 orderHash,
        Offer[] memory offers
    ) private returns (bytes32[] memory leases, uint256 cost) {
        if (offers.length != count) revert LengthMismatch(offers.length, count);
        leases = new bytes32[](count);
        Terms memory terms = _sharedTerms(order, orderHash);
        for (uint256 i = 0; i < count; i++) {
            bytes32 offerHash = _hashOffer(offers[i]);
            bytes32 keptHash = auction.kept[i].offer;
            if (offerHash != keptHash) revert AwardedOthers(offerHash, keptHash);
            uint64 provider = offers[i].provider;
            uint40 until = CAPACITY.commitmentOf(provider, order.resource).until;
            terms.index = uint16(i); // below count
            _setReplica(terms, offers[i], offerHash, _viewOf(provider)[0].payout, until);
            leases[i] = _open(terms, order.duration, true);
            cost += Money.holdUp(terms.rate, order.duration);
        }
    }

    /// @inheritdoc IOrderBook
    function cancel(Order calldata order_) external {
        Order memory order = Inputs.load(order_)[0];
        if (msg.sender != order.tenant) revert NotTenant(msg.sender, order.tenant);
        bytes32 orderHash = _hashOrder(order);
        Header memory header = _auctions[orderHash].header;
        if (header.state == State.None) {
            _useNonce(order.tenant, order.nonce);
        } else {
            if (header.state != State.Active) revert WrongState(orderHash, header.state, State.Active);
            if (header.kept != 0) revert HasBids(orderHash, header.kept);
            _auctions[orderHash].header.state = State.Closed;
            ESCROW.unreserve(order.tenant, order.asset, _mostCost(order));
        }
        emit OrderCancelled(orderHash, order.tenant, order.nonce);
    }

    // ------------------------------------------------------------------------------------------- views, helpers

    /// @inheritdoc IOrderBook
    function stateOf(bytes32 order) external view returns (State) {
        return _auctions[order].header.state;
    }

    /// @inheritdoc IOrderBook
    function keptOf(bytes32 order) external view returns (Kept[] memory kept) {
        Auction storage auction = _auctions[order];
        kept = new Kept[](auction.header.kept);
        for (uint256 i = 0; i < kept.length; i++) {
            kept[i] = auction.kept[i];
        }
    }

    /// @inheritdoc IOrderBook
    function hashAward(Award memory award_) public view returns (bytes32) {
        return _digest(Messages.hashAward(award_));
    }

    /// @dev What all replicas cost at the highest price, each rounded up as when it opens.
    function _mostCost(Order memory order) private pure returns (uint256) {
        return order.replicas * Money.holdUp(uint128(order.maxPrice) * order.units, order.duration);
    }
}
