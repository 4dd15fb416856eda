// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEraReports} from "../../src/interfaces/IEraReports.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {LeaseEnd, ServedLeaf, Terms} from "../../src/interfaces/Types.sol";
import {Merkle} from "../utils/Merkle.sol";
import {EraBase} from "./EraBase.sol";

contract EraSettleTest is EraBase {
    Terms private _terms;
    bytes32 private _lease;

    function setUp() public override {
        super.setUp();
        addMonitors(4);
        (_terms, _lease) = openLease();
    }

    function leafFor(uint40 served) private view returns (bytes32) {
        return leafOf(abi.encode(1, _lease, served));
    }

    /// @dev An effective report of now that says the lease was served so long.
    function reported(uint40 served) private returns (uint64) {
        return makeEffective(leafFor(served));
    }

    function settle(uint64 era, uint40 served) private returns (uint256) {
        return escrow.settle(_terms, ServedLeaf(era, served), proofOf(0));
    }

    function settleByFallback(uint64 era, uint40 served, bytes32[] memory proof) private returns (uint256) {
        vm.prank(payout);
        return escrow.settleByFallback(_terms, ServedLeaf(era, served), proof);
    }

    // ------------------------------------------------------------------------------------------- settle

    function test_settle() external {
        skip(1 hours);
        uint64 first = reported(3_000);
        bytes32[] memory proof = proofOf(0);
        assertEq(settle(first, 3_000), owed(RATE, 3_000));
        skip(1 hours);
        uint64 second = reported(2_000);
        assertEq(settle(second, 2_000), 0, "a leaf that falls pays nothing and does not revert");
        skip(1 hours);
        uint64 third = reported(9_000);
        assertEq(settle(third, 9_000), owed(RATE, 9_000) - owed(RATE, 3_000));
        assertEq(escrow.settle(_terms, ServedLeaf(first, 3_000), proof), 0, "an old one");
        assertEq(balance(payout), owed(RATE, 9_000));
    }

    function test_settle_RevertWhen_PendingOrVetoed() external {
        skip(1 hours);
        bytes32[] memory one = new bytes32[](1);
        one[0] = leafFor(3_000);
        uint64 era = postLeaves(one);
        skip(DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotEffective.selector, era));
        this.settleNow(era, 3_000);
        reports.veto(era);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotEffective.selector, era));
        this.settleNow(era, 3_000);
        assertEq(settle(reported(2_000), 2_000), owed(RATE, 2_000), "the recount");
    }

    function settleNow(uint64 era, uint40 served) external returns (uint256) {
        return settle(era, served);
    }

    function test_settle_CoversTheStop() external {
        skip(DURATION);
        uint256 before = balance(tenant.addr);
        assertEq(settle(reported(20_000), 20_000), owed(RATE, 20_000));
        assertTrue(escrow.leaseOf(_lease).resolved);
        assertEq(balance(tenant.addr) - before, hold(RATE, DURATION) - owed(RATE, 20_000));
    }

    // ------------------------------------------------------------------------------------------- settleMany

    function test_settleMany() external {
        Terms[] memory batch = new Terms[](8);
        uint40[] memory served = new uint40[](8);
        uint256[] memory indices = new uint256[](8);
        bytes32[] memory all = new bytes32[](21);
        for (uint256 i = 0; i < all.length; i++) {
            Terms memory terms = monitoredTerms();
            bytes32 lease = open(terms);
            all[i] = leafOf(abi.encode(1, lease, i * 100));
            if (i < 5 || i >= 13) continue;
            (batch[i - 5], served[i - 5], indices[i - 5]) = (terms, uint40(i * 100), i);
        }
        skip(1 hours);
        uint64 era = makeEffective(all);
        (bytes32[] memory proof, bool[] memory flags) = Merkle.multiproofOf(all, indices);
        assertLe(proof.length, 8, "neighbours need few hashes");
        served[3]++;
        vm.expectRevert();
        escrow.settleMany(batch, era, served, proof, flags);
        served[3]--;
        uint256 expected;
        for (uint256 i = 0; i < 8; i++) {
            expected += owed(RATE, served[i]);
        }
        assertEq(escrow.settleMany(batch, era, served, proof, flags), expected);
        assertEq(balance(payout), expected);
        assertEq(escrow.settleMany(batch, era, served, proof, flags), 0, "again");
    }

    // ------------------------------------------------------------------------------------------- ended by monitors

    function endNow(uint40 endedAt) private {
        LeaseEnd memory message = LeaseEnd(address(reports), _lease, endedAt, 0);
        (uint8[] memory signers, bytes[] memory signatures) = signBy(4, reports.hashLeaseEnd(message));
        reports.endLease(_terms, message, signers, signatures);
    }

    function test_settle_OfALeaseThatMonitorsEnded() external {
        skip(1 hours);
        uint40 endedAt = uint40(vm.getBlockTimestamp());
        skip(1 minutes);
        endNow(endedAt);
        assertEq(escrow.heldOf(_terms), hold(RATE, 1 hours), "the rest is free at once");
        uint256 before = balance(tenant.addr);
        assertEq(settle(reported(3_500), 3_500), owed(RATE, 3_500));
        assertTrue(escrow.leaseOf(_lease).resolved);
        assertEq(balance(tenant.addr) - before, hold(RATE, 1 hours) - owed(RATE, 3_500));
    }

    function test_settle_OfALeaseThatMonitorsEndedAfterAReport() external {
        skip(1 hours);
        assertEq(settle(reported(3_000), 3_000), owed(RATE, 3_000));
        vm.expectRevert(
            abi.encodeWithSelector(
                ILeaseEscrow.EndOutOfBounds.selector, _lease, start, _terms.start + 3_000, vm.getBlockTimestamp()
            )
        );
        this.end(start);
        endNow(_terms.start + 3_300);
        skip(1);
        assertEq(settle(reported(3_200), 3_200), owed(RATE, 3_200) - owed(RATE, 3_000));
        assertTrue(escrow.leaseOf(_lease).resolved);
    }

    function end(uint40 endedAt) external {
        endNow(endedAt);
    }

    // ------------------------------------------------------------------------------------------- fallback

    function test_settleByFallback() external {
        skip(1 hours);
        uint64 older = reported(1_000);
        bytes32[] memory olderProof = proofOf(0);
        skip(ERA);
        uint64 last = reported(2_000);
        uint40 covered = reports.lastCoveredUntil();
        skip(LIVENESS * ERA);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.FallbackClosed.selector, _lease));
        this.fallbackNow(last, 2_000, olderProof);
        skip(1);
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.LeafNotLast.selector, reports.reportOf(older).coveredUntil, covered)
        );
        this.fallbackNow(older, 1_000, olderProof);
        uint256 dark = vm.getBlockTimestamp() - covered;
        assertEq(settleByFallback(last, 2_000, proofOf(0)), owed(RATE, 2_000 + dark), "by leaf, then by time");
        skip(1);
        uint64 era = reported(20_000);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.IsByTime.selector, _lease));
        this.settleNow(era, 20_000);
    }

    function fallbackNow(uint64 era, uint40 served, bytes32[] memory proof) external {
        settleByFallback(era, served, proof);
    }

    function test_settleByFallback_WithoutAnyReport() external {
        skip(LIVENESS * ERA + 1);
        uint256 elapsed = vm.getBlockTimestamp() - _terms.start;
        assertEq(settleByFallback(0, 0, new bytes32[](0)), owed(RATE, elapsed));
    }

    /// @dev The lease ends just after a report; then every report comes as late as may be, and governance vetoes all it can.
    function test_settleByFallback_WhateverGovernanceVetoes() external {
        skip(DURATION - 1);
        uint64 last = reported(20_000);
        bytes32[] memory proof = proofOf(0);
        for (uint256 i = 0; i < VETOES; i++) {
            skip(LIVENESS * ERA);
            postLeaves(leaves);
            skip(DELAY - 1);
            reports.veto(last + 1);
            vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.FallbackClosed.selector, _lease));
            this.fallbackNow(last, 20_000, proof);
        }
        skip(LIVENESS * ERA);
        uint256 snapshot = vm.snapshotState();
        assertEq(settle(reported(30_000), 30_000), owed(RATE, 30_000), "monitors report after all");
        vm.revertToState(snapshot);
        skip(1);
        assertEq(settleByFallback(last, 20_000, proof), owed(RATE, 20_001), "or they are gone");
        assertTrue(escrow.leaseOf(_lease).resolved);
    }

    // ------------------------------------------------------------------------------------------- finish

    function test_finish() external {
        uint256 before = balance(tenant.addr);
        skip(DURATION + FINAL_GRACE);
        vm.prank(stranger);
        assertEq(escrow.finish(_terms), hold(RATE, DURATION));
        assertEq(balance(tenant.addr), before + hold(RATE, DURATION));
    }

    /// @dev Values may fall, gap and resume: seconds paid never fall, never pass those that went by nor the best leaf, and
    /// the lease ends.
    function testFuzz_settle_WhateverReportsSay(uint40[8] calldata served, uint32[8] calldata gaps, uint8 how)
        external
    {
        uint40 paid = 0;
        uint40 best = 0;
        for (uint256 i = 0; i < 8 && !escrow.leaseOf(_lease).resolved; i++) {
            skip(bound(gaps[i], 1, 2 hours));
            uint40 covered = uint40(vm.getBlockTimestamp());
            uint40 value = uint40(bound(served[i], 0, DURATION * 5 / 4));
            (, uint32 attempt,) = reports.nextReport();
            if (how >> i & 1 == 1 && attempt < VETOES) {
                bytes32[] memory one = new bytes32[](1);
                one[0] = leafFor(value);
                postLeaves(one);
                reports.veto(reports.lastEra());
                continue;
            }
            settle(reported(value), value);
            if (value > best) best = value;
            uint40 secondsPaid = escrow.leaseOf(_lease).secondsPaid;
            assertGe(secondsPaid, paid, "never falls");
            assertLe(secondsPaid, best, "nor passes what a leaf says");
            assertLe(secondsPaid, covered - _terms.start, "nor the time that went by");
            assertLe(secondsPaid, DURATION);
            paid = secondsPaid;
        }
        skip(DURATION + FINAL_GRACE);
        if (!escrow.leaseOf(_lease).resolved) escrow.finish(_terms);
        assertEq(balance(payout), owed(RATE, paid));
        assertEq(balance(payout) + balance(tenant.addr), MONEY, "nothing is lost");
    }
}
