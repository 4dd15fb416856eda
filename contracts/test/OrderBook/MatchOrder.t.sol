// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {IOrderBook} from "../../src/interfaces/IOrderBook.sol";
import {Award, LeaseState, Offer, Order, Terms} from "../../src/interfaces/Types.sol";
import {Market} from "../utils/Market.sol";
import {Wallet} from "../utils/Wallet.sol";

/// @dev Branches of matchOrder.tree: consent, an order's single use, the order itself, the lists, extreme values.
contract MatchOrderTest is Market {
    Seller private seller;
    Order private order;
    Offer private offer;

    function setUp() public override {
        super.setUp();
        seller = makeSeller("seller", "DE", 100);
        order = makeOrder();
        offer = makeBid(seller, order, 10_000);
    }

    function _match(Order memory order_, Offer memory offer_, Award memory award, bytes memory awardSignature)
        private
        returns (bytes32[] memory)
    {
        bytes[] memory signatures = one(signOffer(seller, offer_));
        return book.matchOrder(order_, one(offer_), signatures, award, awardSignature, new Terms[](0));
    }

    function _expect(Order memory order_, bytes memory failure) private {
        Offer[] memory offers = one(makeBid(seller, order_, 10_000));
        bytes[] memory signatures = one(signOffer(seller, offers[0]));
        Award memory none;
        vm.expectRevert(failure);
        vm.prank(order_.tenant);
        book.matchOrder(order_, offers, signatures, none, "", new Terms[](0));
    }

    // ------------------------------------------------------------------------------------------- consent

    function test_ByTenantItself() external {
        uint256 before = balance(tenant.addr);
        bytes[] memory signatures = one(signOffer(seller, offer));
        Terms memory terms = termsOf(order, offer, 0);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseOpened(
            escrow.leaseIdOf(terms), tenant.addr, seller.id, uint40(vm.getBlockTimestamp()) + 1 hours, terms
        );
        bytes32[] memory leases = matchAsTenant(order, one(offer), signatures);

        assertEq(leases.length, 1);
        assertEq(leases[0], keccak256(abi.encode(terms)), "lease id");
        LeaseState memory state = escrow.leaseOf(leases[0]);
        assertEq(state.end, terms.start + order.duration, "end");
        assertEq(before - balance(tenant.addr), 20_000, "an hour of two units");
        assertEq(freeUnits(seller), 98, "units");
        assertTrue(book.isNonceUsed(tenant.addr, order.nonce), "nonce");
    }

    function test_ByTenantInMulticall() external {
        Award memory none;
        bytes[] memory calls = one(
            abi.encodeCall(
                IOrderBook.matchOrder, (order, one(offer), one(signOffer(seller, offer)), none, "", new Terms[](0))
            )
        );
        vm.prank(tenant.addr);
        (bool ok,) = address(book).call(abi.encodeWithSignature("multicall(bytes[])", calls));
        assertTrue(ok);
        assertTrue(book.isNonceUsed(tenant.addr, order.nonce));
    }

    function test_ByAnyoneWithAward() external {
        Award memory award = makeAward(order, one(offer));
        _match(order, offer, award, signAward(tenant.key, award));
        assertEq(freeUnits(seller), 98);
    }

    function test_ByAnyoneWithAwardOfWallet() external {
        Wallet wallet = new Wallet(tenant.addr);
        fund(address(wallet), 1e6);
        order.tenant = address(wallet);
        offer = makeBid(seller, order, 10_000);
        Award memory award = makeAward(order, one(offer));
        bytes memory wrong = signAward(seller.key, award);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.InvalidSignature.selector, address(wallet)));
        this.matchWith(award, wrong);
        _match(order, offer, award, signAward(tenant.key, award));
        assertEq(balance(address(wallet)), 1e6 - 20_000);
    }

    function matchWith(Award calldata award, bytes calldata awardSignature) external {
        _match(order, offer, award, awardSignature);
    }

    function test_RevertWhen_ProviderMatchesItsHighestPrice() external {
        offer = makeBid(seller, order, order.maxPrice);
        Award memory none;
        bytes32 chosen = keccak256(abi.encodePacked(book.hashOffer(offer)));
        vm.startPrank(seller.operator);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.AwardMismatch.selector, book.hashOrder(order), bytes32(0)));
        this.matchWith(none, "");
        // An award that it signs itself, and the tenant's award over the cheaper offer.
        Award memory own = makeAward(order, one(offer));
        bytes memory awardSignature = signAward(seller.key, own);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.InvalidSignature.selector, tenant.addr));
        this.matchWith(own, awardSignature);
        Award memory other = makeAward(order, one(makeBid(seller, order, 1)));
        awardSignature = signAward(tenant.key, other);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.AwardedOthers.selector, chosen, other.offers));
        this.matchWith(other, awardSignature);
    }

    function test_RevertWhen_AwardedInAnotherSequence() external {
        Offer[] memory offers = new Offer[](2);
        (offers[0], offers[1]) = (offer, makeBid(seller, order, 12_000));
        Award memory award = makeAward(order, offers);
        bytes memory awardSignature = signAward(tenant.key, award);
        (offers[0], offers[1]) = (offers[1], offers[0]);
        bytes[] memory signatures = new bytes[](2);
        bytes32 given = makeAward(order, offers).offers;
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.AwardedOthers.selector, given, award.offers));
        book.matchOrder(order, offers, signatures, award, awardSignature, new Terms[](0));
    }

    function test_RevertWhen_AwardForAnotherOrder() external {
        Order memory other = makeOrder();
        Award memory award = makeAward(other, one(offer));
        bytes memory awardSignature = signAward(tenant.key, award);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderBook.AwardMismatch.selector, book.hashOrder(order), book.hashOrder(other))
        );
        this.matchWith(award, awardSignature);
    }

    function test_RevertWhen_AwardExpired() external {
        Award memory award = makeAward(order, one(offer));
        bytes memory awardSignature = signAward(tenant.key, award);
        vm.warp(uint256(award.deadline) + 1);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.AwardExpired.selector, award.deadline, award.deadline + 1));
        this.matchWith(award, awardSignature);
        vm.warp(award.deadline);
        _match(order, offer, award, awardSignature);
    }

    function test_RevertWhen_SignedForAnotherChain() external {
        vm.chainId(5);
        Award memory award = makeAward(order, one(offer));
        bytes memory awardSignature = signAward(tenant.key, award);
        vm.chainId(31_337);
        award = makeAward(order, one(offer));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.InvalidSignature.selector, tenant.addr));
        this.matchWith(award, awardSignature);
    }

    function test_RevertWhen_SignedForAnotherContract() external {
        IOrderBook other = IOrderBook(
            vm.deployCode("OrderBook.sol:OrderBook", abi.encode(address(manager), registry, capacity, escrow, staking))
        );
        Award memory award = makeAward(order, one(offer));
        bytes memory awardSignature = signature(tenant.key, other.hashAward(award));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.InvalidSignature.selector, tenant.addr));
        this.matchWith(award, awardSignature);
    }

    // ------------------------------------------------------------------------------------------- single use

    function test_RevertWhen_MatchedTwice() external {
        matchAsTenant(order, one(offer), one(signOffer(seller, offer)));
        _expect(order, abi.encodeWithSelector(IOrderBook.NonceUsed.selector, tenant.addr, order.nonce));
    }

    function test_RevertWhen_PostedAndMatched() external {
        vm.prank(tenant.addr);
        book.post(order, "");
        _expect(order, abi.encodeWithSelector(IOrderBook.NonceUsed.selector, tenant.addr, order.nonce));
    }

    function test_RevertWhen_MatchedAndPosted() external {
        matchAsTenant(order, one(offer), one(signOffer(seller, offer)));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.NonceUsed.selector, tenant.addr, order.nonce));
        vm.prank(tenant.addr);
        book.post(order, "");
    }

    function test_RevertWhen_NonceCancelled() external {
        vm.prank(tenant.addr);
        book.cancel(order);
        _expect(order, abi.encodeWithSelector(IOrderBook.NonceUsed.selector, tenant.addr, order.nonce));
    }

    function test_NonceIsPerTenantAndBit() external {
        vm.prank(tenant.addr);
        book.cancel(order);
        Order memory other = makeOrder();
        other.nonce = order.nonce ^ 1;
        other.manifest = 0;
        matchAsTenant(other, one(makeBid(seller, other, 1)), one(signOffer(seller, makeBidAgain(other))));
        assertFalse(book.isNonceUsed(seller.owner, order.nonce), "another tenant's");
        assertFalse(book.isNonceUsed(tenant.addr, order.nonce + 256), "another word's");
    }

    /// @dev The last bid made, so that it can be signed.
    function makeBidAgain(Order memory order_) private returns (Offer memory again) {
        again = makeBid(seller, order_, 1);
        again.salt--;
    }

    // ------------------------------------------------------------------------------------------- the order

    function test_RevertWhen_OrderExpired() external {
        vm.warp(uint256(order.expiry) + 1);
        _expect(order, abi.encodeWithSelector(IOrderBook.OrderExpired.selector, order.expiry, order.expiry + 1));
        vm.warp(order.expiry);
        matchAsTenant(order, one(offer), one(signOffer(seller, offer)));
    }

    function test_RevertWhen_AuctionTooLong() external {
        uint40 latest = uint40(vm.getBlockTimestamp()) + book.policy().maxAuction;
        order.auctionEnd = latest + 1;
        _expect(order, abi.encodeWithSelector(IOrderBook.AuctionTooLong.selector, latest + 1, latest));
    }

    function test_RevertWhen_KindUnknown() external {
        order.kind = 2;
        _expect(order, abi.encodeWithSelector(IOrderBook.UnsupportedKind.selector, 2));
    }

    function test_RevertWhen_JobTermsDoNotGoWithTheKind() external {
        order.jobTerms = keccak256("terms");
        _expect(order, abi.encodeWithSelector(IOrderBook.KindMismatch.selector, 0, order.jobTerms));
        (order.kind, order.jobTerms) = (1, 0);
        _expect(order, abi.encodeWithSelector(IOrderBook.KindMismatch.selector, 1, bytes32(0)));
    }

    function test_RevertWhen_AJobGoesByTime() external {
        (order.kind, order.jobTerms, order.verifier, order.maxMinSeconds) = (1, keccak256("terms"), reports, 0);
        order.maxSilence = 1;
        _expect(order, abi.encodeWithSelector(IOrderBook.NotForJobs.selector, 1, 0, bytes32(0)));
        (order.maxSilence, order.maxMinSeconds) = (0, 2);
        _expect(order, abi.encodeWithSelector(IOrderBook.NotForJobs.selector, 0, 2, bytes32(0)));
        (order.maxMinSeconds, order.previous) = (0, keccak256("lease"));
        _expect(order, abi.encodeWithSelector(IOrderBook.NotForJobs.selector, 0, 0, order.previous));
        (order.previous, order.uptimeBps) = (0, 1);
        _expect(order, abi.encodeWithSelector(IOrderBook.VerifierMismatch.selector, 1, reports));
        (order.uptimeBps, order.verifier) = (0, address(0));
        _expect(order, abi.encodeWithSelector(IOrderBook.VerifierMismatch.selector, 0, address(0)));
    }

    function test_OpensAJob() external {
        escrow.setJobVerifier(reports, true);
        (order.kind, order.jobTerms, order.verifier, order.maxMinSeconds) = (1, keccak256("terms"), reports, 0);
        offer = makeBid(seller, order, 10_000);
        Terms memory terms = termsOf(order, offer, 0);
        assertEq(matchAsTenant(order, one(offer), one(signOffer(seller, offer)))[0], escrow.leaseIdOf(terms));
        assertFalse(escrow.leaseOf(escrow.leaseIdOf(terms)).byTime, "never by time");
    }

    function test_RevertWhen_TierOrSpreadUnknown() external {
        order.tier = 3;
        _expect(order, abi.encodeWithSelector(IOrderBook.InvalidTier.selector, 3));
        order.tier = 1;
        order.spread = 3;
        _expect(order, abi.encodeWithSelector(IOrderBook.InvalidSpread.selector, 3));
    }

    function test_RevertWhen_QuantitiesMakeNoSense() external {
        order.units = 0;
        _expect(order, abi.encodeWithSelector(IOrderBook.InvalidUnits.selector, 0));
        order.units = 1;
        order.replicas = 0;
        _expect(order, abi.encodeWithSelector(IOrderBook.InvalidReplicas.selector, 0, 32));
        order.replicas = 33;
        _expect(order, abi.encodeWithSelector(IOrderBook.InvalidReplicas.selector, 33, 32));
        order.replicas = 2;
        order.previous = keccak256("lease");
        _expect(order, abi.encodeWithSelector(IOrderBook.InvalidReplicas.selector, 2, 1));
        (order.replicas, order.previous) = (1, 0);
        order.duration = 0;
        _expect(order, abi.encodeWithSelector(IOrderBook.InvalidDuration.selector, 0));
    }

    function test_RevertWhen_UptimeAndVerifierDisagree() external {
        order.uptimeBps = 10_001;
        _expect(order, abi.encodeWithSelector(IOrderBook.InvalidUptime.selector, 10_001, 10_000));
        order.uptimeBps = 9_900;
        _expect(order, abi.encodeWithSelector(IOrderBook.VerifierMismatch.selector, 9_900, address(0)));
        order.uptimeBps = 0;
        order.verifier = reports;
        _expect(order, abi.encodeWithSelector(IOrderBook.VerifierMismatch.selector, 0, reports));
        order.uptimeBps = 9_900;
        _expect(order, abi.encodeWithSelector(ILeaseEscrow.VerifierNotAllowed.selector, reports));
        escrow.setVerifier(reports, true);
        offer = makeBid(seller, order, 10_000);
        matchAsTenant(order, one(offer), one(signOffer(seller, offer)));
    }

    function test_RevertWhen_TenantHasTooLittleStake() external {
        IOrderBook.Policy memory policy = book.policy();
        policy.tenantStake = 5e18;
        book.setPolicy(policy);
        _expect(order, abi.encodeWithSelector(IOrderBook.InsufficientTenantStake.selector, 0, 5e18));
        stake(address(this), staking.poolId(3, uint160(tenant.addr)), 5e18);
        matchAsTenant(order, one(offer), one(signOffer(seller, offer)));
    }

    // ------------------------------------------------------------------------------------------- lists, extremes

    function test_RevertWhen_ListsDoNotFit() external {
        Award memory none;
        vm.startPrank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.LengthMismatch.selector, 1, 0));
        book.matchOrder(order, one(offer), new bytes[](0), none, "", new Terms[](0));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.TooFewOffers.selector, 0, 1));
        book.matchOrder(order, new Offer[](0), new bytes[](0), none, "", new Terms[](0));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.TooManyOffers.selector, 65, 64));
        book.matchOrder(order, new Offer[](65), new bytes[](65), none, "", new Terms[](0));
    }

    function test_PriceZero() external {
        offer = makeBid(seller, order, 0);
        uint256 before = balance(tenant.addr);
        matchAsTenant(order, one(offer), one(signOffer(seller, offer)));
        assertEq(balance(tenant.addr), before);
    }

    function test_LargestValues() external {
        capacity.setResource(CU, true, 0);
        uint32 most = type(uint32).max;
        committedUntil = uint40(vm.getBlockTimestamp()) + most;
        vm.prank(seller.operator);
        capacity.commit(seller.id, CU, most - 100, committedUntil);
        (order.units, order.duration, order.maxPrice, order.maxMinSeconds) = (most, most, type(uint96).max, most);
        offer = makeBid(seller, order, type(uint96).max);
        (offer.maxDuration, offer.minSeconds) = (most, most);
        bytes32[] memory leases;
        uint256 cost = (uint256(type(uint96).max) * most * most + 3599) / 3600;
        uint256 before = balance(tenant.addr);
        bytes[] memory signatures = one(signOffer(seller, offer));
        Award memory none;
        vm.expectRevert(
            abi.encodeWithSelector(
                ILeaseEscrow.InsufficientBalance.selector, tenant.addr, address(dollar), cost, before
            )
        );
        vm.prank(tenant.addr);
        book.matchOrder(order, one(offer), signatures, none, "", new Terms[](0));
        fund(tenant.addr, cost);
        leases = matchAsTenant(order, one(offer), signatures);
        assertEq(escrow.leaseOf(leases[0]).end, committedUntil);
        assertEq(balance(tenant.addr), before, "all of it");
        assertEq(freeUnits(seller), 0);
    }
}
