// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobs} from "../../src/interfaces/IJobs.sol";
import {JobTerms, Kind, Terms, Verdict} from "../../src/interfaces/Types.sol";
import {ScriptedReports} from "../utils/ScriptedReports.sol";
import {Vm} from "../utils/Vm.sol";
import {LeaseActions} from "./LeaseActions.sol";

/// @title What happens to jobs: all their steps and all their ends, tried at right and at wrong times
/// @notice Each action says beforehand, from its own books, whether it must succeed, and is wrong if it does not.
abstract contract JobActions is LeaseActions {
    struct Ballot {
        uint8[] signers;
        bytes[] signatures;
    }

    uint256 private constant MONITORS = 6;

    Account[] private _monitors;
    mapping(bytes32 lease => address[]) private _drawn;
    mapping(bytes32 lease => uint256) private _submittedIn; // block

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i = 0; i < MONITORS; i++) {
            _monitors.push(makeAccount(string.concat("validator ", vm.toString(i))));
            accounts.push(_monitors[i].addr);
        }
    }

    // ------------------------------------------------------------------------------------------- provider

    function beginJob(uint256 seed) external action("beginJob") {
        (bytes32 lease, Terms memory terms, JobTerms memory j, IJobs.Job memory job) = _job(seed, 0, 0);
        if (lease == 0) return;
        bool right = job.state == IJobs.State.None && _now() < terms.start + j.deadlineSeconds
            && escrow.balanceOf(terms.tenant, terms.asset) >= j.verifyFee;
        vm.prank(_ownerOf(terms));
        try jobs.begin(terms, j) {
            _expected("beginJob", right);
        } catch {
            _notExpected(right);
        }
    }

    /// @dev What is committed to is committed to before anybody can know what it will be judged by.
    function submitJob(uint256 seed) external action("submitJob") {
        (bytes32 lease, Terms memory terms, JobTerms memory j, IJobs.Job memory job) = _job(seed, 1, 1);
        if (lease == 0) return;
        if (_draw(seed, "late", 6) == 0) _near(seed, terms.start + j.deadlineSeconds);
        bool right = job.state == IJobs.State.Begun && _now() < terms.start + j.deadlineSeconds;
        vm.prank(_ownerOf(terms));
        try jobs.submit(terms, j, keccak256(abi.encode(seed)), "cid") {
            _submittedIn[lease] = vm.getBlockNumber();
            assertEq(blockhash(jobs.jobOf(lease).anchor), 0, "the seed does not exist yet");
            _expected("submitJob", right);
        } catch {
            _notExpected(right);
        }
    }

    // ------------------------------------------------------------------------------------------- tenant

    function cancelJob(uint256 seed) external action("cancelJob") {
        (bytes32 lease, Terms memory terms, JobTerms memory j, IJobs.Job memory job) = _job(seed, 0, 1);
        if (lease == 0 || _draw(seed, "rarely", 10) != 0) return;
        bytes32 pools_ = _worthOfPools();
        vm.prank(terms.tenant);
        try jobs.cancel(terms, j) {
            _expected("cancelJob", job.state <= IJobs.State.Begun);
            assertLe(entries[lease].gross, job.state == IJobs.State.Begun ? j.cancelFee : 0, "the cancel fee at most");
            assertEq(_worthOfPools(), pools_, "no slash");
        } catch {
            _notExpected(job.state <= IJobs.State.Begun);
        }
    }

    function acceptJob(uint256 seed) external action("acceptJob") {
        (bytes32 lease, Terms memory terms, JobTerms memory j, IJobs.Job memory job) = _job(seed, 2, 5);
        if (lease == 0 || _draw(seed, "rarely", 16) != 0) return;
        bool drawn = job.state == IJobs.State.Drawn || job.state == IJobs.State.Redrawn;
        bool right = job.state >= IJobs.State.Submitted && job.state != IJobs.State.Ended;
        vm.prank(terms.tenant);
        try jobs.accept(terms, j, drawn ? _drawn[lease] : new address[](0)) {
            _expected("acceptJob", right);
            assertEq(entries[lease].gross, entries[lease].deposited, "the whole price");
        } catch {
            _notExpected(right);
        }
    }

    function challengeJob(uint256 seed) external action("challengeJob") {
        (bytes32 lease, Terms memory terms, JobTerms memory j, IJobs.Job memory job) = _job(seed, 3, 3);
        if (lease == 0) return;
        bool right = job.state == IJobs.State.Drawn && !job.challenged && _now() < job.since + CHALLENGE
            && escrow.balanceOf(terms.tenant, terms.asset) >= j.verifyFee;
        uint32[] memory tasks = new uint32[](1);
        tasks[0] = uint32(_draw(seed, "task", j.tasks));
        vm.prank(terms.tenant);
        try jobs.challenge(terms, j, tasks) {
            _expected("challengeJob", right);
        } catch {
            _notExpected(right);
        }
    }

    // ------------------------------------------------------------------------------------------- validators

    /// @dev From a block hash of after the commitment, and nobody twice.
    function drawJob(uint256 seed) external action("drawJob") {
        (bytes32 lease, Terms memory terms, JobTerms memory j, IJobs.Job memory job) = _job(seed, 2, 4);
        if (lease == 0) return;
        _elect(seed);
        vm.roll(vm.getBlockNumber() + _draw(seed, "blocks", 200));
        bool second = job.state == IJobs.State.Recalled;
        bool right = (second || job.state == IJobs.State.Submitted) && _now() < job.since + DRAW
            && blockhash(job.anchor) != 0;
        try jobs.draw(terms, j, second ? _drawn[lease] : new address[](0)) {
            assertGt(job.anchor, _submittedIn[lease], "drawn by a block of after the commitment");
            bytes32 expected = keccak256(abi.encode(job.commitment, blockhash(job.anchor)));
            assertEq(jobs.jobOf(lease).commitment, expected, "the seed");
            _keepDrawn(lease, j.validators);
            effects["drawJob"]++;
            assertTrue(right);
        } catch {
            _notExpected(right);
        }
    }

    function reanchorJob(uint256 seed) external action("reanchorJob") {
        (bytes32 lease, Terms memory terms,, IJobs.Job memory job) = _job(seed, 2, 4);
        if (lease == 0) return;
        vm.roll(vm.getBlockNumber() + _draw(seed, "blocks", 500));
        bool toDraw = job.state == IJobs.State.Submitted || job.state == IJobs.State.Recalled;
        bool right = toDraw && _now() < job.since + DRAW && vm.getBlockNumber() > uint256(job.anchor) + 256
            && job.reanchors < 2;
        try jobs.reanchor(terms) {
            assertGt(jobs.jobOf(lease).anchor, vm.getBlockNumber(), "in the future");
            _expected("reanchorJob", right);
        } catch {
            _notExpected(right);
        }
    }

    /// @dev Any verdict of any number of those drawn; sometimes one on an earlier seed.
    function resolveJob(uint256 seed) external action("resolveJob") {
        (bytes32 lease, Terms memory terms,, IJobs.Job memory job) = _job(seed, 3, 5);
        if (lease == 0) return;
        bool passed = _draw(seed, "passed", 2) == 0;
        _near(seed, job.since + CHALLENGE);
        bool replayed = _draw(seed, "replayed", 6) == 0;
        Ballot memory ballot = _sign(seed, lease, replayed ? keccak256("an earlier seed") : job.commitment, passed);
        bool right = _mayResolve(job, passed) && !replayed && 2 * ballot.signers.length > _drawn[lease].length;
        uint256 penalty = passed ? 0 : capacity.penaltyOf(terms.provider, terms.resource, terms.units, terms.tier);
        Slash memory s = _beforeSlash(staking.poolId(1, terms.provider), penalty);
        bytes32 pools_ = _worthOfPools();
        if (!_tryResolve(lease, terms, passed, ballot)) return _notExpected(right);
        if (passed) assertEq(_worthOfPools(), pools_, "no slash");
        else _afterSlash(s, terms.tenant);
        _expected("resolveJob", right);
        assertEq(entries[lease].gross, passed ? entries[lease].deposited : 0, "the whole price or nothing");
    }

    function _tryResolve(bytes32 lease, Terms memory terms, bool passed, Ballot memory ballot) private returns (bool) {
        JobTerms memory j = jobTermsOf[terms.jobTerms];
        try jobs.resolve(terms, j, passed, _drawn[lease], ballot.signers, ballot.signatures) {
            return true;
        } catch {
            return false;
        }
    }

    // ------------------------------------------------------------------------------------------- time

    function redrawJob(uint256 seed) external action("redrawJob") {
        (bytes32 lease, Terms memory terms,, IJobs.Job memory job) = _job(seed, 3, 3);
        if (lease == 0) return;
        _near(seed, job.since + CHALLENGE + VERDICT);
        bool right = job.state == IJobs.State.Drawn && _now() >= job.since + CHALLENGE + VERDICT;
        try jobs.redraw(terms) {
            _expected("redrawJob", right);
        } catch {
            _notExpected(right);
        }
    }

    function splitJob(uint256 seed) external action("splitJob") {
        (bytes32 lease, Terms memory terms, JobTerms memory j, IJobs.Job memory job) = _job(seed, 4, 5);
        if (lease == 0) return;
        _near(seed, job.since + (job.state == IJobs.State.Recalled ? DRAW : VERDICT));
        bool right = job.state == IJobs.State.Recalled && _now() >= job.since + DRAW
            || job.state == IJobs.State.Redrawn && _now() >= job.since + VERDICT;
        bytes32 pools_ = _worthOfPools();
        try jobs.split(terms, j) {
            _expected("splitJob", right);
            assertEq(_worthOfPools(), pools_, "nobody is slashed");
            assertEq(entries[lease].gross, entries[lease].deposited * jobs.splitBps() / 10_000, "as governed");
        } catch {
            _notExpected(right);
        }
    }

    function expireJob(uint256 seed) external action("expireJob") {
        (bytes32 lease, Terms memory terms, JobTerms memory j, IJobs.Job memory job) = _job(seed, 0, 2);
        if (lease == 0) return;
        address sender = [_ownerOf(terms), terms.tenant, address(0xcafe)][_draw(seed, "sender", 3)];
        if (sender == _ownerOf(terms) && _draw(seed, "rarely", 8) != 0) return;
        if (job.state == IJobs.State.Begun) _near(seed, terms.start + j.deadlineSeconds);
        bool right = _mayExpire(terms, j, job, sender);
        bool begun = job.state == IJobs.State.Begun;
        uint256 penalty = begun ? capacity.penaltyOf(terms.provider, terms.resource, terms.units, terms.tier) : 0;
        Slash memory s = _beforeSlash(staking.poolId(1, terms.provider), penalty);
        bytes32 pools_ = _worthOfPools();
        vm.prank(sender);
        try jobs.expire(terms, j) {
            if (begun) _afterSlash(s, terms.tenant);
            else assertEq(_worthOfPools(), pools_, "no slash");
            _expected("expireJob", right);
            assertEq(entries[lease].refunded, entries[lease].deposited, "all of it is back");
        } catch {
            _notExpected(right);
        }
    }

    // ------------------------------------------------------------------------------------------- the end

    /// @dev Law 7: whatever its state, time alone lets its tenant, and its provider, and most often anybody, end it in a few
    /// calls: each tries it for itself.
    function _endJob(bytes32 lease) internal {
        Terms memory terms = entries[lease].terms;
        if (jobs.jobOf(lease).state == IJobs.State.Ended) return;
        uint256 snapshot = vm.snapshotState();
        _endJobAs(lease, terms, terms.tenant);
        vm.revertToState(snapshot);
        vm.getRecordedLogs();
        _endJobAs(lease, terms, _ownerOf(terms));
        _book();
        Entry storage entry = entries[lease];
        assertEq(escrow.heldOf(terms), 0, "law 2: every job ends");
        assertEq(entry.refunded, entry.deposited - entry.gross, "law 7: the tenant has every unearned unit");
    }

    function _endJobAs(bytes32 lease, Terms memory terms, address sender) private {
        JobTerms memory j = jobTermsOf[terms.jobTerms];
        vm.startPrank(sender);
        if (jobs.jobOf(lease).state == IJobs.State.Drawn) jobs.redraw(terms);
        if (jobs.jobOf(lease).state >= IJobs.State.Recalled) {
            skip(DRAW);
            jobs.split(terms, j);
        } else {
            jobs.expire(terms, j);
        }
        vm.stopPrank();
        assertTrue(jobs.jobOf(lease).state == IJobs.State.Ended && escrow.leaseOf(lease).released);
    }

    // ------------------------------------------------------------------------------------------- helpers

    function _expected(string memory name, bool right) private {
        assertTrue(right, name);
        _did(name);
    }

    function _notExpected(bool right) private {
        assertFalse(right, "it should have been possible");
        _refused();
    }

    /// @dev Often waits for a moment to come, to its second or to the one before.
    function _near(uint256 seed, uint40 moment) private {
        uint256 before = _draw(seed, "before", 2);
        if (_draw(seed, "near", 2) == 0 && moment - before > _now() && moment < _now() + 12 days) {
            vm.warp(moment - before);
        }
    }

    /// @dev Any job, but mostly one whose state is in this range; zero if there is none.
    function _job(uint256 seed, uint8 from, uint8 to)
        private
        view
        returns (bytes32 lease, Terms memory terms, JobTerms memory j, IJobs.Job memory job)
    {
        uint256 first = leaseIds.length == 0 ? 0 : _draw(seed, "job", leaseIds.length);
        bool any = _draw(seed, "any", 8) == 0;
        for (uint256 i = 0; i < leaseIds.length; i++) {
            bytes32 next = leaseIds[(first + i) % leaseIds.length];
            if (entries[next].terms.kind != Kind.JOB) continue;
            uint8 state = uint8(jobs.jobOf(next).state);
            if (!any && (state < from || state > to)) continue;
            terms = entries[next].terms;
            return (next, terms, jobTermsOf[terms.jobTerms], jobs.jobOf(next));
        }
    }

    function _ownerOf(Terms memory terms) private view returns (address) {
        return sellers[terms.provider - 1].owner; // ids count from 1, none is ever removed
    }

    function _mayResolve(IJobs.Job memory job, bool passed) private view returns (bool) {
        if (job.state == IJobs.State.Redrawn) return _now() < job.since + VERDICT;
        if (job.state != IJobs.State.Drawn || _now() >= job.since + CHALLENGE + VERDICT) return false;
        return !passed || job.challenged || _now() >= job.since + CHALLENGE;
    }

    function _mayExpire(Terms memory terms, JobTerms memory j, IJobs.Job memory job, address sender)
        private
        view
        returns (bool)
    {
        uint40 deadline = terms.start + j.deadlineSeconds;
        if (job.state == IJobs.State.Submitted) return _now() >= job.since + DRAW;
        if (job.state == IJobs.State.Begun) return _now() >= deadline;
        if (job.state != IJobs.State.None) return false;
        if (registry.isOwnerOrOperator(terms.provider, sender)) return true;
        return _now() >= deadline || sender == terms.tenant && _now() >= terms.start + terms.startWindow;
    }

    /// @dev Other weights for each draw; some weigh nothing, sometimes all.
    function _elect(uint256 seed) private {
        address[] memory keys = new address[](MONITORS);
        uint256[] memory weights = new uint256[](MONITORS);
        bool nobody = _draw(seed, "nobody", 12) == 0;
        for (uint256 i = 0; i < MONITORS; i++) {
            uint256 draw = uint256(keccak256(abi.encode(seed, "weight", i)));
            keys[i] = _monitors[i].addr;
            weights[i] = nobody || draw % 4 == 0 ? 0 : draw % 3 == 0 ? 1_000_000 : 100 + draw % 100;
        }
        ScriptedReports(reports).setElectorate(keys, weights);
        vm.getRecordedLogs();
    }

    function _keepDrawn(bytes32 lease, uint256 wanted) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1, "a draw tells what it drew, and moves nothing");
        (, address[] memory drawn) = abi.decode(logs[0].data, (bytes32, address[]));
        assertLe(drawn.length, wanted);
        (, uint256[] memory weights) = ScriptedReports(reports).electorate();
        for (uint256 i = 0; i < drawn.length; i++) {
            assertGt(weights[_indexOf(drawn[i])], 0, "who weighs nothing is not drawn");
            for (uint256 k = 0; k < i; k++) {
                assertTrue(drawn[k] != drawn[i], "nobody twice");
            }
        }
        _drawn[lease] = drawn;
    }

    function _sign(uint256 seed, bytes32 lease, bytes32 of_, bool passed)
        private
        view
        returns (Ballot memory ballot)
    {
        address[] memory drawn = _drawn[lease];
        bytes32 digest = jobs.hashVerdict(Verdict(address(jobs), lease, of_, passed));
        uint256 count = drawn.length == 0 ? 0 : drawn.length - _draw(seed, "missing", drawn.length);
        (ballot.signers, ballot.signatures) = (new uint8[](count), new bytes[](count));
        for (uint256 i = 0; i < count; i++) {
            ballot.signers[i] = uint8(i);
            ballot.signatures[i] = signature(_monitors[_indexOf(drawn[i])].key, digest);
        }
    }

    function _indexOf(address key) private view returns (uint256 i) {
        while (_monitors[i].addr != key) i++;
    }
}
