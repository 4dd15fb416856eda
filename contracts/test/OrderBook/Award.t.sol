// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IOrderBook} from "../../src/interfaces/IOrderBook.sol";
import {Offer, Order, Spread, Status, Terms} from "../../src/interfaces/Types.sol";
import {AuctionBase} from "./AuctionBase.sol";

/// @dev Branches of AwardTest in auction.tree, and law 5 against a sorted list of all bids.
contract AwardTest is AuctionBase {
    function test_Complete() external {
        order.replicas = 2;
        uint256 before = balance(tenant.addr);
        post();
        Offer[] memory offers = list(bid(sellers[0], 12_000), bid(sellers[1], 11_000));
        vm.expectRevert(
            abi.encodeWithSelector(IOrderBook.AuctionRunning.selector, order.auctionEnd, order.auctionEnd - 60)
        );
        award(offers);
        vm.warp(order.auctionEnd);
        vm.expectEmit(address(book));
        emit IOrderBook.OrderAwarded(orderHash, 2, 80_000 - 46_000);
        bytes32[] memory leases = award(offers);
        assertEq(leases[0], keccak256(abi.encode(termsOf(order, offers[0], 0))));
        assertEq(leases[1], keccak256(abi.encode(termsOf(order, offers[1], 1))));
        assertEq(before - balance(tenant.addr), 46_000);
        assertEq(balance(address(book)), 0);
        assertEq(uint256(book.stateOf(orderHash)), uint256(IOrderBook.State.Complete));
        bytes memory wrongState = abi.encodeWithSelector(
            IOrderBook.WrongState.selector, orderHash, IOrderBook.State.Complete, IOrderBook.State.Active
        );
        vm.expectRevert(wrongState);
        award(offers);
    }

    function test_FewerThanAsked() external {
        order.replicas = 3;
        uint256 before = balance(tenant.addr);
        post();
        Offer memory offer = bid(sellers[0], 12_000);
        vm.warp(order.expiry);
        assertEq(award(one(offer)).length, 1);
        assertEq(before - balance(tenant.addr), 24_000);
        assertEq(uint256(book.stateOf(orderHash)), uint256(IOrderBook.State.Closed));
    }

    function test_NoBids() external {
        uint256 before = balance(tenant.addr);
        post();
        vm.warp(order.auctionEnd);
        assertEq(award(new Offer[](0)).length, 0);
        assertEq(balance(tenant.addr), before);
        assertEq(uint256(book.stateOf(orderHash)), uint256(IOrderBook.State.Closed));
    }

    function test_Late() external {
        order.replicas = 2;
        uint256 before = balance(tenant.addr);
        post();
        Offer[] memory offers = list(bid(sellers[0], 12_000), bid(sellers[1], 11_000));
        vm.warp(order.expiry + 1);
        assertEq(award(offers).length, 0, "opens nothing");
        assertEq(balance(tenant.addr), before, "all money");
        assertEq(freeUnits(sellers[0]), 100, "all units");
        assertEq(freeUnits(sellers[1]), 100);
        assertEq(uint256(book.stateOf(orderHash)), uint256(IOrderBook.State.Closed));
    }

    function test_RevertWhen_NotTheKeptOffers() external {
        order.replicas = 2;
        post();
        Offer memory a = bid(sellers[0], 12_000);
        Offer memory b = bid(sellers[1], 11_000);
        Offer memory other = makeBid(sellers[2], order, MAX_PRICE);
        vm.warp(order.auctionEnd);
        (bytes32 hashA, bytes32 hashB) = (book.hashOffer(a), book.hashOffer(b));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.AwardedOthers.selector, hashB, hashA));
        award(list(b, a));
        bytes32 hash = book.hashOffer(other);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.AwardedOthers.selector, hash, hashB));
        award(list(a, other));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.LengthMismatch.selector, 1, 2));
        award(one(a));
    }

    /// @dev A phantom bid: whatever its provider does before the award, the lease opens.
    function test_ProviderIsBound() external {
        order.replicas = 3;
        post();
        Offer[] memory offers = new Offer[](3);
        for (uint256 i = 0; i < 3; i++) {
            offers[i] = bid(sellers[i], uint96(10_000 + i));
        }
        vm.startPrank(sellers[0].operator);
        registry.cancelOffers(sellers[0].id);
        registry.setStatus(sellers[0].id, Status.PAUSED);
        vm.expectRevert();
        capacity.uncommit(sellers[0].id, CU, 99);
        capacity.uncommit(sellers[0].id, CU, 98);
        vm.stopPrank();
        registry.setBanned(sellers[1].id, true);
        address buyer = makeAddr("buyer");
        vm.prank(sellers[2].owner);
        IERC721(address(registry)).transferFrom(sellers[2].owner, buyer, sellers[2].id);
        vm.warp(order.auctionEnd);
        bytes32[] memory leases = award(offers);
        assertEq(leases.length, 3);
        assertEq(leases[2], keccak256(abi.encode(termsOf(order, offers[2], 2))), "paid to the buyer");
        assertEq(termsOf(order, offers[2], 2).payout, buyer);
    }

    function test_ThirtyTwoReplicas() external {
        (order.replicas, order.spread) = (32, Spread.PROVIDERS);
        post();
        Offer[] memory offers = new Offer[](32);
        for (uint256 i = 0; i < 32; i++) {
            offers[i] = bid(makeSeller(string.concat("s", vm.toString(i)), "NL", 2), uint96(15_000 - i));
        }
        // The first is the worst.
        offers[0] = bid(sellers[0], 100);
        vm.warp(order.auctionEnd);
        assertEq(award(offers).length, 32);
    }

    function test_Replaces() external {
        Offer memory old = makeBid(sellers[0], order, 10_000);
        Terms memory terms = termsOf(order, old, 0);
        bytes32 lease = matchAsTenant(order, one(old), one(signOffer(sellers[0], old)))[0];
        order = makeOrder();
        order.previous = lease;
        order.handoverSeconds = 60;
        post();
        Offer memory offer = bid(sellers[1], 9_000);
        vm.warp(order.auctionEnd);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ReplacementMismatch.selector, lease, bytes32(0)));
        award(one(offer));
        book.award(order, one(offer), one(terms));
        assertEq(escrow.leaseOf(lease).closedAt, order.auctionEnd + 60);
    }

    /// @dev Law 5: the order names a lease that never was, whose terms nobody can bring. Its bidders are awarded all the same.
    function test_PreviousThatNeverWas() external {
        order.previous = keccak256("no lease");
        post();
        Offer memory offer = bid(sellers[0], 9_000);
        vm.warp(order.auctionEnd);
        assertEq(award(one(offer)).length, 1);
    }

    /// @dev Law 5: the order names the lease of somebody else, which goes on.
    function test_PreviousOfAnotherTenant() external {
        address other = makeAddr("other tenant");
        fund(other, 1e6);
        order.tenant = other;
        Offer memory old = makeBid(sellers[0], order, 10_000);
        Terms memory terms = termsOf(order, old, 0);
        bytes32 lease = matchAsTenant(order, one(old), one(signOffer(sellers[0], old)))[0];
        order = makeOrder();
        order.previous = lease;
        post();
        Offer memory offer = bid(sellers[1], 9_000);
        vm.warp(order.auctionEnd);
        assertEq(book.award(order, one(offer), one(terms)).length, 1);
        assertEq(escrow.leaseOf(lease).closedAt, 0, "not theirs to end");
    }

    // ------------------------------------------------------------------------------------------- law 5

    struct Entry {
        uint136 rank;
        uint256 group;
        bytes32 offer;
    }

    /// forge-config: default.fuzz.runs = 64
    /// @dev Whatever bids come in whatever order, those kept are the best of the best of each group.
    function testFuzz_BestRanksAreAwarded(uint256 seed, uint8 replicas, uint8 spread) external {
        for (uint256 i = 0; i < 5; i++) {
            sellers.push(makeSeller(string.concat("f", vm.toString(i)), bytes2(uint16(0x4141 + (i % 3))), 500));
            setScore(sellers[i].id, uint16(seed >> (i * 16)) % 10_001);
        }
        order.replicas = uint16(bound(replicas, 1, 6));
        order.spread = spread % 3;
        post();
        Entry[] memory entries = new Entry[](24);
        uint32 arrivals = 0;
        for (uint256 i = 0; i < entries.length; i++) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            Seller memory seller = sellers[random % sellers.length];
            Offer memory offer = makeBid(seller, order, uint96(1_000 + (random >> 8) % 12));
            uint136 rank = rankOf(offer.price, registry.viewOf(seller.id).level, arrivals);
            bytes memory signed = signOffer(seller, offer);
            try book.bid(order, offer, signed) {
                arrivals++;
            } catch {
                rank |= type(uint32).max; // never kept: comes after its equals
            }
            entries[i] = Entry(rank, _groupOf(seller, i), book.hashOffer(offer));
        }
        _assertBest(entries);
    }

    function _groupOf(Seller memory seller, uint256 index) private view returns (uint256) {
        if (order.spread == Spread.NONE) return index;
        return order.spread == Spread.PROVIDERS ? seller.id : uint16(registry.viewOf(seller.id).country);
    }

    /// @dev Takes the best entry whose group was not taken yet, as often as there are replicas; all of them must be kept.
    function _assertBest(Entry[] memory entries) private view {
        IOrderBook.Kept[] memory kept = book.keptOf(orderHash);
        uint256 expected = 0;
        for (; expected < order.replicas; expected++) {
            uint256 best = entries.length;
            for (uint256 i = 0; i < entries.length; i++) {
                if (entries[i].rank == type(uint136).max) continue;
                if (best == entries.length || entries[i].rank < entries[best].rank) best = i;
            }
            if (best == entries.length) break;
            bool found = false;
            for (uint256 i = 0; i < kept.length; i++) {
                found = found || kept[i].offer == entries[best].offer;
            }
            assertTrue(found, "a better bid was not kept");
            uint256 group = entries[best].group;
            for (uint256 i = 0; i < entries.length; i++) {
                if (entries[i].group == group) entries[i].rank = type(uint136).max;
            }
        }
        assertEq(kept.length, expected, "kept");
    }
}
