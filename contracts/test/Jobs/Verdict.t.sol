// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobs} from "../../src/interfaces/IJobs.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {JobTerms, Reason, Terms, Verdict} from "../../src/interfaces/Types.sol";
import {JobsBase} from "./JobsBase.sol";

/// @dev Branches of resolve.tree, split.tree, expire.tree, setSplit.tree.
contract JobVerdictTest is JobsBase {
    uint256 private constant PART = VERIFY_FEE / 3;

    function setUp() public override {
        super.setUp();
        addMonitors(6);
        start = uint40(vm.getBlockTimestamp());
    }

    // ------------------------------------------------------------------------------------------- resolve

    function test_resolve_Passed() external {
        escrow.setFee(100);
        (Terms memory terms, bytes32 lease, address[] memory drawn) = drawnJob();
        skip(CHALLENGE);
        bytes32 seed = stateOf(terms).commitment;
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, true, drawn, 3);
        vm.expectEmit(address(jobs));
        emit IJobs.JobJudged(lease, true, 7);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseSettled(lease, 0, price - price / 100, price / 100);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseEnded(lease, Reason.JOB_VERDICT, start + CHALLENGE, 0, seed);
        jobs.resolve(terms, jobTerms(), true, drawn, signers, signatures);
        for (uint256 i = 0; i < 3; i++) {
            assertEq(balance(drawn[i]), PART);
        }
        assertEq(compensation(), 0);
        assertEnded(terms, price + 3 * PART, price - price / 100);
    }

    /// @dev Whoever sends it gains nothing by leaving others out.
    function test_resolve_ByAMajority() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        skip(CHALLENGE);
        resolve(terms, true, drawn, 2);
        assertEq(balance(drawn[1]), PART);
        assertEq(balance(drawn[2]), 0);
        assertEnded(terms, price + 2 * PART, price);
    }

    function test_resolve_Failed() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        uint256 asked = penalty();
        resolve(terms, false, drawn, 3); // moment once: there is nothing to challenge
        assertEq(compensation(), asked, "the penalty, no more");
        assertGt(asked, 0);
        assertEq(balance(drawn[2]), PART);
        assertEnded(terms, 3 * PART, 0);
    }

    function test_resolve_FailedAfterAChallenge() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        challenge(terms);
        resolve(terms, false, drawn, 2);
        assertEq(balance(drawn[0]), PART);
        assertEnded(terms, 2 * PART, 0);
    }

    function test_resolve_PassedAfterAChallengeWithoutCause() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        challenge(terms);
        resolve(terms, true, drawn, 3); // moment once: it was challenged already
        assertEq(balance(drawn[0]), 2 * VERIFY_FEE / 3, "fee and bond");
        assertEnded(terms, price + 2 * VERIFY_FEE / 3 * 3, price);
    }

    function testFuzz_resolve_AGoodVerdictWaits(uint32 moment) external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        moment = uint32(bound(moment, 0, CHALLENGE + VERDICT - 1));
        vm.warp(start + moment);
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, true, drawn, 3);
        if (moment < CHALLENGE) vm.expectRevert(tooEarly(terms, start + CHALLENGE));
        jobs.resolve(terms, jobTerms(), true, drawn, signers, signatures);
    }

    function testFuzz_resolve_BySecondSetHoldsToTheSecond(uint32 moment, bool passed) external {
        (Terms memory terms,, address[] memory second) = redrawnJob();
        uint40 since = stateOf(terms).since;
        moment = uint32(bound(moment, 0, 2 * VERDICT));
        vm.warp(since + moment);
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, passed, second, 2);
        if (moment >= VERDICT) vm.expectRevert(tooLate(terms, since + VERDICT));
        jobs.resolve(terms, jobTerms(), passed, second, signers, signatures);
        if (moment < VERDICT) assertEnded(terms, (passed ? price : 0) + 2 * PART, passed ? price : 0);
    }

    function test_resolve_RevertWhen_NobodyIsDrawn() external {
        (Terms memory terms,) = anchoredJob();
        vm.expectRevert(wrongState(terms));
        jobs.resolve(terms, jobTerms(), true, none(), new uint8[](0), new bytes[](0));
        (terms,,) = recalledJob();
        vm.expectRevert(wrongState(terms));
        jobs.resolve(terms, jobTerms(), true, none(), new uint8[](0), new bytes[](0));
    }

    function test_resolve_RevertWhen_NobodyCouldBeDrawn() external {
        for (uint256 i = 0; i < 6; i++) {
            setWeight(monitors[i].addr, 0);
        }
        passEra();
        (Terms memory terms,,) = drawnJob();
        vm.expectRevert(abi.encodeWithSelector(IJobs.MajorityMissing.selector, 0, 0));
        jobs.resolve(terms, jobTerms(), false, none(), new uint8[](0), new bytes[](0));
    }

    function test_resolve_RevertWhen_TermsOrValidatorsAreOthers() external {
        (Terms memory terms, bytes32 lease, address[] memory drawn) = drawnJob();
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, false, drawn, 2);
        JobTerms memory j = jobTerms();
        j.verifyFee += 1;
        bytes32 given = jobs.hashJobTerms(j);
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongJobTerms.selector, lease, given, terms.jobTerms));
        jobs.resolve(terms, j, false, drawn, signers, signatures);
        drawn[2] = stranger;
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongValidators.selector, lease));
        jobs.resolve(terms, jobTerms(), false, drawn, signers, signatures);
    }

    function test_resolve_RevertWhen_NoMajorityOrListsDiffer() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, false, drawn, 1);
        vm.expectRevert(abi.encodeWithSelector(IJobs.MajorityMissing.selector, 1, 3));
        jobs.resolve(terms, jobTerms(), false, drawn, signers, signatures);
        vm.expectRevert(abi.encodeWithSelector(IJobs.SignersDiffer.selector, 2, 1));
        jobs.resolve(terms, jobTerms(), false, drawn, new uint8[](2), signatures);
    }

    /// @dev Half is no majority.
    function test_resolve_RevertWhen_HalfOfAnEvenNumber() external {
        JobTerms memory j = jobTerms();
        j.validators = 4;
        (Terms memory terms,) = openJob(j);
        begin(terms, j);
        submit(terms, j);
        roll(3);
        address[] memory drawn = draw(terms, j);
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, false, drawn, 2);
        vm.expectRevert(abi.encodeWithSelector(IJobs.MajorityMissing.selector, 2, 4));
        jobs.resolve(terms, j, false, drawn, signers, signatures);
        (signers, signatures) = signed(terms, false, drawn, 3);
        jobs.resolve(terms, j, false, drawn, signers, signatures);
        assertEnded(terms, VERIFY_FEE / 4 * 3, 0);
    }

    function test_resolve_RevertWhen_SignersAreTwiceUnknownOrOutOfOrder() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, false, drawn, 2);
        (signers[1], signatures[1]) = (0, signatures[0]);
        vm.expectRevert(abi.encodeWithSelector(IJobs.SignersNotInOrder.selector, 1));
        jobs.resolve(terms, jobTerms(), false, drawn, signers, signatures);
        (signers, signatures) = signed(terms, false, drawn, 2);
        (signers[0], signers[1], signatures[0], signatures[1]) = (1, 0, signatures[1], signatures[0]);
        vm.expectRevert(abi.encodeWithSelector(IJobs.SignersNotInOrder.selector, 1));
        jobs.resolve(terms, jobTerms(), false, drawn, signers, signatures);
        uint8[2] memory unknown = [3, 255];
        for (uint256 i = 0; i < 2; i++) {
            (signers, signatures) = signed(terms, false, drawn, 2);
            signers[1] = unknown[i];
            vm.expectRevert(abi.encodeWithSelector(IJobs.UnknownValidator.selector, unknown[i], 3));
            jobs.resolve(terms, jobTerms(), false, drawn, signers, signatures);
        }
    }

    function test_resolve_RevertWhen_SignedByMonitorsThatWereNotDrawn() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, false, drawn, 2);
        for (uint256 i = 0; i < monitors.length; i++) {
            if (contains(drawn, monitors[i].addr)) continue;
            signatures[1] = signature(monitors[i].key, verdictOf(terms, false));
            vm.expectRevert(abi.encodeWithSelector(IJobs.InvalidVerdict.selector, drawn[1]));
            jobs.resolve(terms, jobTerms(), false, drawn, signers, signatures);
        }
        signatures[1] = "";
        vm.expectRevert(abi.encodeWithSelector(IJobs.InvalidVerdict.selector, drawn[1]));
        jobs.resolve(terms, jobTerms(), false, drawn, signers, signatures);
    }

    function test_resolve_RevertWhen_SignedForSomethingElse() external {
        (Terms memory terms, bytes32 lease, address[] memory drawn) = drawnJob();
        bytes32 seed = stateOf(terms).commitment;
        Verdict[4] memory others = [
            Verdict(address(jobs), lease, seed, true),
            Verdict(address(jobs), lease, ROOT, false),
            Verdict(address(jobs), ROOT, seed, false),
            Verdict(address(reports), lease, seed, false)
        ];
        for (uint256 i = 0; i < others.length; i++) {
            (uint8[] memory signers, bytes[] memory signatures) = signed(terms, false, drawn, 2);
            signatures[1] = signature(keyOf(drawn[1]), jobs.hashVerdict(others[i]));
            vm.expectRevert(abi.encodeWithSelector(IJobs.InvalidVerdict.selector, drawn[1]));
            jobs.resolve(terms, jobTerms(), false, drawn, signers, signatures);
        }
    }

    /// @dev A verdict of the first set is no verdict of the second, even where both are of the same monitors.
    function test_resolve_RevertWhen_ReplayedFromAnEarlierSeed() external {
        for (uint256 i = 0; i < 3; i++) {
            setWeight(monitors[i].addr, 0);
        }
        passEra();
        (Terms memory terms,, address[] memory first) = drawnJob();
        bytes32 early = verdictOf(terms, true);
        skip(CHALLENGE + VERDICT);
        jobs.redraw(terms);
        roll(3);
        address[] memory second = drawWith(terms, jobTerms(), first);
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, true, second, 2);
        signatures[0] = signature(keyOf(second[0]), early);
        vm.expectRevert(abi.encodeWithSelector(IJobs.InvalidVerdict.selector, second[0]));
        jobs.resolve(terms, jobTerms(), true, second, signers, signatures);
    }

    /// @dev Else one could clear a drawn monitor's place and sign in its stead.
    function test_resolve_CountsKeysAndNotPlaces() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        uint256 index = reports.monitorIndex(drawn[0]) - 1;
        setWeight(drawn[0], 0);
        passEra();
        reports.unlock(uint8(index));
        Account memory other = addMonitor("in its place", 100);
        assertEq(reports.monitorIndex(other.addr) - 1, index, "took its place");
        passEra();
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, false, drawn, 2);
        bytes memory right = signatures[0];
        signatures[0] = signature(other.key, verdictOf(terms, false));
        vm.expectRevert(abi.encodeWithSelector(IJobs.InvalidVerdict.selector, drawn[0]));
        jobs.resolve(terms, jobTerms(), false, drawn, signers, signatures);
        signatures[0] = right;
        jobs.resolve(terms, jobTerms(), false, drawn, signers, signatures);
    }

    function test_resolve_WhenThePoolIsEmpty() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        uint256 pool = providerPool();
        vm.prank(address(reports));
        staking.slash(pool, type(uint128).max, address(0));
        resolve(terms, false, drawn, 3);
        assertEq(compensation(), 0);
        assertEnded(terms, 3 * PART, 0);
    }

    function test_resolve_WithoutAVerifyFee() external {
        JobTerms memory j = jobTerms();
        j.verifyFee = 0;
        (Terms memory terms,) = openJob(j);
        begin(terms, j);
        submit(terms, j);
        roll(3);
        address[] memory drawn = draw(terms, j);
        skip(CHALLENGE);
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, true, drawn, 3);
        jobs.resolve(terms, j, true, drawn, signers, signatures);
        assertEnded(terms, price, price);
    }

    // ------------------------------------------------------------------------------------------- split

    function testFuzz_split_AfterASecondSetWithoutVerdict(uint32 moment, bool challenged) external {
        (Terms memory terms,, address[] memory first) = drawnJob();
        if (challenged) challenge(terms);
        skip(CHALLENGE + VERDICT);
        jobs.redraw(terms);
        roll(3);
        drawWith(terms, jobTerms(), first);
        _split(terms, moment, VERDICT);
    }

    function testFuzz_split_WhenASecondSetIsNeverDrawn(uint32 moment) external {
        (Terms memory terms,,) = recalledJob();
        _split(terms, moment, DRAW);
    }

    function _split(Terms memory terms, uint32 moment, uint32 after_) private {
        uint40 since = stateOf(terms).since;
        moment = uint32(bound(moment, 0, 2 * after_));
        vm.warp(since + moment);
        if (moment < after_) {
            vm.expectRevert(tooEarly(terms, since + after_));
            jobs.split(terms, jobTerms());
            return;
        }
        vm.expectEmit(address(jobs));
        emit IJobs.JobSplit(escrow.leaseIdOf(terms), 5_000);
        vm.prank(stranger);
        jobs.split(terms, jobTerms());
        assertEq(compensation(), 0, "nobody is punished");
        assertEnded(terms, price / 2, price / 2);
    }

    function test_split_AsGovernedAndLessTheFee() external {
        escrow.setFee(200);
        jobs.setSplit(2_500);
        (Terms memory terms,,) = redrawnJob();
        skip(VERDICT);
        jobs.split(terms, jobTerms());
        uint256 gross = price * 2_500 / 10_000;
        assertEnded(terms, gross, gross - gross / 50);
    }

    function test_split_RevertWhen_NotCalledOffOrOtherTerms() external {
        (Terms memory terms, bytes32 lease,) = drawnJob();
        skip(30 days);
        vm.expectRevert(wrongState(terms));
        jobs.split(terms, jobTerms());
        jobs.redraw(terms);
        JobTerms memory j = jobTerms();
        j.verifyFee *= 2;
        bytes32 given = jobs.hashJobTerms(j);
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongJobTerms.selector, lease, given, terms.jobTerms));
        jobs.split(terms, j);
    }

    // ------------------------------------------------------------------------------------------- expire

    function test_expire_NeverBegun() external {
        (Terms memory terms, bytes32 lease) = openJob();
        vm.expectRevert(tooEarly(terms, start + terms.startWindow));
        vm.prank(tenant.addr);
        jobs.expire(terms, jobTerms());
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseEnded(lease, Reason.JOB_EXPIRED, start, price, 0);
        vm.prank(operator.addr);
        jobs.expire(terms, jobTerms());
        assertEq(compensation(), 0);
        assertEnded(terms, 0, 0);
    }

    function test_expire_NeverBegun_ByTheTenantAndByStrangers() external {
        (Terms memory terms,) = openJob();
        skip(terms.startWindow);
        vm.expectRevert(tooEarly(terms, start + DEADLINE));
        vm.prank(stranger);
        jobs.expire(terms, jobTerms());
        vm.prank(tenant.addr);
        jobs.expire(terms, jobTerms());
        assertEnded(terms, 0, 0);
        (terms,) = openJob();
        skip(DEADLINE);
        vm.prank(stranger);
        jobs.expire(terms, jobTerms());
        assertEnded(terms, 0, 0);
    }

    function test_expire_MissedDeadline() external {
        (Terms memory terms,) = begunJob();
        skip(DEADLINE - 1);
        vm.expectRevert(tooEarly(terms, start + DEADLINE));
        jobs.expire(terms, jobTerms());
        skip(1);
        uint256 asked = penalty();
        vm.prank(stranger);
        jobs.expire(terms, jobTerms());
        assertEq(compensation(), asked);
        assertGt(asked, 0);
        assertEnded(terms, 0, 0);
    }

    function test_expire_NeverDrawn() external {
        (Terms memory terms,) = submittedJob();
        skip(DRAW);
        vm.prank(stranger);
        jobs.expire(terms, jobTerms());
        assertEq(compensation(), 0);
        assertEnded(terms, 0, 0);
    }

    function test_expire_RevertWhen_DrawnOrOtherTerms() external {
        (Terms memory terms, bytes32 lease) = begunJob();
        JobTerms memory j = jobTerms();
        j.deadlineSeconds = 0;
        bytes32 given = jobs.hashJobTerms(j);
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongJobTerms.selector, lease, given, terms.jobTerms));
        jobs.expire(terms, j);
        (terms,,) = drawnJob();
        skip(30 days);
        vm.expectRevert(wrongState(terms));
        jobs.expire(terms, jobTerms());
        jobs.redraw(terms);
        vm.expectRevert(wrongState(terms));
        jobs.expire(terms, jobTerms());
    }

    function test_expire_RevertWhen_Unknown() external {
        Terms memory terms = termsOf(jobTerms());
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(terms)));
        vm.prank(operator.addr);
        jobs.expire(terms, jobTerms());
    }

    // ------------------------------------------------------------------------------------------- governance

    function test_setSplit() external {
        uint16[2] memory wrong = [2_499, 7_501];
        for (uint256 i = 0; i < 2; i++) {
            vm.expectRevert(abi.encodeWithSelector(IJobs.SplitOutOfBounds.selector, wrong[i], 2_500, 7_500));
            jobs.setSplit(wrong[i]);
        }
        vm.expectEmit(address(jobs));
        emit IJobs.SplitChanged(7_500);
        jobs.setSplit(7_500);
        assertEq(jobs.splitBps(), 7_500);
        vm.prank(stranger);
        vm.expectRevert();
        jobs.setSplit(5_000);
    }

    function test_constructor() external {
        IJobs.Timing[3] memory wrong = [IJobs.Timing(0, 1, 1), IJobs.Timing(1, 0, 1), IJobs.Timing(1, 1, 0)];
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(abi.encodeWithSelector(IJobs.InvalidJobTiming.selector, wrong[i]));
            this.deploy(wrong[i]);
        }
        assertEq(jobs.timing().verdictSeconds, VERDICT);
    }

    function deploy(IJobs.Timing memory timing) external {
        deployJobs(timing);
    }
}
