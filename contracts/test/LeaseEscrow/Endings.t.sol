// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {LeaseState, Reason, Terms, Tier} from "../../src/interfaces/Types.sol";
import {EscrowBase} from "./EscrowBase.sol";

contract EscrowEndingsTest is EscrowBase {
    function close(Terms memory terms) private returns (uint256) {
        vm.prank(tenant.addr);
        return escrow.close(terms);
    }

    function abandon(Terms memory terms, uint8 reason) private {
        vm.prank(operator.addr);
        escrow.abandon(terms, reason, "why");
    }

    // ------------------------------------------------------------------------------------------- close

    function test_close_RevertWhen_UnknownResolvedOrOver() external {
        Terms memory unknown = byTimeTerms();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(unknown)));
        close(unknown);

        (Terms memory terms, bytes32 lease) = openByTime();
        close(terms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyResolved.selector, lease));
        close(terms);

        (terms, lease) = openByTime();
        skip(DURATION);
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.LeaseOver.selector, lease, start + DURATION, start + DURATION)
        );
        close(terms);
    }

    function test_close_RevertWhen_NotTenant() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        vm.prank(operator.addr);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotTenant.selector, lease, operator.addr, tenant.addr));
        escrow.close(terms);
    }

    function test_close_Now() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        skip(1 hours);
        uint256 refund = hold(RATE, DURATION) - hold(RATE, 1 hours);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseEnded(lease, Reason.CLOSED_BY_TENANT, start + 1 hours, refund, 0);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseReleased(lease);
        assertEq(close(terms), refund);
        assertEq(balance(tenant.addr), MONEY - 100_001);
        assertEq(leased(), 0, "units went back");
        assertEq(escrow.heldOf(terms), 100_001);
        skip(1 hours);
        assertEq(settleByTime(terms), 100_001, "what ran before is the provider's");
    }

    function test_close_AtOnceGivesAllBack() external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseResolved(lease, 0);
        assertEq(close(terms), 1_000_010);
        assertEq(balance(tenant.addr), MONEY);
        assertTrue(escrow.leaseOf(lease).resolved);
        assertEq(escrow.heldOf(terms), 0);
    }

    function test_close_ResolvesWhenAllIsSettled() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        skip(1001);
        settleByTime(terms);
        assertEq(close(terms), hold(RATE, DURATION) - owed(RATE, 1001));
        assertTrue(escrow.leaseOf(lease).resolved);
        assertEq(balance(tenant.addr) + balance(payout), MONEY);
    }

    function testFuzz_close_BeforeMinSeconds(uint32 minSeconds, uint32 moment) external {
        Terms memory terms = byTimeTerms();
        terms.minSeconds = minSeconds;
        bytes32 lease = open(terms, DURATION);
        moment = uint32(bound(moment, 0, DURATION - 1));
        skip(moment);
        uint40 charged = moment > minSeconds ? moment : minSeconds < DURATION ? minSeconds : DURATION;
        assertEq(close(terms), hold(RATE, DURATION) - hold(RATE, charged));
        assertEq(escrow.leaseOf(lease).closedAt, start + charged);
        assertEq(leased(), charged > moment ? UNITS : 0);
        vm.warp(start + charged);
        settleByTime(terms);
        assertEq(balance(payout), owed(RATE, charged));
        assertEq(balance(tenant.addr) + balance(payout), MONEY);
        assertEq(leased(), 0);
    }

    function test_close_RevertWhen_AlreadyEnding() external {
        Terms memory terms = byTimeTerms();
        terms.minSeconds = 1 hours;
        bytes32 lease = open(terms, DURATION);
        close(terms);
        skip(30 minutes);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyEnding.selector, lease, start + 1 hours));
        close(terms);
    }

    function test_close_EndsSoonerALeaseThatIsEnding() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        vm.prank(book);
        escrow.replace(terms, 2 hours, false);
        skip(1 hours);
        assertEq(close(terms), hold(RATE, 2 hours) - hold(RATE, 1 hours));
        assertEq(escrow.leaseOf(lease).closedAt, start + 1 hours);
        assertEq(balance(tenant.addr), MONEY - 100_001);
    }

    // ------------------------------------------------------------------------------------------- replace

    function replace(Terms memory terms, uint32 handover, bool takeOver) private {
        vm.prank(book);
        escrow.replace(terms, handover, takeOver);
    }

    function test_replace_RevertWhen_NotOrderBookOrUnknown() external {
        (Terms memory terms,) = openByTime();
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotOrderBook.selector, tenant.addr));
        escrow.replace(terms, 0, false);
        Terms memory unknown = byTimeTerms();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(unknown)));
        replace(unknown, 0, false);
    }

    function test_replace_LeavesALeaseThatIsJustOverAsItIs() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        skip(DURATION);
        replace(terms, 0, true);
        assertEq(escrow.leaseOf(lease).closedAt, 0);
    }

    function test_replace_StopsAfterHandover() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        skip(1 hours);
        uint256 refund = hold(RATE, DURATION) - hold(RATE, 1 hours + 60);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseEnded(lease, Reason.REPLACED, start + 1 hours + 60, refund, 0);
        replace(terms, 60, false);
        assertEq(leased(), UNITS);
        assertEq(balance(tenant.addr), MONEY - hold(RATE, 1 hours + 60));
        skip(60);
        escrow.release(terms);
        assertEq(leased(), 0);
    }

    function test_replace_NotBeforeMinSeconds() external {
        Terms memory terms = byTimeTerms();
        terms.minSeconds = 2 hours;
        bytes32 lease = open(terms, DURATION);
        skip(1 hours);
        replace(terms, 60, false);
        assertEq(escrow.leaseOf(lease).closedAt, start + 2 hours);
    }

    function test_replace_KeepsAnEarlierStop() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        replace(terms, DURATION, false);
        assertEq(escrow.leaseOf(lease).closedAt, 0, "ends before the handover");
        replace(terms, 60, false);
        replace(terms, 120, false);
        assertEq(escrow.leaseOf(lease).closedAt, start + 60);
        skip(61);
        replace(terms, 0, false);
        assertEq(escrow.leaseOf(lease).closedAt, start + 60, "over");
        assertEq(leased(), 0);
        vm.prank(payout);
        escrow.settleByTime(one(terms));
        replace(terms, 0, true);
        assertEq(balance(tenant.addr) + balance(payout), MONEY, "resolved");
    }

    function test_replace_TakeOverGivesUnitsBackOnce() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        (Terms memory other,) = openByTime();
        assertEq(leased(), 2 * UNITS);
        replace(terms, 1 hours, true);
        assertEq(leased(), UNITS, "though it goes on for an hour");
        skip(2 hours);
        escrow.release(terms);
        settleByTime(terms);
        replace(terms, 0, true);
        assertEq(leased(), UNITS);
        assertTrue(escrow.leaseOf(lease).released);
        replace(other, 0, true);
        assertEq(leased(), 0);
    }

    /// @dev Its units serve the new lease, so the old one may go on to its end but no further.
    function test_replace_TakenOverUntilItsEndCannotBeExtended() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        replace(terms, DURATION + 1 hours, true);
        assertEq(leased(), 0);
        assertEq(escrow.leaseOf(lease).closedAt, start + DURATION);
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyEnding.selector, lease, start + DURATION));
        escrow.extend(terms, start + DURATION + 1);
    }

    // ------------------------------------------------------------------------------------------- abandon

    function test_abandon_RevertWhen_UnknownResolvedOrOver() external {
        Terms memory unknown = byTimeTerms();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(unknown)));
        abandon(unknown, Reason.ABANDONED);
        (Terms memory terms, bytes32 lease) = openByTime();
        close(terms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyResolved.selector, lease));
        abandon(terms, Reason.ABANDONED);
        (terms, lease) = openByTime();
        skip(DURATION + 1);
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.LeaseOver.selector, lease, start + DURATION, start + DURATION + 1)
        );
        abandon(terms, Reason.ABANDONED);
    }

    function test_abandon_RevertWhen_NotProvider() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        address[3] memory callers = [tenant.addr, payout, stranger];
        for (uint256 i = 0; i < callers.length; i++) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotProvider.selector, lease, callers[i]));
            escrow.abandon(terms, Reason.ABANDONED, 0);
        }
    }

    function testFuzz_abandon_EarlyIsFree(uint8 tier, uint8 choice, uint32 moment, bool monitored) external {
        Terms memory terms = monitored ? monitoredTerms() : byTimeTerms();
        terms.tier = tier % 3;
        bytes32 lease = open(terms, DURATION);
        skip(bound(moment, 0, 5 minutes));
        uint8 reason = [Reason.NO_MANIFEST, Reason.CANNOT_RUN, Reason.ABANDONED][choice % 3];
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseEnded(lease, reason, start, 1_000_010, "why");
        vm.prank(choice % 2 == 0 ? owner : operator.addr);
        escrow.abandon(terms, reason, "why");
        assertEq(balance(tenant.addr), MONEY);
        assertTrue(escrow.leaseOf(lease).resolved);
        assertEq(leased(), 0);
        assertEq(compensation(tenant.addr), 0);
    }

    function test_abandon_EarlyKeepsWhatWasSettled() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        skip(100);
        settleByTime(terms);
        skip(100);
        abandon(terms, Reason.CANNOT_RUN);
        assertEq(escrow.leaseOf(lease).closedAt, start + 100);
        assertEq(balance(payout), owed(RATE, 100));
        assertEq(balance(tenant.addr), MONEY - owed(RATE, 100));

        (terms, lease) = openMonitored();
        uint40 opened = terms.start;
        skip(100);
        settle(terms, report(lease, 1, 40, opened + 90));
        abandon(terms, Reason.CANNOT_RUN);
        assertEq(escrow.leaseOf(lease).closedAt, opened + 40);
        assertEq(balance(tenant.addr) + balance(payout), MONEY);
        assertTrue(escrow.leaseOf(lease).resolved);
    }

    function testFuzz_abandon_RevertWhen_ReasonDoesNotFit(uint8 reason, uint8 tier, bool early) external {
        Terms memory terms = byTimeTerms();
        terms.tier = tier % 3;
        open(terms, DURATION);
        skip(early ? 5 minutes : 5 minutes + 1);
        bool fits = reason == Reason.ABANDONED || reason == Reason.INTERRUPTED && terms.tier == Tier.INTERRUPTIBLE
            || early && (reason == Reason.NO_MANIFEST || reason == Reason.CANNOT_RUN);
        if (!fits) vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.InvalidReason.selector, reason));
        abandon(terms, reason);
    }

    function test_abandon_InterruptedAfterNotice() external {
        Terms memory terms = byTimeTerms();
        terms.tier = Tier.INTERRUPTIBLE;
        bytes32 lease = open(terms, DURATION);
        skip(1 hours);
        abandon(terms, Reason.INTERRUPTED);
        assertEq(escrow.leaseOf(lease).closedAt, start + 1 hours + 10 minutes);
        assertEq(leased(), UNITS);
        assertEq(compensation(tenant.addr), 0);
        skip(1 minutes);
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.AlreadyEnding.selector, lease, start + 1 hours + 10 minutes)
        );
        abandon(terms, Reason.INTERRUPTED);
        skip(10 minutes);
        settleByTime(terms);
        assertEq(balance(payout), owed(RATE, 70 minutes));
        assertEq(balance(tenant.addr) + balance(payout), MONEY);
    }

    function test_abandon_NoticeReachesNoFurtherThanTheEnd() external {
        Terms memory terms = byTimeTerms();
        terms.tier = Tier.INTERRUPTIBLE;
        bytes32 lease = open(terms, DURATION);
        skip(DURATION - 1 minutes);
        abandon(terms, Reason.INTERRUPTED);
        assertEq(escrow.leaseOf(lease).closedAt, start + DURATION);
    }

    function test_abandon_LateIsPunished() external {
        uint256[3] memory penalties;
        for (uint8 tier = 0; tier < 3; tier++) {
            uint256 before = compensation(tenant.addr);
            Terms memory terms = byTimeTerms();
            terms.tier = tier;
            open(terms, DURATION);
            skip(1 hours);
            uint256 penalty = capacity.penaltyOf(provider, CU, UNITS, tier);
            abandon(terms, Reason.ABANDONED);
            assertEq(compensation(tenant.addr) - before, penalty);
            assertGt(penalty, 0);
            assertEq(leased(), 0);
            settleByTime(terms);
            penalties[tier] = penalty;
        }
        assertLt(penalties[0], penalties[1]);
        assertLt(penalties[1], penalties[2]);
        assertEq(balance(payout), 3 * owed(RATE, 1 hours), "the hour before is still paid");
        assertEq(balance(tenant.addr), MONEY - 3 * owed(RATE, 1 hours));
    }

    function test_abandon_LateOfALeaseThatIsEnding() external {
        Terms memory terms = byTimeTerms();
        terms.tier = Tier.INTERRUPTIBLE;
        bytes32 lease = open(terms, DURATION);
        skip(1 hours);
        abandon(terms, Reason.INTERRUPTED);
        skip(5 minutes);
        abandon(terms, Reason.ABANDONED);
        assertEq(escrow.leaseOf(lease).closedAt, start + 65 minutes);
        assertGt(compensation(tenant.addr), 0);
    }

    function test_abandon_WhenThePoolIsEmpty() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        uint256 pool = staking.poolId(1, provider);
        vm.prank(address(capacity));
        staking.slash(pool, type(uint128).max, address(0));
        skip(1 hours);
        abandon(terms, Reason.ABANDONED);
        assertEq(compensation(tenant.addr), 0, "nothing left to take");
        assertEq(escrow.leaseOf(lease).closedAt, start + 1 hours, "but the tenant's money is free");
    }

    function test_abandon_AfterTheTokenWasSold() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        vm.prank(owner);
        IERC721(address(registry)).transferFrom(owner, stranger, provider);
        skip(1 hours);
        vm.prank(operator.addr);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotProvider.selector, lease, operator.addr));
        escrow.abandon(terms, Reason.ABANDONED, 0);
        vm.prank(stranger);
        escrow.abandon(terms, Reason.ABANDONED, 0);
        assertEq(escrow.leaseOf(lease).closedAt, start + 1 hours);
    }

    // ------------------------------------------------------------------------------------------- endByVerifier

    function end(Terms memory terms, uint40 endedAt) private {
        reports.end(escrow, terms, endedAt, Reason.ENDED_BY_MONITORS, "seen");
    }

    function test_endByVerifier_RevertWhen_NotVerifier() external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotVerifier.selector, lease, stranger, address(reports)));
        escrow.endByVerifier(terms, start, Reason.ENDED_BY_MONITORS, 0);
        (terms, lease) = openByTime();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotVerifier.selector, lease, address(reports), address(0)));
        end(terms, start);
    }

    function test_endByVerifier_RevertWhen_UnknownOrResolved() external {
        Terms memory unknown = monitoredTerms();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(unknown)));
        end(unknown, start);
        (Terms memory terms, bytes32 lease) = openMonitored();
        end(terms, start);
        assertEq(balance(tenant.addr), MONEY);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyResolved.selector, lease));
        end(terms, start);
    }

    function test_endByVerifier_RevertWhen_ReasonIsTheParties() external {
        (Terms memory terms,) = openMonitored();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.InvalidReason.selector, Reason.ABANDONED));
        reports.end(escrow, terms, start, Reason.ABANDONED, 0);
    }

    function test_endByVerifier_RevertWhen_OutOfBounds() external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        skip(1 hours);
        settle(terms, report(lease, 1, 1800, start + 3000));
        (uint40 least, uint40 most) = (start + 1800, start + 1 hours);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.EndOutOfBounds.selector, lease, least - 1, least, most));
        end(terms, least - 1);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.EndOutOfBounds.selector, lease, most + 1, least, most));
        end(terms, most + 1);
        vm.warp(start + DURATION);
        most = start + DURATION - 1;
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.EndOutOfBounds.selector, lease, most + 1, least, most));
        end(terms, most + 1);
    }

    function testFuzz_endByVerifier(uint40 endedAt, uint40 paid, uint40 now_) external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        now_ = uint40(bound(now_, 1, 2 * DURATION));
        vm.warp(start + now_);
        uint40 running = now_ < DURATION ? now_ : DURATION - 1;
        paid = uint40(bound(paid, 0, running));
        endedAt = uint40(bound(endedAt, paid, running));
        settle(terms, report(lease, 1, paid, start + running));
        end(terms, start + endedAt);
        LeaseState memory state = escrow.leaseOf(lease);
        assertEq(state.closedAt, start + endedAt);
        assertEq(state.resolved, paid == endedAt, "resolved if nothing is left to pay");
        assertEq(leased(), 0);
        assertEq(
            balance(tenant.addr), MONEY - (paid == endedAt ? owed(RATE, paid) : hold(RATE, endedAt)), "the rest is free"
        );
    }
}
