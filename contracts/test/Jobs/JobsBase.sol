// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobs} from "../../src/interfaces/IJobs.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {JobTerms, Kind, LeaseState, Terms, Verdict} from "../../src/interfaces/Types.sol";
import {EraBase} from "../EraReports/EraBase.sol";
import {compensationOf} from "../utils/compensationOf.sol";
import {Vm} from "../utils/Vm.sol";

/// @title Jobs among the real reports, escrow and staking, with a plain account where the order book stands
/// @notice One provider, one tenant, monitors as asked for. Steps of a job that are not what a test is about are one call here.
abstract contract JobsBase is EraBase {
    uint32 internal constant CHALLENGE = 1 hours;
    uint32 internal constant DRAW = 6 hours;
    uint32 internal constant VERDICT = 5 hours;
    uint32 internal constant DEADLINE = 12 hours;
    uint96 internal constant VERIFY_FEE = 1_000;
    uint96 internal constant CANCEL_FEE = 7_777;
    bytes32 internal constant ROOT = keccak256("result");
    bytes internal constant CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

    IJobs internal jobs;
    uint256 internal price = hold(RATE, DURATION);
    uint256 private _keys;

    function setUp() public virtual override {
        super.setUp();
        jobs = deployJobs(IJobs.Timing(CHALLENGE, DRAW, VERDICT));
        escrow.setJobVerifier(address(jobs), true);
    }

    function deployJobs(IJobs.Timing memory timing) internal returns (IJobs) {
        bytes memory parts = abi.encode(manager, book, registry, escrow, reports, timing);
        return IJobs(vm.deployCode("Jobs.sol:Jobs", parts));
    }

    // ------------------------------------------------------------------------------------------- a job

    function jobTerms() internal pure returns (JobTerms memory j) {
        j.tasks = 20;
        j.sample = 3;
        j.validators = 3;
        j.deadlineSeconds = DEADLINE;
        j.cancelFee = CANCEL_FEE;
        j.verifyFee = VERIFY_FEE;
        j.inputs = keccak256("inputs");
    }

    /// @dev Terms of a job that starts now; each call makes another.
    function termsOf(JobTerms memory j) internal returns (Terms memory terms) {
        terms = monitoredTerms();
        (terms.kind, terms.uptimeBps, terms.verifier) = (Kind.JOB, 0, address(jobs));
        terms.jobTerms = jobs.hashJobTerms(j);
    }

    function openJob(JobTerms memory j) internal returns (Terms memory terms, bytes32 lease) {
        terms = termsOf(j);
        lease = open(terms);
    }

    function openJob() internal returns (Terms memory terms, bytes32 lease) {
        return openJob(jobTerms());
    }

    function begunJob() internal returns (Terms memory terms, bytes32 lease) {
        (terms, lease) = openJob();
        begin(terms, jobTerms());
    }

    function submittedJob() internal returns (Terms memory terms, bytes32 lease) {
        (terms, lease) = begunJob();
        submit(terms, jobTerms());
    }

    /// @dev To be drawn, and can be.
    function anchoredJob() internal returns (Terms memory terms, bytes32 lease) {
        (terms, lease) = submittedJob();
        roll(3);
    }

    function drawnJob() internal returns (Terms memory terms, bytes32 lease, address[] memory drawn) {
        (terms, lease) = anchoredJob();
        drawn = draw(terms, jobTerms());
    }

    /// @dev Its first set came to nothing, and the second one is to be drawn.
    function recalledJob() internal returns (Terms memory terms, bytes32 lease, address[] memory first) {
        (terms, lease, first) = drawnJob();
        skip(CHALLENGE + VERDICT);
        jobs.redraw(terms);
        roll(3);
    }

    function redrawnJob() internal returns (Terms memory terms, bytes32 lease, address[] memory second) {
        address[] memory first;
        (terms, lease, first) = recalledJob();
        second = drawWith(terms, jobTerms(), first);
    }

    // ------------------------------------------------------------------------------------------- steps

    function begin(Terms memory terms, JobTerms memory j) internal {
        vm.prank(operator.addr);
        jobs.begin(terms, j);
    }

    function submit(Terms memory terms, JobTerms memory j) internal {
        vm.prank(operator.addr);
        jobs.submit(terms, j, ROOT, CID);
    }

    function draw(Terms memory terms, JobTerms memory j) internal returns (address[] memory) {
        return drawWith(terms, j, none());
    }

    function drawWith(Terms memory terms, JobTerms memory j, address[] memory former)
        internal
        returns (address[] memory drawn)
    {
        vm.recordLogs();
        vm.prank(stranger);
        jobs.draw(terms, j, former);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1, "one event");
        bytes32 seed;
        (seed, drawn) = abi.decode(logs[0].data, (bytes32, address[]));
        assertEq(stateOf(terms).commitment, seed, "the seed is what verdicts are for");
    }

    function challenge(Terms memory terms) internal {
        vm.prank(tenant.addr);
        jobs.challenge(terms, jobTerms(), tasks(3, 17));
    }

    function accept(Terms memory terms, address[] memory validators) internal {
        vm.prank(tenant.addr);
        jobs.accept(terms, jobTerms(), validators);
    }

    /// @dev By the first `count` of those drawn.
    function resolve(Terms memory terms, bool passed, address[] memory validators, uint256 count) internal {
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, passed, validators, count);
        vm.prank(stranger);
        jobs.resolve(terms, jobTerms(), passed, validators, signers, signatures);
    }

    function signed(Terms memory terms, bool passed, address[] memory validators, uint256 count)
        internal
        view
        returns (uint8[] memory signers, bytes[] memory signatures)
    {
        bytes32 digest = verdictOf(terms, passed);
        (signers, signatures) = (new uint8[](count), new bytes[](count));
        for (uint256 i = 0; i < count; i++) {
            (signers[i], signatures[i]) = (uint8(i), signature(keyOf(validators[i]), digest));
        }
    }

    function verdictOf(Terms memory terms, bool passed) internal view returns (bytes32) {
        bytes32 lease = escrow.leaseIdOf(terms);
        return jobs.hashVerdict(Verdict(address(jobs), lease, jobs.jobOf(lease).commitment, passed));
    }

    function keyOf(address monitor) internal view returns (uint256) {
        for (uint256 i = 0; i < monitors.length; i++) {
            if (monitors[i].addr == monitor) return monitors[i].key;
        }
        revert("no monitor");
    }

    /// @dev So many blocks go by.
    function roll(uint256 blocks) internal {
        vm.roll(vm.getBlockNumber() + blocks);
    }

    // ------------------------------------------------------------------------------------------- what is

    function stateOf(Terms memory terms) internal view returns (IJobs.Job memory) {
        return jobs.jobOf(escrow.leaseIdOf(terms));
    }

    function assertState(Terms memory terms, IJobs.State state) internal view {
        assertEq(uint8(stateOf(terms).state), uint8(state), "state");
    }

    /// @dev The job is over: nothing is held, its units are back, nothing can be done to it, and no money stayed here.
    function assertEnded(Terms memory terms, uint256 tenantPaid, uint256 earned) internal {
        assertState(terms, IJobs.State.Ended);
        LeaseState memory state = escrow.leaseOf(escrow.leaseIdOf(terms));
        assertTrue(state.resolved && state.released, "resolved and released");
        assertEq(state.secondsPaid, 0, "no second was paid");
        assertEq(escrow.heldOf(terms), 0, "nothing is held");
        assertEq(capacity.commitmentOf(provider, CU).leased, 0, "its units came back");
        assertEq(balance(address(jobs)), 0, "nothing stayed with the contract");
        assertEq(MONEY - balance(tenant.addr), tenantPaid, "what the tenant paid");
        assertEq(balance(payout), earned, "what the provider earned");
        assertEq(dollar.balanceOf(address(escrow)), MONEY, "conservation");
        assertNothingGoesOn(terms);
    }

    /// @dev Whatever anybody tries, a job that ended pays nobody again.
    function assertNothingGoesOn(Terms memory terms) internal {
        JobTerms memory j = jobTerms();
        bytes memory wrong = abi.encodeWithSelector(
            IJobs.WrongJobState.selector, escrow.leaseIdOf(terms), IJobs.State.Ended
        );
        skip(30 days);
        bytes[10] memory calls = [
            abi.encodeCall(jobs.begin, (terms, j)),
            abi.encodeCall(jobs.progress, (terms, ROOT)),
            abi.encodeCall(jobs.submit, (terms, j, ROOT, CID)),
            abi.encodeCall(jobs.cancel, (terms, j)),
            abi.encodeCall(jobs.accept, (terms, j, none())),
            abi.encodeCall(jobs.draw, (terms, j, none())),
            abi.encodeCall(jobs.resolve, (terms, j, true, none(), new uint8[](0), new bytes[](0))),
            abi.encodeCall(jobs.redraw, (terms)),
            abi.encodeCall(jobs.split, (terms, j)),
            abi.encodeCall(jobs.expire, (terms, j))
        ];
        for (uint256 i = 0; i < calls.length; i++) {
            vm.prank(i < 3 ? operator.addr : tenant.addr);
            (bool ok, bytes memory reason) = address(jobs).call(calls[i]);
            assertFalse(ok, "a job that ended goes on");
            assertEq(reason, wrong);
        }
    }

    function penalty() internal view returns (uint256) {
        return capacity.penaltyOf(provider, CU, UNITS, 1);
    }

    /// @dev What slashes gave the tenant.
    function compensation() internal view returns (uint256) {
        return compensationOf(staking, tenant.addr);
    }

    function tooEarly(Terms memory terms, uint256 from) internal view returns (bytes memory) {
        return abi.encodeWithSelector(
            IJobs.TooEarly.selector, escrow.leaseIdOf(terms), from, vm.getBlockTimestamp()
        );
    }

    function tooLate(Terms memory terms, uint256 until) internal view returns (bytes memory) {
        return abi.encodeWithSelector(
            IJobs.TooLate.selector, escrow.leaseIdOf(terms), until, vm.getBlockTimestamp()
        );
    }

    function wrongState(Terms memory terms) internal view returns (bytes memory) {
        return abi.encodeWithSelector(
            IJobs.WrongJobState.selector, escrow.leaseIdOf(terms), stateOf(terms).state
        );
    }

    // ------------------------------------------------------------------------------------------- lists

    function none() internal pure returns (address[] memory) {
        return new address[](0);
    }

    function tasks(uint32 a, uint32 b) internal pure returns (uint32[] memory list) {
        list = new uint32[](2);
        (list[0], list[1]) = (a, b);
    }

    function contains(address[] memory list, address one) internal pure returns (bool) {
        for (uint256 i = 0; i < list.length; i++) {
            if (list[i] == one) return true;
        }
        return false;
    }
}
