// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrderBook} from "../../src/interfaces/IOrderBook.sol";
import {Award, LeaseState, Offer, Order, Spread, Terms} from "../../src/interfaces/Types.sol";
import {Market} from "../utils/Market.sol";

/// @dev Branches of fill.tree: which offers are taken, how often, and what is replaced.
contract FillTest is Market {
    Seller[] private sellers;
    Order private order;

    function setUp() public override {
        super.setUp();
        sellers.push(makeSeller("anna", "DE", 100));
        sellers.push(makeSeller("bert", "DE", 100));
        sellers.push(makeSeller("carl", "FR", 100));
        order = makeOrder();
    }

    function _bids() private returns (Offer[] memory offers, bytes[] memory signatures) {
        offers = new Offer[](sellers.length);
        signatures = new bytes[](sellers.length);
        for (uint256 i = 0; i < sellers.length; i++) {
            offers[i] = makeBid(sellers[i], order, uint96(10_000 + i));
            signatures[i] = signOffer(sellers[i], offers[i]);
        }
    }

    function _expect(bytes memory failure, Offer[] memory offers, bytes[] memory signatures, Terms[] memory replaced)
        private
    {
        Award memory none;
        vm.expectRevert(failure);
        vm.prank(tenant.addr);
        book.matchOrder(order, offers, signatures, none, "", replaced);
    }

    function _repeat(Offer memory offer, bytes memory offerSignature, uint256 times)
        private
        pure
        returns (Offer[] memory offers, bytes[] memory signatures)
    {
        offers = new Offer[](times);
        signatures = new bytes[](times);
        for (uint256 i = 0; i < times; i++) {
            (offers[i], signatures[i]) = (offer, offerSignature);
        }
    }

    // ------------------------------------------------------------------------------------------- spares

    function test_SparesInOrder() external {
        order.replicas = 2;
        (Offer[] memory offers, bytes[] memory signatures) = _bids();
        vm.prank(sellers[0].operator);
        registry.cancelOffers(sellers[0].id);
        bytes32[] memory leases = matchAsTenant(order, offers, signatures);
        assertEq(leases[0], keccak256(abi.encode(termsOf(order, offers[1], 0))));
        assertEq(leases[1], keccak256(abi.encode(termsOf(order, offers[2], 1))));
        assertEq(freeUnits(sellers[0]), 100, "nothing left behind");
        assertEq(freeUnits(sellers[1]), 98);
    }

    function test_SparesNotTouched() external {
        (Offer[] memory offers, bytes[] memory signatures) = _bids();
        matchAsTenant(order, offers, signatures);
        assertEq(freeUnits(sellers[0]), 98);
        assertEq(freeUnits(sellers[1]), 100);
    }

    function test_RevertWhen_TooFewQualify() external {
        order.replicas = 2;
        (Offer[] memory offers, bytes[] memory signatures) = _bids();
        vm.prank(sellers[0].operator);
        registry.cancelOffers(sellers[0].id);
        signatures[2] = "";
        _expect(
            abi.encodeWithSelector(IOrderBook.InvalidOfferSignature.selector, sellers[2].id, sellers[2].operator),
            offers,
            signatures,
            new Terms[](0)
        );
        assertEq(freeUnits(sellers[1]), 100, "all or nothing");
    }

    /// @dev Signatures are the caller's to bring and no part of the award: a spare must not get ahead by spoiling another's.
    function test_RevertWhen_SignatureOfAnAwardedOfferIsSpoiled() external {
        (Offer[] memory offers, bytes[] memory signatures) = _bids();
        Award memory award = makeAward(order, offers);
        bytes memory awardSignature = signAward(tenant.key, award);
        signatures[0] = "";
        vm.expectRevert(
            abi.encodeWithSelector(IOrderBook.InvalidOfferSignature.selector, sellers[0].id, sellers[0].operator)
        );
        vm.prank(sellers[1].operator);
        book.matchOrder(order, offers, signatures, award, awardSignature, new Terms[](0));
        assertEq(freeUnits(sellers[1]), 100, "the spare got nothing");
    }

    // ------------------------------------------------------------------------------------------- units

    function test_BidUsedUpToItsUnits() external {
        order.replicas = 3;
        Offer memory offer = makeBid(sellers[0], order, 10_000);
        offer.units = 7;
        (Offer[] memory offers, bytes[] memory signatures) = _repeat(offer, signOffer(sellers[0], offer), 3);
        bytes32[] memory leases = matchAsTenant(order, offers, signatures);
        assertEq(freeUnits(sellers[0]), 94, "three times two");
        assertTrue(leases[0] != leases[1] && leases[1] != leases[2], "leases of their own");
        assertEq(book.usedUnits(book.hashOffer(offer)), 0, "not counted beyond the match");
    }

    function test_RevertWhen_BidUsedBeyondItsUnits() external {
        order.replicas = 3;
        Offer memory offer = makeBid(sellers[0], order, 10_000);
        offer.units = 5;
        (Offer[] memory offers, bytes[] memory signatures) = _repeat(offer, signOffer(sellers[0], offer), 3);
        _expect(abi.encodeWithSelector(IOrderBook.UnitsExceeded.selector, 6, 5), offers, signatures, new Terms[](0));
        // Also with another between them.
        offers[1] = makeBid(sellers[1], order, 10_000);
        signatures[1] = signOffer(sellers[1], offers[1]);
        matchAsTenant(order, offers, signatures);
    }

    function test_RevertWhen_RepeatedOfferDoesNotQualify() external {
        order.replicas = 2;
        Offer memory offer = makeBid(sellers[0], order, order.maxPrice + 1);
        offer.units = 4;
        (Offer[] memory offers, bytes[] memory signatures) = _repeat(offer, signOffer(sellers[0], offer), 4);
        _expect(
            abi.encodeWithSelector(IOrderBook.PriceTooHigh.selector, order.maxPrice + 1, order.maxPrice),
            offers,
            signatures,
            new Terms[](0)
        );
    }

    function test_StandingOfferFillsPartially() external {
        Offer memory offer = makeStanding(sellers[0], 5, 9_000);
        bytes memory offerSignature = signOffer(sellers[0], offer);
        matchAsTenant(order, one(offer), one(offerSignature));
        assertEq(book.usedUnits(book.hashOffer(offer)), 2);
        order = makeOrder();
        matchAsTenant(order, one(offer), one(offerSignature));
        assertEq(book.usedUnits(book.hashOffer(offer)), 4);
        order = makeOrder();
        _expect(
            abi.encodeWithSelector(IOrderBook.UnitsExceeded.selector, 6, 5),
            one(offer),
            one(offerSignature),
            new Terms[](0)
        );
        order.units = 1;
        matchAsTenant(order, one(offer), one(offerSignature));
        assertEq(book.usedUnits(book.hashOffer(offer)), 5);
    }

    function test_StandingOfferForSeveralReplicas() external {
        order.replicas = 2;
        Offer memory offer = makeStanding(sellers[0], 4, 9_000);
        (Offer[] memory offers, bytes[] memory signatures) = _repeat(offer, signOffer(sellers[0], offer), 2);
        matchAsTenant(order, offers, signatures);
        assertEq(book.usedUnits(book.hashOffer(offer)), 4);
    }

    function test_BidListedAgainLaterIsNotUsedAgain() external {
        order.replicas = 3;
        Offer[] memory offers = new Offer[](3);
        bytes[] memory signatures = new bytes[](3);
        uint256[3] memory of_ = [uint256(0), 1, 0];
        for (uint256 i = 0; i < 3; i++) {
            offers[i] = makeBid(sellers[of_[i]], order, 10_000);
            signatures[i] = signOffer(sellers[of_[i]], offers[i]);
        }
        offers[2] = offers[0];
        signatures[2] = signatures[0];
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.UnitsExceeded.selector, 2 * order.units, order.units));
        matchAsTenant(order, offers, signatures);
    }

    // ------------------------------------------------------------------------------------------- spread

    function test_SpreadByProvider() external {
        (order.replicas, order.spread) = (2, Spread.PROVIDERS);
        Offer[] memory offers = new Offer[](3);
        bytes[] memory signatures = new bytes[](3);
        uint256[3] memory of_ = [uint256(0), 0, 1];
        for (uint256 i = 0; i < 3; i++) {
            offers[i] = makeBid(sellers[of_[i]], order, 10_000);
            signatures[i] = signOffer(sellers[of_[i]], offers[i]);
        }
        matchAsTenant(order, offers, signatures);
        assertEq(freeUnits(sellers[0]), 98);
        assertEq(freeUnits(sellers[1]), 98);
    }

    function test_SpreadByCountry() external {
        (order.replicas, order.spread) = (2, Spread.COUNTRIES);
        (Offer[] memory offers, bytes[] memory signatures) = _bids();
        matchAsTenant(order, offers, signatures);
        assertEq(freeUnits(sellers[1]), 100, "the second of DE");
        assertEq(freeUnits(sellers[2]), 98);
    }

    function test_RevertWhen_SpreadCannotBe() external {
        (order.replicas, order.spread) = (3, Spread.COUNTRIES);
        (Offer[] memory offers, bytes[] memory signatures) = _bids();
        _expect(
            abi.encodeWithSelector(IOrderBook.SpreadViolated.selector, sellers[1].id, bytes2("DE")),
            offers,
            signatures,
            new Terms[](0)
        );
    }

    function test_ThirtyTwoReplicas() external {
        (order.replicas, order.spread) = (32, Spread.PROVIDERS);
        Offer[] memory offers = new Offer[](32);
        bytes[] memory signatures = new bytes[](32);
        for (uint256 i = 0; i < 32; i++) {
            Seller memory seller = makeSeller(string.concat("s", vm.toString(i)), "NL", 2);
            offers[i] = makeBid(seller, order, 10_000);
            signatures[i] = signOffer(seller, offers[i]);
        }
        uint256 before = balance(tenant.addr);
        assertEq(matchAsTenant(order, offers, signatures).length, 32);
        assertEq(before - balance(tenant.addr), 32 * 20_000);
    }

    // ------------------------------------------------------------------------------------------- replacement

    function _oldLease(Seller memory seller, uint32 units) private returns (Terms memory terms, bytes32 lease) {
        Order memory old = makeOrder();
        (old.units, old.duration) = (units, 10 hours);
        Offer memory offer = makeBid(seller, old, 10_000);
        terms = termsOf(old, offer, 0);
        lease = matchAsTenant(old, one(offer), one(signOffer(seller, offer)))[0];
        skip(1 hours);
        order = makeOrder();
        (order.previous, order.handoverSeconds) = (lease, 10 minutes);
    }

    function test_ReplacedByAnotherProvider() external {
        (Terms memory old, bytes32 lease) = _oldLease(sellers[0], 2);
        Offer memory offer = makeBid(sellers[1], order, 8_000);
        uint256 before = balance(tenant.addr);
        Award memory award = makeAward(order, one(offer));
        book.matchOrder(
            order, one(offer), one(signOffer(sellers[1], offer)), award, signAward(tenant.key, award), one(old)
        );
        LeaseState memory state = escrow.leaseOf(lease);
        assertEq(state.closedAt, uint40(vm.getBlockTimestamp()) + 10 minutes);
        assertFalse(state.released);
        assertEq(freeUnits(sellers[0]), 98, "kept for the handover");
        assertEq(balance(tenant.addr), before + 200_000 - 23_334 - 16_000, "70 minutes, rounded up");
    }

    function test_ReplacedBySameProviderTakesOverUnits() external {
        (Terms memory old, bytes32 lease) = _oldLease(sellers[0], 100);
        order.units = 100;
        Offer memory offer = makeBid(sellers[0], order, 8_000);
        Award memory none;
        bytes[] memory signatures = one(signOffer(sellers[0], offer));
        vm.prank(tenant.addr);
        book.matchOrder(order, one(offer), signatures, none, "", one(old));
        assertTrue(escrow.leaseOf(lease).released);
        assertEq(freeUnits(sellers[0]), 0);
    }

    function test_RevertWhen_UnitsTakenOverDoNotDo() external {
        (Terms memory old,) = _oldLease(sellers[0], 99);
        order.units = 101;
        Offer[] memory offers = new Offer[](2);
        (offers[0], offers[1]) = (makeBid(sellers[0], order, 8_000), makeBid(sellers[1], order, 9_000));
        bytes[] memory signatures = new bytes[](2);
        (signatures[0], signatures[1]) = (signOffer(sellers[0], offers[0]), signOffer(sellers[1], offers[1]));
        _expect(
            abi.encodeWithSelector(IOrderBook.InsufficientCapacity.selector, sellers[0].id, 101, 100),
            offers,
            signatures,
            one(old)
        );
    }

    function test_RevertWhen_ReplacedIsNotTheOrders() external {
        (Terms memory old, bytes32 lease) = _oldLease(sellers[0], 2);
        (Offer[] memory offers, bytes[] memory signatures) = _bids();
        _expect(
            abi.encodeWithSelector(IOrderBook.ReplacementMismatch.selector, lease, bytes32(0)),
            offers,
            signatures,
            new Terms[](0)
        );
        Terms memory other = old;
        other.index = 1;
        _expect(
            abi.encodeWithSelector(IOrderBook.ReplacementMismatch.selector, lease, keccak256(abi.encode(other))),
            offers,
            signatures,
            one(other)
        );
        order.previous = 0;
        (offers, signatures) = _bids();
        _expect(
            abi.encodeWithSelector(IOrderBook.ReplacementMismatch.selector, bytes32(0), keccak256(abi.encode(other))),
            offers,
            signatures,
            one(other)
        );
        _expect(
            abi.encodeWithSelector(IOrderBook.ReplacementMismatch.selector, bytes32(0), bytes32(0)),
            offers,
            signatures,
            new Terms[](2)
        );
    }

    function test_RevertWhen_ReplacedIsAnothers() external {
        (Terms memory old, bytes32 lease) = _oldLease(sellers[0], 2);
        address owner = tenant.addr;
        tenant = makeAccount("thief");
        fund(tenant.addr, 1e6);
        order = makeOrder();
        order.previous = lease;
        (Offer[] memory offers, bytes[] memory signatures) = _bids();
        _expect(abi.encodeWithSelector(IOrderBook.NotTenant.selector, tenant.addr, owner), offers, signatures, one(old));
    }
}
