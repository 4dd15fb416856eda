// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {IOrderBook} from "../../src/interfaces/IOrderBook.sol";
import {Award, Offer, Order, Spread, Status} from "../../src/interfaces/Types.sol";
import {AuctionBase} from "./AuctionBase.sol";

/// @dev Branches of PostTest, BidTest and CancelTest in auction.tree.
contract PostAndBidTest is AuctionBase {
    // ------------------------------------------------------------------------------------------- post

    function test_Post() external {
        order.replicas = 3;
        order.duration = 1 hours + 1;
        uint256 each = (uint256(40_000) * 3601 + 3599) / 3600;
        uint256 before = balance(tenant.addr);
        vm.expectEmit(address(book));
        emit IOrderBook.OrderPosted(book.hashOrder(order), tenant.addr, 3 * each, order);
        post();
        assertEq(before - balance(tenant.addr), 3 * each);
        assertEq(balance(address(book)), 3 * each);
        assertTrue(book.isNonceUsed(tenant.addr, order.nonce));
        assertEq(uint256(book.stateOf(orderHash)), uint256(IOrderBook.State.Active));
    }

    function test_PostByAnyone() external {
        Award memory consent = Award(book.hashOrder(order), 0, order.auctionEnd);
        bytes memory signed = signAward(tenant.key, consent);
        book.post(order, signed);
    }

    function test_RevertWhen_VerifierOfPostedOrderIsNotAllowed() external {
        (order.uptimeBps, order.verifier) = (9_900, reports);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.VerifierNotAllowed.selector, reports));
        vm.prank(tenant.addr);
        book.post(order, "");
        escrow.setVerifier(reports, true);
        post();
    }

    /// @dev Who may say what was served may not say what a job is worth.
    function test_RevertWhen_VerifierOfPostedJobIsNotAllowed() external {
        escrow.setVerifier(reports, true);
        (order.kind, order.jobTerms, order.verifier, order.maxMinSeconds) = (1, keccak256("terms"), reports, 0);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.VerifierNotAllowed.selector, reports));
        vm.prank(tenant.addr);
        book.post(order, "");
        escrow.setJobVerifier(reports, true);
        post();
    }

    function test_RevertWhen_PostedWithTheOrdersSignature() external {
        bytes memory failure = abi.encodeWithSelector(IOrderBook.InvalidSignature.selector, tenant.addr);
        bytes memory signed = signature(tenant.key, book.hashOrder(order));
        vm.expectRevert(failure);
        book.post(order, signed);
        signed = signAward(tenant.key, Award(book.hashOrder(order), 0, order.auctionEnd + 1));
        vm.expectRevert(failure);
        book.post(order, signed);
        vm.expectRevert(failure);
        book.post(order, "");
    }

    function test_RevertWhen_PostingMakesNoSense() external {
        vm.startPrank(tenant.addr);
        uint40 now_ = uint40(vm.getBlockTimestamp());
        order.auctionEnd = now_;
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.AuctionOver.selector, now_, now_));
        book.post(order, "");
        order.auctionEnd = now_ + 10;
        order.expiry = now_ + 10;
        (uint40 least, uint40 most) = (now_ + 11, now_ + 10 + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ExpiryOutOfBounds.selector, order.expiry, least, most));
        book.post(order, "");
        order.expiry = most + 1;
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ExpiryOutOfBounds.selector, order.expiry, least, most));
        book.post(order, "");
        order.expiry = most;
        order.units = 0;
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.InvalidUnits.selector, 0));
        book.post(order, "");
        (order.units, order.maxPrice) = (2, type(uint96).max);
        uint256 most_ = uint256(type(uint96).max) * 2;
        vm.expectRevert(
            abi.encodeWithSelector(
                ILeaseEscrow.InsufficientBalance.selector, tenant.addr, address(dollar), most_, 1_000e6
            )
        );
        book.post(order, "");
    }

    // ------------------------------------------------------------------------------------------- bid

    function test_RevertWhen_NoAuction() external {
        Offer memory offer = makeBid(sellers[0], order, 1);
        bytes32 hash = book.hashOrder(order);
        refuse(
            sellers[0],
            offer,
            abi.encodeWithSelector(IOrderBook.WrongState.selector, hash, IOrderBook.State.None, IOrderBook.State.Active)
        );
        post();
        vm.warp(order.auctionEnd);
        refuse(
            sellers[0],
            offer,
            abi.encodeWithSelector(IOrderBook.AuctionOver.selector, order.auctionEnd, order.auctionEnd)
        );
    }

    function test_RevertWhen_BidDoesNotQualify() external {
        post();
        Offer memory standing = makeStanding(sellers[0], 2, 1);
        refuse(sellers[0], standing, abi.encodeWithSelector(IOrderBook.OfferNotBound.selector));
        Offer memory offer = makeBid(sellers[0], order, 1);
        offer.expiry = order.expiry - 1;
        refuse(
            sellers[0], offer, abi.encodeWithSelector(IOrderBook.OfferTooShort.selector, order.expiry - 1, order.expiry)
        );
        offer = makeBid(sellers[0], order, MAX_PRICE + 1);
        refuse(sellers[0], offer, abi.encodeWithSelector(IOrderBook.PriceTooHigh.selector, MAX_PRICE + 1, MAX_PRICE));
        offer = makeBid(sellers[0], order, 1);
        refuse(
            sellers[1],
            offer,
            abi.encodeWithSelector(IOrderBook.InvalidOfferSignature.selector, sellers[0].id, sellers[0].operator)
        );
        vm.prank(sellers[0].operator);
        registry.setStatus(sellers[0].id, Status.PAUSED);
        refuse(
            sellers[0],
            offer,
            abi.encodeWithSelector(IOrderBook.ProviderNotActive.selector, sellers[0].id, Status.PAUSED)
        );
    }

    function test_RevertWhen_CapacityWouldEndBeforeALateAward() external {
        order.duration = 365 days;
        post();
        Offer memory offer = makeBid(sellers[0], order, 1);
        offer.maxDuration = 365 days;
        refuse(
            sellers[0],
            offer,
            abi.encodeWithSelector(
                IOrderBook.CapacityEndsTooEarly.selector, sellers[0].id, committedUntil, order.expiry + 365 days
            )
        );
    }

    function test_Kept() external {
        post();
        Offer memory offer = makeBid(sellers[0], order, 10_000);
        bytes memory signed = signOffer(sellers[0], offer);
        vm.expectEmit(address(book));
        emit IOrderBook.BidKept(orderHash, book.hashOffer(offer), sellers[0].id, rankOf(10_000, 5, 0), offer);
        book.bid(order, offer, signed);
        assertEq(freeUnits(sellers[0]), 98);
        IOrderBook.Kept[] memory kept = book.keptOf(orderHash);
        assertEq(kept.length, 1);
        assertEq(kept[0].rank, rankOf(10_000, 5, 0));
        assertEq(kept[0].provider, sellers[0].id);
        refuse(
            sellers[0],
            offer,
            abi.encodeWithSelector(IOrderBook.RankTooLow.selector, rankOf(10_000, 5, 1), rankOf(10_000, 5, 0))
        );
    }

    function test_EvictionGivesUnitsBack() external {
        order.replicas = 2;
        post();
        Offer memory a = bid(sellers[0], 12_000);
        Offer memory b = bid(sellers[1], 11_000);
        Offer memory worse = makeBid(sellers[2], order, 12_000);
        // Rank is compared before anything is verified: there is not even a signature.
        vm.expectRevert(
            abi.encodeWithSelector(IOrderBook.RankTooLow.selector, rankOf(12_000, 5, 2), rankOf(12_000, 5, 0))
        );
        book.bid(order, worse, "");
        vm.expectEmit(address(book));
        emit IOrderBook.BidEvicted(orderHash, book.hashOffer(a), sellers[0].id);
        Offer memory c = bid2(sellers[2], 11_500);
        assertKept(hashes(list(c, b)));
        assertEq(freeUnits(sellers[0]), 100);
        assertEq(freeUnits(sellers[2]), 98);
        // Now c is the worst.
        bid(sellers[0], 100);
        assertEq(freeUnits(sellers[2]), 100);
    }

    /// @dev Makes nothing but the call that is expected to tell.
    function bid2(Seller memory seller, uint96 price) private returns (Offer memory offer) {
        return bid(seller, price);
    }

    function test_TiesByLevelThenTime() external {
        IOrderBook.Policy memory policy = book.policy();
        policy.advantageBps = [uint16(0), 0, 0, 0, 0];
        book.setPolicy(policy);
        setScore(sellers[1].id, 9_000);
        post();
        bid(sellers[0], 10_000);
        Offer memory later = makeBid(sellers[2], order, 10_000);
        refuse(
            sellers[2],
            later,
            abi.encodeWithSelector(IOrderBook.RankTooLow.selector, rankOf(10_000, 5, 1), rankOf(10_000, 5, 0))
        );
        Offer memory trusted = bid(sellers[1], 10_000);
        assertKept(hashes(one(trusted)));
    }

    function test_AdvantageOfLevel() external {
        setScore(sellers[1].id, 9_000); // level 1: 5 %
        post();
        bid(sellers[0], 10_000);
        Offer memory dearer = bid(sellers[1], 10_526); // 10,000 after the advantage, better level
        assertKept(hashes(one(dearer)));
        Offer memory cheap = bid(sellers[2], 9_999);
        assertKept(hashes(one(cheap)));
    }

    function test_OneOfEachProvider() external {
        (order.replicas, order.spread) = (2, Spread.PROVIDERS);
        order.units = 100;
        post();
        bid(sellers[0], 12_000);
        refuse(
            sellers[0],
            makeBid(sellers[0], order, 12_500),
            abi.encodeWithSelector(IOrderBook.RankTooLow.selector, rankOf(12_500, 5, 1), rankOf(12_000, 5, 0))
        );
        Offer memory better = bid(sellers[0], 11_000); // with the same 100 units
        Offer memory other = bid(sellers[1], 15_000);
        assertKept(hashes(list(better, other)));
        // Full: a newcomer evicts the worst of all, an old one only its own.
        Offer memory third = bid(sellers[2], 14_000);
        assertKept(hashes(list(better, third)));
        assertEq(freeUnits(sellers[1]), 100);
        refuse(
            sellers[0],
            makeBid(sellers[0], order, 11_500),
            abi.encodeWithSelector(IOrderBook.RankTooLow.selector, rankOf(11_500, 5, 4), rankOf(11_000, 5, 1))
        );
    }

    function test_OneOfEachCountry() external {
        (order.replicas, order.spread) = (2, Spread.COUNTRIES);
        post();
        bid(sellers[0], 12_000);
        Offer memory better = bid(sellers[1], 11_000);
        Offer memory other = bid(sellers[2], 15_000);
        assertKept(hashes(list(better, other)));
        assertEq(freeUnits(sellers[0]), 100);
    }

    // ------------------------------------------------------------------------------------------- cancel

    function test_Cancel() external {
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.NotTenant.selector, address(this), tenant.addr));
        book.cancel(order);
        vm.startPrank(tenant.addr);
        vm.expectEmit(address(book));
        emit IOrderBook.OrderCancelled(book.hashOrder(order), tenant.addr, order.nonce);
        book.cancel(order);
        assertTrue(book.isNonceUsed(tenant.addr, order.nonce));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.NonceUsed.selector, tenant.addr, order.nonce));
        book.cancel(order);
    }

    function test_CancelPosted() external {
        uint256 before = balance(tenant.addr);
        post();
        vm.startPrank(tenant.addr);
        book.cancel(order);
        assertEq(balance(tenant.addr), before);
        assertEq(uint256(book.stateOf(orderHash)), uint256(IOrderBook.State.Closed));
        vm.expectRevert(
            abi.encodeWithSelector(
                IOrderBook.WrongState.selector, orderHash, IOrderBook.State.Closed, IOrderBook.State.Active
            )
        );
        book.cancel(order);
    }

    function test_RevertWhen_CancelledWithBids() external {
        post();
        bid(sellers[0], 1);
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.HasBids.selector, orderHash, 1));
        book.cancel(order);
    }
}
