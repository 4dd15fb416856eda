// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {Reason, ServedLeaf, Terms} from "../../src/interfaces/Types.sol";
import {ScriptedReports} from "../utils/ScriptedReports.sol";
import {EscrowBase} from "./EscrowBase.sol";

contract EscrowByTimeTest is EscrowBase {
    // ------------------------------------------------------------------------------------------- settleByTime

    function test_settleByTime_RevertWhen_UnknownOrMonitored() external {
        Terms memory unknown = byTimeTerms();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(unknown)));
        settleByTime(unknown);
        (Terms memory terms, bytes32 lease) = openMonitored();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotByTime.selector, lease));
        settleByTime(terms);
    }

    function test_settleByTime_RevertWhen_NotProvider() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        skip(1);
        address[3] memory callers = [tenant.addr, owner, stranger];
        for (uint256 i = 0; i < callers.length; i++) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotProvider.selector, lease, callers[i]));
            escrow.settleByTime(one(terms));
        }
    }

    function test_settleByTime_RevertWhen_OneOfTheBatchIsAnothers() external {
        Terms[] memory batch = new Terms[](2);
        (batch[0],) = openByTime();
        batch[1] = byTimeTerms();
        (batch[1].provider, batch[1].payout) = (provider + 1, stranger);
        vm.prank(book);
        bytes32 lease = escrow.open(batch[1], DURATION, false);
        skip(1);
        vm.prank(operator.addr);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotProvider.selector, lease, operator.addr));
        escrow.settleByTime(batch);
        (batch[0], batch[1]) = (batch[1], batch[0]);
        lease = escrow.leaseIdOf(batch[1]);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotProvider.selector, lease, stranger));
        escrow.settleByTime(batch);
    }

    function test_settleByTime_OperatorRotatedTokenSold() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        Account memory next = makeAccount("next operator");
        bytes memory acceptance = acceptanceOf(next, owner, start + 1);
        vm.prank(owner);
        registry.setOperator(provider, next.addr, start + 1, acceptance);
        skip(1 hours);
        vm.prank(operator.addr);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotProvider.selector, lease, operator.addr));
        escrow.settleByTime(one(terms));
        vm.prank(next.addr);
        escrow.settleByTime(one(terms));

        vm.prank(owner);
        IERC721(address(registry)).transferFrom(owner, stranger, provider);
        skip(1 hours);
        vm.prank(next.addr);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotProvider.selector, lease, next.addr));
        escrow.settleByTime(one(terms));
        acceptance = acceptanceOf(operator, stranger, start + 1 days);
        vm.prank(stranger);
        registry.setOperator(provider, operator.addr, start + 1 days, acceptance);
        vm.prank(operator.addr);
        escrow.settleByTime(one(terms));
        skip(1 hours);
        settleByTime(terms);
        assertEq(balance(payout), 3 * 100_001, "to the payout of the opening, whoever owns and settles");
    }

    function testFuzz_settleByTime_InAnySteps(uint256 seed, uint128 rate) external {
        Terms memory terms = byTimeTerms();
        terms.rate = uint128(bound(rate, 0, 1e24));
        bytes32 lease = open(terms, DURATION);
        uint256 elapsed;
        while (elapsed < DURATION) {
            seed = uint256(keccak256(abi.encode(seed)));
            elapsed += seed % 3 hours;
            vm.warp(start + elapsed);
            vm.prank(seed % 2 == 0 ? payout : operator.addr);
            escrow.settleByTime(one(terms));
            uint256 seconds_ = elapsed < DURATION ? elapsed : DURATION;
            assertEq(balance(payout), owed(terms.rate, seconds_), "rounding does not accumulate");
        }
        assertTrue(escrow.leaseOf(lease).resolved);
        assertEq(balance(tenant.addr) + balance(payout), MONEY);
    }

    function testFuzz_settleByTime_MaxSilence(uint32 maxSilence, uint32 first, uint32 second) external {
        Terms memory terms = byTimeTerms();
        terms.maxSilence = maxSilence = uint32(bound(maxSilence, 1, 2 * DURATION));
        bytes32 lease = open(terms, DURATION);
        first = uint32(bound(first, 0, DURATION - 1));
        second = uint32(bound(second, first, 2 * DURATION));
        vm.warp(start + first);
        settleByTime(terms);
        uint256 paid = first < maxSilence ? first : maxSilence;
        assertEq(escrow.leaseOf(lease).secondsPaid, paid);
        assertEq(escrow.leaseOf(lease).settledUntil, start + first);
        vm.warp(start + second);
        settleByTime(terms);
        uint256 from = second > maxSilence && second - maxSilence > first ? second - maxSilence : first;
        uint256 to = second < DURATION ? second : DURATION;
        if (to > from) paid += to - from;
        assertEq(escrow.leaseOf(lease).secondsPaid, paid);
        assertEq(balance(payout), owed(RATE, paid));
        assertEq(escrow.leaseOf(lease).resolved, second >= DURATION);
        assertEq(
            balance(tenant.addr) + balance(payout) + escrow.heldOf(terms), MONEY, "skipped seconds are the tenant's"
        );
    }

    function test_settleByTime_TwiceInASecond() external {
        (Terms memory terms,) = openByTime();
        assertEq(settleByTime(terms), 0);
        skip(10);
        Terms[] memory twice = new Terms[](2);
        (twice[0], twice[1]) = (terms, terms);
        vm.prank(operator.addr);
        assertEq(escrow.settleByTime(twice), owed(RATE, 10));
    }

    function test_settleByTime_BatchPassesOverResolved() external {
        Terms[] memory batch = new Terms[](3);
        for (uint256 i = 0; i < 3; i++) {
            (batch[i],) = openByTime();
        }
        batch[2].payout = stranger;
        vm.prank(book);
        escrow.open(batch[2], DURATION, false);
        vm.prank(tenant.addr);
        escrow.close(batch[0]);
        skip(1 hours);
        escrow.setFee(200);
        vm.prank(operator.addr);
        assertEq(escrow.settleByTime(batch), 2 * 98_001);
        assertEq(balance(payout), 98_001);
        assertEq(balance(stranger), 98_001);
        assertEq(balance(rewardWallet), 4_000);
        vm.prank(operator.addr);
        assertEq(escrow.settleByTime(new Terms[](0)), 0);
    }

    // ------------------------------------------------------------------------------------------- settleByFallback

    function fall(Terms memory terms, ServedLeaf memory leaf) private returns (uint256 paid) {
        vm.prank(operator.addr);
        return escrow.settleByFallback(terms, leaf, new bytes32[](0));
    }

    function test_settleByFallback_Reverts() external {
        ServedLeaf memory leaf = ServedLeaf(1, 100);
        Terms memory unknown = monitoredTerms();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(unknown)));
        fall(unknown, leaf);
        (Terms memory terms, bytes32 lease) = openByTime();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.IsByTime.selector, lease));
        fall(terms, leaf);
        (terms, lease) = openMonitored();
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotProvider.selector, lease, tenant.addr));
        escrow.settleByFallback(terms, leaf, new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.FallbackClosed.selector, lease));
        fall(terms, leaf);
        vm.prank(tenant.addr);
        escrow.close(terms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyResolved.selector, lease));
        fall(terms, leaf);
    }

    function test_settleByFallback_RevertWhen_NotTheLastLeaf() external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        skip(3 hours);
        ServedLeaf memory old = report(lease, 1, 3600, start + 1 hours);
        ServedLeaf memory last = report(lease, 2, 3600, start + 2 hours);
        reports.setFallback(true);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.LeafNotLast.selector, start + 1 hours, start + 2 hours));
        fall(terms, old);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoLeaf.selector, lease, 2, 3601));
        fall(terms, ServedLeaf(2, 3601));
        assertEq(fall(terms, last), owed(RATE, 2 hours), "an hour by leaf, an hour by time");
    }

    function testFuzz_settleByFallback(uint40 served, uint40 covered, uint40 elapsed, uint40 later) external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        elapsed = uint40(bound(elapsed, 0, 2 * DURATION));
        covered = uint40(bound(covered, 0, elapsed));
        vm.warp(start + elapsed);
        ServedLeaf memory leaf = report(lease, 1, served, start + covered);
        reports.setFallback(true);
        fall(terms, leaf);

        uint40 byLeaf = covered < DURATION ? covered : DURATION;
        if (served < byLeaf) byLeaf = served;
        uint40 until = elapsed < DURATION ? elapsed : DURATION;
        uint40 paid = byLeaf + (until > covered ? until - covered : 0);
        assertEq(escrow.leaseOf(lease).secondsPaid, paid, "before the report by leaf, after it by time");
        assertEq(escrow.leaseOf(lease).resolved, elapsed >= DURATION);
        if (elapsed >= DURATION) return;

        ServedLeaf memory revived = report(lease, 2, type(uint40).max, start + elapsed);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.IsByTime.selector, lease));
        settle(terms, revived);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.IsByTime.selector, lease));
        fall(terms, revived);
        later = uint40(bound(later, elapsed, DURATION));
        vm.warp(start + later);
        settleByTime(terms);
        assertEq(escrow.leaseOf(lease).secondsPaid, paid + later - elapsed);
    }

    function test_settleByFallback_NoReportSinceTheStart() external {
        reports.setEra(7, start);
        (Terms memory terms, bytes32 lease) = openMonitored();
        skip(1 hours);
        reports.setFallback(true);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.FallbackEntered(lease, start);
        assertEq(fall(terms, ServedLeaf(99, 99)), 100_001);
    }

    function test_settleByFallback_MaxSilenceHoldsToo() external {
        Terms memory terms = monitoredTerms();
        terms.maxSilence = 10 minutes;
        open(terms, DURATION);
        skip(1 hours);
        reports.setFallback(true);
        assertEq(fall(terms, ServedLeaf(0, 0)), owed(RATE, 10 minutes));
    }

    /// @dev A verifier that takes its word back cannot have the same seconds paid twice.
    function test_settleByFallback_AVerifierThatForgets() external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        skip(2 hours);
        settle(terms, report(lease, 1, 5000, start + 2 hours));
        reports.setEra(0, start);
        reports.setFallback(true);
        assertEq(fall(terms, ServedLeaf(0, 0)), owed(RATE, 2 hours) - owed(RATE, 5000));
        assertEq(escrow.leaseOf(lease).secondsPaid, 2 hours);
        skip(DURATION);
        settleByTime(terms);
        assertEq(balance(tenant.addr) + balance(payout), MONEY);
    }

    function test_settleByFallback_EndByVerifierNotBeforeWhatWasSettled() external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        skip(1 hours);
        reports.setFallback(true);
        fall(terms, ServedLeaf(0, 0));
        skip(1 hours);
        vm.expectRevert(
            abi.encodeWithSelector(
                ILeaseEscrow.EndOutOfBounds.selector, lease, start + 1 hours - 1, start + 1 hours, start + 2 hours
            )
        );
        reports.end(escrow, terms, start + 1 hours - 1, Reason.ENDED_BY_MONITORS, 0);
        reports.end(escrow, terms, start + 1 hours, Reason.ENDED_BY_MONITORS, 0);
        assertTrue(escrow.leaseOf(lease).resolved);
    }

    // ------------------------------------------------------------------------------------------- finish

    function test_finish_RevertWhen_UnknownResolvedOrTooEarly() external {
        Terms memory unknown = byTimeTerms();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(unknown)));
        escrow.finish(unknown);
        (Terms memory terms, bytes32 lease) = openByTime();
        uint40 from = start + DURATION + FINAL_GRACE;
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.TooEarlyToFinish.selector, lease, from, from - 1));
        escrow.finish(terms);
        settleByTime(terms);
        vm.warp(from);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyResolved.selector, lease));
        escrow.finish(terms);
    }

    function testFuzz_finish_GivesTheRestToTheTenant(bool monitored, uint40 settled, uint40 closed) external {
        (Terms memory terms, bytes32 lease) = monitored ? openMonitored() : openByTime();
        settled = uint40(bound(settled, 0, DURATION - 2));
        closed = uint40(bound(closed, settled + 1, DURATION - 1));
        vm.warp(start + settled);
        if (monitored) settle(terms, report(lease, 1, settled, start + settled));
        else settleByTime(terms);
        vm.warp(start + closed);
        vm.prank(tenant.addr);
        escrow.close(terms);
        vm.warp(start + closed + FINAL_GRACE);
        uint256 rest = hold(RATE, closed) - owed(RATE, settled);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseResolved(lease, rest);
        vm.prank(stranger);
        assertEq(escrow.finish(terms), rest);
        assertEq(balance(payout), owed(RATE, settled));
        assertEq(balance(tenant.addr) + balance(payout), MONEY);
        assertEq(leased(), 0);
    }

    // ------------------------------------------------------------------------------------------- release

    function test_release_RevertWhen_UnknownOrNotOver() external {
        Terms memory unknown = byTimeTerms();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(unknown)));
        escrow.release(unknown);
        (Terms memory terms, bytes32 lease) = openByTime();
        uint40 end = start + DURATION;
        vm.warp(end - 1);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.LeaseNotOver.selector, lease, end, end - 1));
        escrow.release(terms);
    }

    function test_release_OnceAndIndependentOfSettlement() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        (Terms memory other,) = openByTime();
        skip(DURATION);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseReleased(lease);
        escrow.release(terms);
        escrow.release(terms);
        assertEq(leased(), UNITS);
        assertEq(escrow.heldOf(terms), 1_000_010, "its money waits");
        settleByTime(terms);
        assertEq(leased(), UNITS);
        settleByTime(other);
        assertEq(leased(), 0);
        escrow.release(terms);
        assertEq(leased(), 0);
    }
}
