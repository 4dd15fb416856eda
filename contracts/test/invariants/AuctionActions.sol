// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrderBook} from "../../src/interfaces/IOrderBook.sol";
import {Award, Kind, Offer, Order, Spread, Terms} from "../../src/interfaces/Types.sol";
import {TenantActions} from "./TenantActions.sol";

/// @title Auctions on chain, beside the simplest auctioneer that can be
/// @notice The model keeps every bid there ever was and looks at all of them when asked for the winners.
abstract contract AuctionActions is TenantActions {
    uint256 private constant MOST_AUCTIONS = 40;

    struct Bid {
        uint256 score; // price after advantage
        uint256 level;
        uint256 arrival;
        bytes32 group;
    }

    Order[] internal auctions;
    mapping(bytes32 order => Bid[]) internal bids;
    mapping(bytes32 order => uint256) internal arrivals;
    mapping(bytes32 offer => Offer) internal offerOf;

    function post(uint256 seed) external action("post") {
        if (auctions.length == MOST_AUCTIONS || leaseIds.length >= MOST_LEASES) return;
        Order memory order = _randomOrder(seed);
        order.auctionEnd = _now() + uint40(_draw(seed, "auction", 50 minutes) + 10 minutes);
        order.expiry = order.auctionEnd + 2 hours;
        bytes32 orderHash = book.hashOrder(order);
        bytes memory consent =
            signAward(_keyOf(order.tenant), Award({order: orderHash, offers: 0, deadline: order.auctionEnd}));
        uint256 before = escrow.balanceOf(order.tenant, order.asset);
        uint256 most = order.replicas * _roundUp(uint256(order.maxPrice) * order.units * order.duration);
        vm.prank(_draw(seed, "sender", 2) == 0 ? order.tenant : address(0xcafe));
        try book.post(order, consent) {
            assertEq(before - escrow.balanceOf(order.tenant, order.asset), most, "the most it can cost is reserved");
            consented[orderHash] = order.replicas;
            isPosted[orderHash] = true;
            auctions.push(order);
            _did("post");
        } catch {
            _refused();
        }
    }

    /// @dev A few at a time, as auctions are short.
    function bid(uint256 seed) external action("bid") {
        (bool found, Order memory order) = _anyAuction(seed);
        if (!found || _now() >= order.auctionEnd) return;
        for (uint256 i = 0; i < 4; i++) {
            _bid(uint256(keccak256(abi.encode(seed, i))), order);
        }
    }

    /// @dev Law 5: an auction always ends. Its leases open even if the providers left since, unless governance took the
    /// verifier off its list, in which case everything returns after the order's expiry.
    function award(uint256 seed) external action("award") {
        (bool found, Order memory order) = _anyAuction(seed);
        if (!found || _now() < order.auctionEnd || leaseIds.length >= MOST_LEASES) return;
        if (order.verifier != address(0) && !_isAllowed(order) && _now() <= order.expiry) return;
        _award(order);
        _did("award");
    }

    function _isAllowed(Order memory order) private view returns (bool) {
        return order.kind == Kind.JOB
            ? escrow.isAllowedJobVerifier(order.verifier)
            : escrow.isAllowedVerifier(order.verifier);
    }

    function cancel(uint256 seed) external action("cancel") {
        (bool found, Order memory order) = _anyAuction(seed);
        if (!found || _draw(seed, "rarely", 3) != 0) return;
        bytes32 orderHash = book.hashOrder(order);
        bool hasBids = book.keptOf(orderHash).length != 0;
        vm.prank(order.tenant);
        try book.cancel(order) {
            assertFalse(hasBids, "who bid is bound, and so is who asked");
            assertEq(uint8(book.stateOf(orderHash)), uint8(IOrderBook.State.Closed));
            _did("cancel");
        } catch {
            assertTrue(hasBids);
            _refused();
        }
    }

    function _bid(uint256 seed, Order memory order) private {
        Seller memory seller = sellers[_draw(seed, "seller", sellers.length)];
        Offer memory offer = makeBid(seller, order, uint96(_draw(seed, "price", uint256(order.maxPrice) + 1)));
        (offer.tier, offer.expiry, offer.maxDuration) = (order.tier, order.expiry, 5 days);
        bytes memory signed = _sign(seller, offer);
        bytes32 orderHash = book.hashOrder(order);
        Bid memory entry = _bidOf(order, orderHash, offer);
        try book.bid(order, offer, signed) {
            arrivals[orderHash]++;
            bids[orderHash].push(entry);
            offerOf[book.hashOffer(offer)] = offer;
            _did("bid");
        } catch (bytes memory reason) {
            _refused();
            // Who lost stays in the model, which must come to the same winners.
            if (bytes4(reason) == IOrderBook.RankTooLow.selector) bids[orderHash].push(entry);
        }
    }

    function _award(Order memory order) internal {
        bytes32 orderHash = book.hashOrder(order);
        IOrderBook.Kept[] memory kept = book.keptOf(orderHash);
        bool late = _now() > order.expiry;
        Offer[] memory offers = new Offer[](late ? 0 : kept.length);
        for (uint256 i = 0; i < offers.length; i++) {
            offers[i] = offerOf[kept[i].offer];
        }
        bytes32[] memory leases = book.award(order, offers, new Terms[](0));
        _book();
        assertEq(leases.length, offers.length);
        assertEq(openedOf[orderHash], offers.length);
        bool complete = leases.length == order.replicas;
        IOrderBook.State expected = complete ? IOrderBook.State.Complete : IOrderBook.State.Closed;
        assertEq(uint8(book.stateOf(orderHash)), uint8(expected));
    }

    // ------------------------------------------------------------------------------------------- the model

    /// @dev Law 5: what is kept is, at every moment, the best ranks of all bids there were: of each group its best, and of
    /// those the best that are wanted.
    function checkAuctions() external view {
        for (uint256 i = 0; i < auctions.length; i++) {
            bytes32 orderHash = book.hashOrder(auctions[i]);
            if (book.stateOf(orderHash) != IOrderBook.State.Active) continue;
            IOrderBook.Kept[] memory kept = book.keptOf(orderHash);
            uint256[] memory best = _winners(orderHash, auctions[i].replicas);
            assertEq(kept.length, best.length, "law 5: as many as there can be");
            for (uint256 j = 0; j < kept.length; j++) {
                bool found;
                for (uint256 k = 0; k < best.length; k++) {
                    if (best[k] == kept[j].rank) found = true;
                }
                assertTrue(found, "law 5: the best ranks");
            }
        }
    }

    function _winners(bytes32 orderHash, uint256 wanted) private view returns (uint256[] memory best) {
        Bid[] memory all = bids[orderHash];
        best = new uint256[](wanted);
        bytes32[] memory groups = new bytes32[](wanted);
        uint256 count;
        for (uint256 next = 0; next < wanted; next++) {
            uint256 lowest = type(uint256).max;
            for (uint256 i = 0; i < all.length; i++) {
                uint256 rank = all[i].score << 40 | all[i].level << 32 | all[i].arrival;
                if (rank < lowest && !_contains(groups, count, all[i].group)) {
                    (lowest, groups[count]) = (rank, all[i].group);
                }
            }
            if (lowest == type(uint256).max) break;
            best[count++] = lowest;
        }
        assembly ("memory-safe") {
            mstore(best, count)
        }
    }

    function _contains(bytes32[] memory groups, uint256 count, bytes32 group) private pure returns (bool) {
        for (uint256 i = 0; i < count; i++) {
            if (groups[i] == group) return true;
        }
        return false;
    }

    function _bidOf(Order memory order, bytes32 orderHash, Offer memory offer) private view returns (Bid memory) {
        uint256 level = registry.viewOf(offer.provider).level;
        uint256 advantage = book.policy().advantageBps[level - 1];
        bytes32 group = book.hashOffer(offer);
        if (order.spread == Spread.PROVIDERS) group = bytes32(uint256(offer.provider));
        if (order.spread == Spread.COUNTRIES) group = bytes32(registry.viewOf(offer.provider).country);
        return Bid(offer.price - uint256(offer.price) * advantage / 10_000, level, arrivals[orderHash], group);
    }

    function _anyAuction(uint256 seed) internal view returns (bool found, Order memory order) {
        for (uint256 i = 0; i < auctions.length; i++) {
            order = auctions[(_draw(seed, "auction", auctions.length) + i) % auctions.length];
            if (book.stateOf(book.hashOrder(order)) == IOrderBook.State.Active) return (true, order);
        }
    }

    /// @dev Units that kept bids hold.
    function _keptUnits(uint64 provider) internal view returns (uint256 units) {
        for (uint256 i = 0; i < auctions.length; i++) {
            bytes32 orderHash = book.hashOrder(auctions[i]);
            if (book.stateOf(orderHash) != IOrderBook.State.Active) continue;
            IOrderBook.Kept[] memory kept = book.keptOf(orderHash);
            for (uint256 j = 0; j < kept.length; j++) {
                if (kept[j].provider == provider) units += auctions[i].units;
            }
        }
    }
}
