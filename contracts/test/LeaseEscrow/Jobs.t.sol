// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {Extend, JobTerms, Kind, LeaseState, Reason, ServedLeaf, Terms} from "../../src/interfaces/Types.sol";
import {Vm} from "../utils/Vm.sol";
import {EscrowBase} from "./EscrowBase.sol";

/// @dev Branches of chargeJob.tree, resolveJob.tree, give.tree. A plain account is the verifier: what the worst one could do.
contract EscrowJobsTest is EscrowBase {
    uint96 private constant FEE = 1_000;
    uint256 private price = hold(RATE, DURATION);
    address private verifier;

    function setUp() public override {
        super.setUp();
        verifier = makeAddr("verifier");
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.JobVerifierChanged(verifier, true);
        escrow.setJobVerifier(verifier, true);
    }

    function jobTerms() private pure returns (JobTerms memory j) {
        (j.tasks, j.sample, j.validators, j.verifyFee) = (10, 2, 3, FEE);
    }

    function hashOf(JobTerms memory j) private view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "JobTerms(uint32 tasks,uint16 sample,uint8 validators,bytes32 comparator,uint32 deadlineSeconds,uint96 cancelFee,uint96 verifyFee,bytes32 inputs)"
        );
        return digestOf(keccak256(abi.encode(typeHash, j)));
    }

    function openJob() private returns (Terms memory terms, bytes32 lease) {
        terms = byTimeTerms();
        (terms.kind, terms.verifier, terms.jobTerms) = (Kind.JOB, verifier, hashOf(jobTerms()));
        lease = open(terms, DURATION);
    }

    function charge(Terms memory terms) private {
        vm.prank(verifier);
        escrow.chargeJob(terms, jobTerms());
    }

    function resolve(Terms memory terms, uint256 most, uint8 reason, bool punish) private {
        vm.prank(verifier);
        escrow.resolveJob(terms, most, reason, "why", punish);
    }

    // ------------------------------------------------------------------------------------------- chargeJob

    function test_chargeJob_AtMostTwice() external {
        (Terms memory terms, bytes32 lease) = openJob();
        skip(DURATION + 1 days); // the deadline of a job is none of the escrow's business
        for (uint256 i = 1; i <= 2; i++) {
            vm.expectEmit(address(escrow));
            emit ILeaseEscrow.JobCharged(lease, FEE);
            charge(terms);
            assertEq(balance(verifier), i * FEE);
            assertEq(balance(tenant.addr), MONEY - price - i * FEE);
        }
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.ChargedAlready.selector, lease));
        charge(terms);
        LeaseState memory state = escrow.leaseOf(lease);
        assertTrue(!state.released && !state.resolved && state.secondsPaid == 0, "nothing else changed");
        assertEq(escrow.heldOf(terms), price);
        assertEq(leased(), UNITS);
    }

    function test_chargeJob_RevertWhen_NotTheVerifierOrOtherTerms() external {
        (Terms memory terms, bytes32 lease) = openJob();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotVerifier.selector, lease, stranger, verifier));
        vm.prank(stranger);
        escrow.chargeJob(terms, jobTerms());
        JobTerms memory j = jobTerms();
        j.verifyFee = type(uint96).max;
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.JobTermsMismatch.selector, lease, hashOf(j), terms.jobTerms)
        );
        vm.prank(verifier);
        escrow.chargeJob(terms, j);
    }

    function test_chargeJob_RevertWhen_TheTenantHasTooLittle() external {
        (Terms memory terms,) = openJob();
        uint256 rest = balance(tenant.addr);
        vm.prank(tenant.addr);
        escrow.withdraw(address(dollar), rest - FEE + 1, tenant.addr);
        vm.expectRevert(
            abi.encodeWithSelector(
                ILeaseEscrow.InsufficientBalance.selector, tenant.addr, address(dollar), FEE, FEE - 1
            )
        );
        charge(terms);
    }

    function test_RevertWhen_UnknownOrAServiceOrResolved() external {
        Terms memory terms = byTimeTerms();
        bytes memory reason = abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(terms));
        _expectBoth(terms, reason);
        terms.verifier = verifier; // of a service, which the order book would never open
        escrow.setVerifier(verifier, true);
        reason = abi.encodeWithSelector(ILeaseEscrow.NotJob.selector, open(terms, DURATION));
        _expectBoth(terms, reason);
        bytes32 lease;
        (terms, lease) = openJob();
        resolve(terms, 0, Reason.JOB_EXPIRED, false);
        _expectBoth(terms, abi.encodeWithSelector(ILeaseEscrow.AlreadyResolved.selector, lease));
        assertEq(escrow.heldOf(terms), 0);
    }

    function _expectBoth(Terms memory terms, bytes memory reason) private {
        vm.expectRevert(reason);
        charge(terms);
        vm.expectRevert(reason);
        resolve(terms, 1, Reason.JOB_VERDICT, true);
    }

    // ------------------------------------------------------------------------------------------- resolveJob

    function testFuzz_resolveJob_PaysOnceAndAtMostThePrice(uint256 most, uint16 feeBps, uint40 moment, bool punish)
        external
    {
        escrow.setFee(uint16(bound(feeBps, 0, 200)));
        (Terms memory terms, bytes32 lease) = openJob();
        skip(bound(moment, 0, 3 * DURATION));
        uint256 paid = most < price ? most : price;
        uint256 fee = paid * escrow.feeBps() / 10_000;
        uint256 asked = capacity.penaltyOf(provider, CU, UNITS, terms.tier);
        if (paid != 0) {
            vm.expectEmit(address(escrow));
            emit ILeaseEscrow.LeaseSettled(lease, 0, paid - fee, fee);
        }
        uint40 now_ = uint40(vm.getBlockTimestamp());
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseEnded(lease, Reason.JOB_VERDICT, now_, price - paid, "why");
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseResolved(lease, 0);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseReleased(lease);
        resolve(terms, most, Reason.JOB_VERDICT, punish);
        assertEq(balance(payout), paid - fee);
        assertEq(balance(rewardWallet), fee);
        assertEq(balance(tenant.addr), MONEY - paid, "every unit is somebody's");
        assertEq(compensation(tenant.addr), punish ? asked : 0, "the penalty, or nothing");
        assertEq(leased(), 0, "its units came back");
        LeaseState memory state = escrow.leaseOf(lease);
        assertTrue(state.resolved && state.released && state.secondsPaid == 0);
        assertEq(state.closedAt, now_);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyResolved.selector, lease));
        resolve(terms, most, Reason.JOB_VERDICT, punish);
    }

    /// @dev It ends, and its units come back: three events, and no payment of nothing.
    function test_resolveJob_TellsOfNoPaymentOfNothing() external {
        (Terms memory terms,) = openJob();
        vm.recordLogs();
        resolve(terms, 0, Reason.JOB_VERDICT, false);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; i++) {
            assertNotEq(logs[i].topics[0], ILeaseEscrow.LeaseSettled.selector);
        }
        assertGt(logs.length, 2);
    }

    function testFuzz_resolveJob_RevertWhen_ReasonIsNone(uint8 reason) external {
        (Terms memory terms, bytes32 lease) = openJob();
        if (reason != Reason.CLOSED_BY_TENANT && reason < Reason.JOB_ACCEPTED) {
            vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.InvalidReason.selector, reason));
        }
        resolve(terms, 0, reason, false);
        vm.expectRevert();
        vm.prank(stranger);
        escrow.resolveJob(terms, 0, Reason.JOB_VERDICT, 0, false);
        assertEq(escrow.leaseOf(lease).end, start + DURATION);
    }

    function test_resolveJob_RevertWhen_NotTheVerifier() external {
        (Terms memory terms, bytes32 lease) = openJob();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotVerifier.selector, lease, stranger, verifier));
        vm.prank(stranger);
        escrow.resolveJob(terms, price, Reason.JOB_VERDICT, 0, false);
    }

    /// @dev Units that were lent for a job and uncommitted since, or a class that is no longer listed: it ends all the same.
    function test_resolveJob_WhateverGovernanceDid() external {
        (Terms memory terms,) = openJob();
        escrow.setJobVerifier(verifier, false);
        escrow.setAsset(address(dollar), false);
        capacity.setResource(CU, false, 0);
        manager.setTargetClosed(address(escrow), true);
        resolve(terms, price, Reason.JOB_ACCEPTED, false);
        assertEq(balance(payout), price);
    }

    // ------------------------------------------------------------------------------------------- services only

    function test_ServiceFunctionsRefuseJobs() external {
        (Terms memory terms, bytes32 lease) = openJob();
        bytes32[] memory proof = new bytes32[](0);
        Terms[] memory batch = one(terms);
        bytes memory isJob = abi.encodeWithSelector(ILeaseEscrow.IsJob.selector, lease);
        bytes[9] memory calls = [
            abi.encodeCall(escrow.close, (terms)),
            abi.encodeCall(escrow.extend, (terms, start + DURATION + 1)),
            abi.encodeCall(escrow.extendWithSignature, (terms, start + DURATION + 1, Extend(lease, 0, 0, 0), "")),
            abi.encodeCall(escrow.abandon, (terms, Reason.CANNOT_RUN, 0)),
            abi.encodeCall(escrow.endByVerifier, (terms, start, Reason.JOB_VERDICT, 0)),
            abi.encodeCall(escrow.settle, (terms, ServedLeaf(1, 1), proof)),
            abi.encodeCall(escrow.settleByFallback, (terms, ServedLeaf(1, 1), proof)),
            abi.encodeCall(escrow.finish, (terms)),
            abi.encodeCall(escrow.release, (terms))
        ];
        address[9] memory callers = [
            tenant.addr, tenant.addr, stranger, owner, verifier, stranger, payout, stranger, stranger
        ];
        skip(DURATION + FINAL_GRACE);
        for (uint256 i = 0; i < calls.length; i++) {
            vm.prank(callers[i]);
            (bool ok, bytes memory reason) = address(escrow).call(calls[i]);
            assertFalse(ok);
            assertEq(reason, isJob);
        }
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotByTime.selector, lease));
        vm.prank(payout);
        escrow.settleByTime(batch);
        vm.expectRevert(isJob);
        vm.prank(book);
        escrow.replace(terms, 0, true);
        vm.mockCall(verifier, "", abi.encode(uint40(vm.getBlockTimestamp())));
        vm.expectRevert(isJob);
        escrow.settleMany(batch, 1, new uint40[](1), proof, new bool[](0));
        assertEq(escrow.heldOf(terms), price);
        assertEq(leased(), UNITS, "a job keeps its units until it is resolved");
    }

    // ------------------------------------------------------------------------------------------- give

    function testFuzz_give(uint128 amount) external {
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.Given(tenant.addr, stranger, address(dollar), amount % MONEY);
        vm.prank(tenant.addr);
        escrow.give(stranger, address(dollar), amount % MONEY);
        assertEq(balance(stranger), amount % MONEY);
        assertEq(balance(tenant.addr), MONEY - amount % MONEY);
    }

    function test_give_ToOneself() external {
        vm.prank(tenant.addr);
        escrow.give(tenant.addr, address(dollar), MONEY);
        assertEq(balance(tenant.addr), MONEY);
    }

    function test_give_RevertWhen_ToNobodyOrTooMuch() external {
        vm.startPrank(tenant.addr);
        vm.expectRevert(ILeaseEscrow.ZeroAddress.selector);
        escrow.give(address(0), address(dollar), 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ILeaseEscrow.InsufficientBalance.selector, tenant.addr, address(dollar), MONEY + 1, MONEY
            )
        );
        escrow.give(stranger, address(dollar), MONEY + 1);
        vm.stopPrank();
    }
}
