// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobs} from "../../src/interfaces/IJobs.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {JobTerms, Reason, Terms} from "../../src/interfaces/Types.sol";
import {JobsBase} from "./JobsBase.sol";

/// @dev Branches of begin.tree, progress.tree, submit.tree, cancel.tree, accept.tree.
contract JobPartiesTest is JobsBase {
    function setUp() public override {
        super.setUp();
        addMonitors(3);
        start = uint40(vm.getBlockTimestamp());
    }

    // ------------------------------------------------------------------------------------------- begin

    function test_begin() external {
        (Terms memory terms, bytes32 lease) = openJob();
        skip(2 hours); // past the start window
        vm.expectEmit(address(jobs));
        emit IJobs.JobBegun(lease, provider, jobTerms());
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.JobCharged(lease, VERIFY_FEE);
        begin(terms, jobTerms());
        assertState(terms, IJobs.State.Begun);
        assertEq(balance(tenant.addr), MONEY - price - VERIFY_FEE);
        assertEq(balance(address(jobs)), VERIFY_FEE);
        vm.expectRevert(wrongState(terms));
        begin(terms, jobTerms());
    }

    function test_begin_RevertWhen_NotProvider() external {
        (Terms memory terms, bytes32 lease) = openJob();
        address[3] memory callers = [tenant.addr, payout, stranger];
        for (uint256 i = 0; i < callers.length; i++) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(IJobs.NotJobProvider.selector, lease, callers[i]));
            jobs.begin(terms, jobTerms());
        }
    }

    function test_begin_RevertWhen_TooLate() external {
        (Terms memory terms,) = openJob();
        vm.warp(start + DEADLINE);
        vm.expectRevert(tooLate(terms, start + DEADLINE));
        begin(terms, jobTerms());
        vm.warp(start + DEADLINE - 1);
        begin(terms, jobTerms());
    }

    function test_begin_RevertWhen_TermsMakeNoSense() external {
        for (uint256 i = 0; i < 3; i++) {
            JobTerms memory j = jobTerms();
            if (i == 0) j.tasks = 0;
            if (i == 1) j.sample = 0;
            if (i == 2) j.validators = 0;
            (Terms memory terms,) = openJob(j);
            vm.expectRevert(abi.encodeWithSelector(IJobs.InvalidJobTerms.selector, j));
            begin(terms, j);
            vm.prank(tenant.addr);
            jobs.cancel(terms, j);
        }
        assertEq(balance(tenant.addr), MONEY);
    }

    function test_begin_RevertWhen_ItIsNoJobOfOurs() external {
        JobTerms memory j = jobTerms();
        Terms memory terms = termsOf(j);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(terms)));
        begin(terms, j);
        escrow.setVerifier(address(jobs), true); // a mistake of governance
        (terms.kind, terms.uptimeBps) = (0, 9_900);
        bytes32 lease = open(terms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotJob.selector, lease));
        begin(terms, j);
        escrow.setJobVerifier(stranger, true);
        terms = termsOf(j);
        terms.verifier = stranger;
        lease = open(terms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotVerifier.selector, lease, address(jobs), stranger));
        begin(terms, j);
    }

    function test_begin_RevertWhen_TermsAreOthers() external {
        (Terms memory terms, bytes32 lease) = openJob();
        JobTerms memory j = jobTerms();
        j.verifyFee = 0;
        bytes32 given = jobs.hashJobTerms(j);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.JobTermsMismatch.selector, lease, given, terms.jobTerms));
        begin(terms, j);
    }

    function test_begin_RevertWhen_TheTenantCannotPayTheFee() external {
        (Terms memory terms,) = openJob();
        uint256 rest = MONEY - price;
        vm.prank(tenant.addr);
        escrow.withdraw(address(dollar), rest - VERIFY_FEE + 1, tenant.addr);
        vm.expectRevert(
            abi.encodeWithSelector(
                ILeaseEscrow.InsufficientBalance.selector, tenant.addr, address(dollar), VERIFY_FEE, VERIFY_FEE - 1
            )
        );
        begin(terms, jobTerms());
    }

    // ------------------------------------------------------------------------------------------- progress

    function test_progress() external {
        (Terms memory terms, bytes32 lease) = openJob();
        vm.expectRevert(wrongState(terms));
        jobs.progress(terms, ROOT);
        begin(terms, jobTerms());
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(IJobs.NotJobProvider.selector, lease, tenant.addr));
        jobs.progress(terms, ROOT);
        vm.expectEmit(address(jobs));
        emit IJobs.JobProgressed(lease, ROOT);
        vm.prank(operator.addr);
        jobs.progress(terms, ROOT);
        submit(terms, jobTerms());
        vm.expectRevert(wrongState(terms));
        jobs.progress(terms, ROOT);
    }

    // ------------------------------------------------------------------------------------------- submit

    function test_submit() external {
        (Terms memory terms, bytes32 lease) = begunJob();
        skip(1 hours);
        uint40 anchor = uint40(vm.getBlockNumber() + 2);
        vm.expectEmit(address(jobs));
        emit IJobs.JobSubmitted(lease, ROOT, CID, anchor);
        vm.prank(owner);
        jobs.submit(terms, jobTerms(), ROOT, CID);
        IJobs.Job memory job = jobs.jobOf(lease);
        assertState(terms, IJobs.State.Submitted);
        assertEq(job.commitment, ROOT);
        assertEq(job.anchor, anchor);
        assertEq(job.since, start + 1 hours);
        assertEq(blockhash(anchor), 0, "nobody can know what it will draw");
        vm.expectRevert(wrongState(terms));
        submit(terms, jobTerms());
    }

    function test_submit_RevertWhen_NotBegunOrNotTheProvider() external {
        (Terms memory terms, bytes32 lease) = openJob();
        vm.expectRevert(wrongState(terms));
        submit(terms, jobTerms());
        begin(terms, jobTerms());
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(IJobs.NotJobProvider.selector, lease, tenant.addr));
        jobs.submit(terms, jobTerms(), ROOT, CID);
    }

    function test_submit_RevertWhen_TermsAreOthers() external {
        (Terms memory terms, bytes32 lease) = begunJob();
        JobTerms memory j = jobTerms();
        j.deadlineSeconds += 1;
        bytes32 given = jobs.hashJobTerms(j);
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongJobTerms.selector, lease, given, terms.jobTerms));
        submit(terms, j);
    }

    function testFuzz_submit_DeadlineHoldsToTheSecond(uint32 moment) external {
        (Terms memory terms,) = begunJob();
        uint40 deadline = start + DEADLINE;
        moment = uint32(bound(moment, 0, 2 * DEADLINE));
        vm.warp(start + moment);
        if (moment >= DEADLINE) vm.expectRevert(tooLate(terms, deadline));
        submit(terms, jobTerms());
        if (moment < DEADLINE) return;
        jobs.expire(terms, jobTerms());
        assertEq(balance(tenant.addr), MONEY);
    }

    function test_submit_RevertWhen_RootOrCidAreWrong() external {
        (Terms memory terms, bytes32 lease) = begunJob();
        vm.startPrank(operator.addr);
        vm.expectRevert(abi.encodeWithSelector(IJobs.EmptyResult.selector, lease));
        jobs.submit(terms, jobTerms(), 0, CID);
        vm.expectRevert(abi.encodeWithSelector(IJobs.CidTooLong.selector, 65, 64));
        jobs.submit(terms, jobTerms(), ROOT, new bytes(65));
        jobs.submit(terms, jobTerms(), ROOT, new bytes(64));
        vm.stopPrank();
    }

    // ------------------------------------------------------------------------------------------- cancel

    function test_cancel_BeforeBegun() external {
        (Terms memory terms, bytes32 lease) = openJob();
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseEnded(lease, Reason.CLOSED_BY_TENANT, start, price, 0);
        vm.prank(tenant.addr);
        jobs.cancel(terms, jobTerms());
        assertEnded(terms, 0, 0);
    }

    function test_cancel_AfterBegun() external {
        escrow.setFee(100);
        (Terms memory terms,) = begunJob();
        vm.prank(tenant.addr);
        jobs.cancel(terms, jobTerms());
        assertEq(balance(address(rewards)), CANCEL_FEE / 100);
        assertEnded(terms, CANCEL_FEE, CANCEL_FEE - CANCEL_FEE / 100);
        assertEq(compensation(), 0);
    }

    function test_cancel_CostsAtMostThePrice() external {
        JobTerms memory j = jobTerms();
        j.cancelFee = type(uint96).max;
        (Terms memory terms,) = openJob(j);
        begin(terms, j);
        vm.prank(tenant.addr);
        jobs.cancel(terms, j);
        assertEnded(terms, price, price);
    }

    function test_cancel_RevertWhen_NotTheTenantOrOtherTerms() external {
        (Terms memory terms, bytes32 lease) = begunJob();
        vm.prank(operator.addr);
        vm.expectRevert(abi.encodeWithSelector(IJobs.NotJobTenant.selector, lease, operator.addr, tenant.addr));
        jobs.cancel(terms, jobTerms());
        JobTerms memory j = jobTerms();
        j.cancelFee = 0;
        bytes32 given = jobs.hashJobTerms(j);
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongJobTerms.selector, lease, given, terms.jobTerms));
        jobs.cancel(terms, j);
    }

    function test_cancel_RevertWhen_Submitted() external {
        (Terms memory terms,) = submittedJob();
        vm.expectRevert(wrongState(terms));
        vm.prank(tenant.addr);
        jobs.cancel(terms, jobTerms());
    }

    // ------------------------------------------------------------------------------------------- accept

    function test_accept_BeforeTheDraw() external {
        escrow.setFee(200);
        (Terms memory terms, bytes32 lease) = submittedJob();
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseSettled(lease, 0, price - price / 50, price / 50);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseEnded(lease, Reason.JOB_ACCEPTED, start, 0, ROOT);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseResolved(lease, 0);
        accept(terms, none());
        assertEnded(terms, price, price - price / 50);
    }

    function test_accept_AfterTheDraw() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        accept(terms, drawn);
        for (uint256 i = 0; i < 3; i++) {
            assertEq(balance(drawn[i]), VERIFY_FEE / 3);
        }
        assertEnded(terms, price + VERIFY_FEE / 3 * 3, price);
    }

    function test_accept_AfterAChallenge() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        challenge(terms);
        accept(terms, drawn);
        assertEq(balance(drawn[0]), 2 * VERIFY_FEE / 3, "the bond is lost: they had the work");
        assertEnded(terms, price + 2 * VERIFY_FEE / 3 * 3, price);
    }

    function test_accept_WhileASecondSetIsToBeDrawnAndAfter() external {
        (Terms memory terms,, address[] memory first) = recalledJob();
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongValidators.selector, escrow.leaseIdOf(terms)));
        accept(terms, first);
        accept(terms, none());
        assertEnded(terms, price, price);
        address[] memory second;
        (terms,, second) = redrawnJob();
        accept(terms, second);
        assertEq(balance(second[0]), VERIFY_FEE / 3);
    }

    function test_accept_WhenNobodyWasDrawn() external {
        for (uint256 i = 0; i < 3; i++) {
            setWeight(monitors[i].addr, 0);
        }
        passEra();
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        assertEq(drawn.length, 0);
        accept(terms, drawn);
        assertEnded(terms, price, price);
    }

    function test_accept_RevertWhen_NothingIsSubmitted() external {
        (Terms memory terms,) = openJob();
        vm.expectRevert(wrongState(terms));
        accept(terms, none());
        begin(terms, jobTerms());
        vm.expectRevert(wrongState(terms));
        accept(terms, none());
    }

    function test_accept_RevertWhen_NotTheTenantOrOtherTermsOrValidators() external {
        (Terms memory terms, bytes32 lease, address[] memory drawn) = drawnJob();
        vm.prank(operator.addr);
        vm.expectRevert(abi.encodeWithSelector(IJobs.NotJobTenant.selector, lease, operator.addr, tenant.addr));
        jobs.accept(terms, jobTerms(), drawn);
        JobTerms memory j = jobTerms();
        j.verifyFee = 0;
        bytes32 given = jobs.hashJobTerms(j);
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongJobTerms.selector, lease, given, terms.jobTerms));
        jobs.accept(terms, j, drawn);
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongValidators.selector, lease));
        accept(terms, none());
        (drawn[0], drawn[1]) = (drawn[1], drawn[0]);
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongValidators.selector, lease));
        accept(terms, drawn);
    }
}
