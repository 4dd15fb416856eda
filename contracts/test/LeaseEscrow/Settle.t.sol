// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {IVerifier} from "../../src/interfaces/IVerifier.sol";
import {LeaseState, ServedLeaf, Terms} from "../../src/interfaces/Types.sol";
import {ScriptedReports} from "../utils/ScriptedReports.sol";
import {EscrowBase} from "./EscrowBase.sol";
import {BlockingToken} from "./Tokens.sol";

contract EscrowSettleTest is EscrowBase {
    // ------------------------------------------------------------------------------------------- settle

    function test_settle_RevertWhen_UnknownResolvedOrByTime() external {
        ServedLeaf memory leaf = ServedLeaf(1, 1);
        Terms memory unknown = monitoredTerms();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(unknown)));
        settle(unknown, leaf);
        (Terms memory terms, bytes32 lease) = openMonitored();
        vm.prank(tenant.addr);
        escrow.close(terms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyResolved.selector, lease));
        settle(terms, leaf);
        (terms, lease) = openByTime();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.IsByTime.selector, lease));
        settle(terms, leaf);
    }

    function test_settle_RevertWhen_VerifierRefuses() external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        report(lease, 1, 100, start + 100);
        skip(100);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoLeaf.selector, lease, 1, 101));
        settle(terms, ServedLeaf(1, 101));
        reports.setServed(lease, 2, 100);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoReport.selector, 2));
        settle(terms, ServedLeaf(2, 100));
        vm.mockCallRevert(address(reports), abi.encodePacked(IVerifier.verifyServed.selector), "broken");
        vm.expectRevert(bytes("broken"));
        settle(terms, ServedLeaf(1, 100));
        vm.clearMockedCalls();
        assertEq(settle(terms, ServedLeaf(1, 100)), owed(RATE, 100), "nothing was lost");
    }

    function test_settle_AVerifierThatIsGone() external {
        Terms memory terms = monitoredTerms();
        terms.verifier = stranger;
        escrow.setVerifier(stranger, true);
        open(terms, DURATION);
        vm.expectRevert();
        settle(terms, ServedLeaf(1, 1));
        skip(DURATION + FINAL_GRACE);
        assertEq(escrow.finish(terms), hold(RATE, DURATION), "the tenant gets it back all the same");
    }

    function test_settle_CumulativeWithFee() external {
        escrow.setFee(150);
        (Terms memory terms, bytes32 lease) = openMonitored();
        skip(2 hours);
        uint256 fee = owed(RATE, 3000) * 150 / 10_000;
        ServedLeaf memory leaf = report(lease, 1, 3000, start + 1 hours);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseSettled(lease, 3000, owed(RATE, 3000) - fee, fee);
        vm.prank(stranger);
        assertEq(settle(terms, leaf), owed(RATE, 3000) - fee);
        uint256 second = owed(RATE, 7000) - owed(RATE, 3000);
        uint256 secondFee = second * 150 / 10_000;
        assertEq(settle(terms, report(lease, 2, 7000, start + 2 hours)), second - secondFee);
        assertEq(balance(rewardWallet), fee + secondFee);
        assertEq(balance(payout), owed(RATE, 7000) - fee - secondFee);
        assertEq(escrow.leaseOf(lease).secondsPaid, 7000);
    }

    function test_settle_FallsGapsAndRepeatsPayNothing() external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        skip(3 hours);
        settle(terms, report(lease, 1, 3600, start + 1 hours));
        vm.recordLogs();
        assertEq(settle(terms, ServedLeaf(1, 3600)), 0, "the same again");
        assertEq(settle(terms, report(lease, 2, 1800, start + 2 hours)), 0, "less");
        assertEq(vm.getRecordedLogs().length, 2, "no event but those of the script");
        assertEq(escrow.leaseOf(lease).secondsPaid, 3600);
        assertEq(settle(terms, report(lease, 9, 9000, start + 3 hours)), owed(RATE, 9000) - owed(RATE, 3600));
        assertEq(settle(terms, ServedLeaf(2, 1800)), 0, "an old one");
        assertEq(balance(payout), owed(RATE, 9000));
    }

    function testFuzz_settle_PaysNoMoreThanTimeThatWentBy(uint40 served, uint40 coveredUntil, uint40 elapsed) external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        elapsed = uint40(bound(elapsed, 0, 2 * DURATION));
        vm.warp(start + elapsed);
        coveredUntil = uint40(bound(coveredUntil, 1, type(uint40).max));
        settle(terms, report(lease, 1, served, coveredUntil));
        uint40 covered = coveredUntil < start + elapsed ? coveredUntil : start + elapsed;
        uint40 provable = covered > start ? covered - start : 0;
        if (provable > DURATION) provable = DURATION;
        uint40 paid = served < provable ? served : provable;
        LeaseState memory state = escrow.leaseOf(lease);
        assertEq(state.secondsPaid, paid);
        assertEq(balance(payout), owed(RATE, paid));
        assertEq(state.resolved, covered >= start + DURATION);
        assertEq(state.released, elapsed >= DURATION);
        assertEq(balance(tenant.addr) + balance(payout) + escrow.heldOf(terms), MONEY);
    }

    function test_settle_CoversTheStop() external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        skip(1 hours);
        vm.prank(tenant.addr);
        escrow.close(terms);
        skip(1 hours);
        ServedLeaf memory leaf = report(lease, 1, 2 hours, start + 1 hours);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseSettled(lease, 1 hours, owed(RATE, 1 hours), 0);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseResolved(lease, 0);
        assertEq(settle(terms, leaf), owed(RATE, 1 hours), "the leaf counts up to the stop");
        assertTrue(escrow.leaseOf(lease).resolved);
    }

    function test_settle_NothingServed() external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        skip(DURATION);
        ServedLeaf memory leaf = report(lease, 1, 0, start + DURATION);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseResolved(lease, 1_000_010);
        assertEq(settle(terms, leaf), 0);
        assertEq(balance(tenant.addr), MONEY);
        assertEq(leased(), 0);
    }

    function test_settle_SelfDealing() external {
        Terms memory terms = monitoredTerms();
        terms.payout = tenant.addr;
        bytes32 lease = open(terms, DURATION);
        skip(DURATION);
        settle(terms, report(lease, 1, 1234, start + DURATION));
        assertEq(balance(tenant.addr), MONEY, "nobody gains by paying oneself");
    }

    function test_settle_BlockedPayoutAndTenant() external {
        BlockingToken token = new BlockingToken();
        escrow.setAsset(address(token), true);
        fund(tenant.addr, address(token), 10_000_000);
        Terms memory terms = monitoredTerms();
        terms.asset = address(token);
        bytes32 lease = open(terms, DURATION);
        Terms memory unclaimed = monitoredTerms();
        unclaimed.asset = address(token);
        open(unclaimed, DURATION);
        token.setBlocked(payout, true);
        token.setBlocked(tenant.addr, true);

        skip(1 hours);
        settle(terms, report(lease, 1, 1800, start + 1800));
        vm.prank(tenant.addr);
        escrow.close(terms);
        settle(terms, report(lease, 2, 3600, start + 1 hours));
        skip(DURATION + FINAL_GRACE);
        escrow.finish(unclaimed);
        assertEq(escrow.balanceOf(payout, address(token)), 100_001);
        assertEq(escrow.balanceOf(tenant.addr, address(token)), 10_000_000 - 100_001);

        vm.prank(payout);
        vm.expectRevert(abi.encodeWithSelector(BlockingToken.Blocked.selector, payout));
        escrow.withdraw(address(token), 100_001, payout);
        vm.prank(payout);
        escrow.withdraw(address(token), 100_001, stranger);
        assertEq(token.balanceOf(stranger), 100_001);
    }

    // ------------------------------------------------------------------------------------------- settleMany

    function settleMany(Terms[] memory terms, uint64 era, uint40[] memory served) private returns (uint256) {
        return escrow.settleMany(terms, era, served, new bytes32[](0), new bool[](0));
    }

    function test_settleMany_RevertWhen_LengthsDiffer() external {
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.LengthMismatch.selector, 2, 1));
        settleMany(new Terms[](2), 1, new uint40[](1));
    }

    function test_settleMany_RevertWhen_VerifiersDiffer() external {
        ScriptedReports other = new ScriptedReports(address(manager));
        escrow.setVerifier(address(other), true);
        Terms[] memory batch = new Terms[](2);
        (batch[0],) = openMonitored();
        batch[1] = monitoredTerms();
        batch[1].verifier = address(other);
        bytes32 lease = open(batch[1], DURATION);
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.VerifierDiffers.selector, lease, address(other), address(reports))
        );
        settleMany(batch, 1, new uint40[](2));
    }

    function test_settleMany_RevertWhen_LeafMissingOrUnknown() external {
        Terms[] memory batch = new Terms[](2);
        bytes32 lease;
        (batch[0], lease) = openMonitored();
        report(lease, 1, 10, start + 10);
        (batch[1], lease) = openMonitored();
        uint40[] memory served = new uint40[](2);
        (served[0], served[1]) = (10, 20);
        skip(10);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoLeaf.selector, lease, 1, 20));
        settleMany(batch, 1, served);
        batch[1] = monitoredTerms();
        lease = escrow.leaseIdOf(batch[1]);
        reports.setServed(lease, 1, 20);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, lease));
        settleMany(batch, 1, served);
    }

    function test_settleMany_OfNothing() external {
        assertEq(settleMany(new Terms[](0), 1, new uint40[](0)), 0);
    }

    /// @dev Whatever the mixture of payouts, tenants, ends and fees, a batch does what single settlements do.
    function testFuzz_settleMany_IsManyTimesSettle(uint256 seed, uint8 size, uint16 fee) external {
        escrow.setFee(uint16(bound(fee, 0, 200)));
        size = uint8(bound(size, 1, 12));
        Terms[] memory batch = new Terms[](size);
        uint40[] memory served = new uint40[](size);
        for (uint256 i = 0; i < size; i++) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            batch[i] = monitoredTerms();
            if (random % 3 == 0) batch[i].payout = stranger;
            if (random % 5 == 0) batch[i].payout = tenant.addr;
            batch[i].rate = uint128(random >> 200);
            bytes32 lease = open(batch[i], random % 2 == 0 ? 1 hours : 10 hours);
            served[i] = uint40((random >> 100) % 4 hours);
            report(lease, 1, served[i], start + 3 hours);
        }
        skip(3 hours);
        uint256 snapshot = vm.snapshotState();
        uint256 paid;
        for (uint256 i = 0; i < size; i++) {
            paid += settle(batch[i], ServedLeaf(1, served[i]));
        }
        bytes32 one_ = _everything(batch);
        vm.revertToState(snapshot);
        assertEq(settleMany(batch, 1, served), paid);
        assertEq(_everything(batch), one_);
    }

    function _everything(Terms[] memory batch) private view returns (bytes32 all) {
        all = keccak256(
            abi.encode(balance(tenant.addr), balance(payout), balance(stranger), balance(rewardWallet), leased())
        );
        for (uint256 i = 0; i < batch.length; i++) {
            all = keccak256(abi.encode(all, escrow.leaseOf(escrow.leaseIdOf(batch[i]))));
        }
    }

    function test_settleMany_OfSeveralAssets() external {
        BlockingToken token = new BlockingToken();
        escrow.setAsset(address(token), true);
        fund(tenant.addr, address(token), 10_000_000);
        Terms[] memory batch = new Terms[](3);
        uint40[] memory served = new uint40[](3);
        for (uint256 i = 0; i < 3; i++) {
            batch[i] = monitoredTerms();
            if (i == 1) batch[i].asset = address(token);
            served[i] = 3600;
            report(open(batch[i], DURATION), 1, 3600, start + 1 hours);
        }
        skip(1 hours);
        assertEq(settleMany(batch, 1, served), 3 * 100_001);
        assertEq(balance(payout), 2 * 100_001);
        assertEq(escrow.balanceOf(payout, address(token)), 100_001);
    }

    function test_settleMany_PassesOverResolvedByTimeAndRepeated() external {
        Terms[] memory batch = new Terms[](4);
        bytes32[4] memory leases;
        uint40[] memory served = new uint40[](4);
        for (uint256 i = 0; i < 3; i++) {
            (batch[i], leases[i]) = openMonitored();
            served[i] = 600;
        }
        (batch[3], served[3]) = (batch[2], 600);
        vm.prank(tenant.addr);
        escrow.close(batch[0]);
        skip(1200);
        for (uint256 i = 0; i < 3; i++) {
            report(leases[i], 1, 600, start + 900);
        }
        reports.setFallback(true);
        vm.prank(payout);
        escrow.settleByFallback(batch[1], ServedLeaf(1, 600), new bytes32[](0));
        assertEq(balance(payout), owed(RATE, 900), "600 by the leaf, 300 by time");
        for (uint256 i = 0; i < 3; i++) {
            report(leases[i], 2, 1100, start + 1100);
            served[i] = 1100;
        }
        served[3] = 1100;
        assertEq(settleMany(batch, 2, served), owed(RATE, 1100));
        assertEq(balance(payout), owed(RATE, 900) + owed(RATE, 1100));
    }
}
