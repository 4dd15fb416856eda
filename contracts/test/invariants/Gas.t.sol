// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewards} from "../../src/interfaces/IRewards.sol";
import {Award, Offer, Order, ServedLeaf, Terms} from "../../src/interfaces/Types.sol";
import {Market} from "../utils/Market.sol";
import {ScriptedReports} from "../utils/ScriptedReports.sol";

/// @title Law 9: no function's gas grows with the number of providers, orders, leases, bids or eras
/// @notice Each cost is measured in a market with hardly any history and in the same one after much of it. All calls of a
/// test are one transaction, so addresses and slots that were used before are warm in both.
contract GasGrowth is Market {
    uint256 private constant HISTORY = 100;
    /// @dev Gas by which two equal calls may differ: counters with more digits.
    uint256 private constant NOISE = 300;

    Seller internal seller;
    Seller internal slashed;
    address internal verifier;

    struct Costs {
        uint256 register;
        uint256 matched;
        uint256 settled;
        uint256 byReport;
        uint256 closed;
        uint256 finished;
        uint256 posted;
        uint256 losing;
        uint256 awarded;
        uint256 slashed;
        uint256 claimed;
    }

    function setUp() public override {
        super.setUp();
        committedUntil += 10 * 365 days;
        seller = makeSeller("seller", "DE", 2_000);
        slashed = makeSeller("slashed", "FR", 0);
        rewards.setPolicy(IRewards.Policy(1e18, 10_000, 0, 0));
        escrow.setVerifier(reports, true);
        fund(tenant.addr, 1_000_000e6);
    }

    function test_nothingGrows() external {
        _measure(1); // everything that is new the first time
        Costs memory early = _measure(2);
        for (uint256 i = 3; i < HISTORY; i++) {
            _measure(i);
        }
        Costs memory late = _measure(HISTORY);
        _assertSame(early.register, late.register, "register");
        _assertSame(early.matched, late.matched, "match");
        _assertSame(early.settled, late.settled, "settle by time");
        _assertSame(early.byReport, late.byReport, "settle by report");
        _assertSame(early.closed, late.closed, "close");
        _assertSame(early.finished, late.finished, "finish");
        _assertSame(early.posted, late.posted, "post");
        _assertSame(early.losing, late.losing, "a losing bid");
        _assertSame(early.awarded, late.awarded, "award");
        _assertSame(early.slashed, late.slashed, "slash");
        _assertSame(early.claimed, late.claimed, "claim");
    }

    /// @dev A losing bid costs the same after 2 bids and after 60, and a winning one as well.
    function test_bidsDoNotMakeBidsDearer() external {
        Order memory order = _auction();
        book.post(order, signAward(tenant.key, Award(book.hashOrder(order), 0, order.auctionEnd)));
        _bid(order, 10_000);
        _bid(order, 9_900);
        uint256 early = _bid(order, 9_800);
        uint256 earlyLosing = _losing(order);
        for (uint96 i = 0; i < 60; i++) {
            _bid(order, 9_000 - i);
            _losing(order);
        }
        _assertSame(early, _bid(order, 100), "a winning bid");
        _assertSame(earlyLosing, _losing(order), "a losing bid");
    }

    function _measure(uint256 round) private returns (Costs memory costs) {
        costs.register = _register(round);
        (costs.matched, costs.settled, costs.closed) = _lifeByTime();
        (costs.byReport, costs.finished) = _lifeByReport(uint64(round));
        (costs.posted, costs.losing, costs.awarded) = _lifeOfAuction();
        (costs.slashed, costs.claimed) = _lifeOfStake(uint64(round));
    }

    function _register(uint256 round) private returns (uint256) {
        Account memory operator = makeAccount(string.concat("operator ", vm.toString(round)));
        uint40 expiry = uint40(vm.getBlockTimestamp());
        bytes memory acceptance = acceptanceOf(operator.key, seller.owner, operator.addr, expiry);
        return _spent(
            seller.owner,
            address(registry),
            abi.encodeCall(registry.register, (operator.addr, seller.owner, "DE", "", expiry, acceptance))
        );
    }

    function _lifeByTime() private returns (uint256 matched, uint256 settled, uint256 closed) {
        Order memory order = makeOrder();
        Terms memory terms;
        (matched, terms) = _match(order);
        skip(10 minutes);
        settled = _spent(seller.owner, address(escrow), abi.encodeCall(escrow.settleByTime, (one(terms))));
        closed = _spent(tenant.addr, address(escrow), abi.encodeCall(escrow.close, (terms)));
    }

    function _lifeByReport(uint64 era) private returns (uint256 settled, uint256 finished) {
        Order memory order = makeOrder();
        (order.uptimeBps, order.verifier) = (9_900, reports);
        (, Terms memory terms) = _match(order);
        skip(10 minutes);
        bytes32 lease = escrow.leaseIdOf(terms);
        ScriptedReports(reports).setServed(lease, era, 5 minutes);
        ScriptedReports(reports).setEra(era, uint40(vm.getBlockTimestamp()));
        settled = _spent(
            seller.owner,
            address(escrow),
            abi.encodeCall(escrow.settle, (terms, ServedLeaf(era, 5 minutes), new bytes32[](0)))
        );
        skip(1 hours + FINAL_GRACE);

        finished = _spent(seller.owner, address(escrow), abi.encodeCall(escrow.finish, (terms)));
    }

    function _lifeOfAuction() private returns (uint256 posted, uint256 losing, uint256 awarded) {
        Order memory order = _auction();
        bytes memory consent = signAward(tenant.key, Award(book.hashOrder(order), 0, order.auctionEnd));
        posted = _spent(seller.owner, address(book), abi.encodeCall(book.post, (order, consent)));
        Offer memory offer = makeBid(seller, order, 5_000);
        offer.expiry = order.expiry;
        book.bid(order, offer, signOffer(seller, offer));
        losing = _losing(order);
        vm.warp(order.auctionEnd);
        awarded = _spent(seller.owner, address(book), abi.encodeCall(book.award, (order, one(offer), new Terms[](0))));
    }

    /// @dev Each round somebody else stakes too, and what is slashed is partly moved and partly burnt.
    function _lifeOfStake(uint64 era) private returns (uint256 cost, uint256 claimed) {
        uint256 pool = staking.poolId(1, slashed.id);
        stake(makeAddr(string.concat("staker ", vm.toString(era))), pool, 10e18);
        stake(slashed.owner, pool, 1e18);
        cost = _spent(reports, address(staking), abi.encodeCall(staking.slash, (pool, 2e18, tenant.addr)));
        bytes32 leaf = keccak256(abi.encode(3, slashed.id, uint16(9_000), uint256(era) * 1e18, uint256(0)));
        ScriptedReports(reports).setLeaf(era, keccak256(abi.encode(leaf)));
        ScriptedReports(reports).setLastEffective(era);
        claimed = _spent(
            seller.owner,
            address(rewards),
            abi.encodeCall(rewards.claimProvider, (era, slashed.id, 9_000, uint256(era) * 1e18, 0, new bytes32[](0)))
        );
    }

    // ------------------------------------------------------------------------------------------- helpers

    function _auction() private returns (Order memory order) {
        order = makeOrder();
        order.auctionEnd = uint40(vm.getBlockTimestamp() + 10 minutes);
        order.expiry = order.auctionEnd + 1 hours;
    }

    function _match(Order memory order) private returns (uint256 spent, Terms memory terms) {
        Offer memory offer = makeBid(seller, order, 5_000);
        Award memory none;
        bytes memory data = abi.encodeCall(
            book.matchOrder, (order, one(offer), one(signOffer(seller, offer)), none, "", new Terms[](0))
        );
        spent = _spent(tenant.addr, address(book), data);
        terms = termsOf(order, offer, 0);
    }

    function _bid(Order memory order, uint96 price) private returns (uint256) {
        Offer memory offer = makeBid(seller, order, price);
        offer.expiry = order.expiry;
        return _spent(seller.owner, address(book), abi.encodeCall(book.bid, (order, offer, signOffer(seller, offer))));
    }

    function _losing(Order memory order) private returns (uint256 spent) {
        Offer memory offer = makeBid(seller, order, MAX_PRICE);
        offer.expiry = order.expiry;
        bool ok;
        (ok, spent) = _call(address(book), abi.encodeCall(book.bid, (order, offer, signOffer(seller, offer))));
        assertFalse(ok, "it loses");
    }

    function _spent(address sender, address target, bytes memory data) private returns (uint256 spent) {
        bool ok;
        vm.prank(sender);
        (ok, spent) = _call(target, data);
        assertTrue(ok, vm.toString(data));
    }

    /// @dev In assembly, because a call in Solidity copies `data` first, which costs more the more memory a test has used.
    function _call(address target, bytes memory data) private returns (bool ok, uint256 spent) {
        assembly ("memory-safe") {
            spent := gas()
            ok := call(gas(), target, 0, add(data, 0x20), mload(data), 0, 0)
            spent := sub(spent, gas())
        }
    }

    function _assertSame(uint256 early, uint256 late, string memory what) private pure {
        assertApproxEqAbs(early, late, NOISE, what);
    }
}
