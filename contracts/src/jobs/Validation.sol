// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Messages} from "../Messages.sol";
import {IJobs} from "../interfaces/IJobs.sol";
import {JobTerms, Reason, Terms, Verdict} from "../interfaces/Types.sol";
import {JobBook} from "./JobBook.sol";
import {Lot} from "./Lot.sol";

/// @title Who judges a result, and what they say
abstract contract Validation is JobBook {
    uint8 private constant MOST_REANCHORS = 2;
    uint256 private constant MOST_CHALLENGED = 16;

    /// @inheritdoc IJobs
    function draw(Terms calldata terms, JobTerms calldata jobTerms, address[] calldata former) external {
        // Check
        (bytes32 lease, Job storage job) = _jobIn(State.Submitted, State.Recalled, terms);
        _checkTerms(terms, jobTerms, lease);
        _checkBefore(lease, job.since + DRAW_SECONDS);
        if (job.state == State.Recalled || former.length != 0) _checkValidators(job, lease, former);
        bytes32 anchorHash = _hashOfAnchor(lease, job.anchor);
        // Interaction: a view of our own reports
        (address[] memory keys, uint256[] memory weights) = REPORTS.electorate();
        // Effect
        bytes32 seed = keccak256(abi.encode(job.commitment, anchorHash));
        Lot.leaveOut(keys, weights, former, jobTerms.validators);
        address[] memory drawn = Lot.draw(seed, keys, weights, jobTerms.validators);
        job.state = job.state == State.Submitted ? State.Drawn : State.Redrawn;
        job.since = _now();
        job.drawn = _hashOf(drawn);
        job.commitment = seed;
        emit JobDrawn(lease, seed, drawn);
    }

    /// @inheritdoc IJobs
    function reanchor(Terms calldata terms) external {
        // Check
        (bytes32 lease, Job storage job) = _jobIn(State.Submitted, State.Recalled, terms);
        _checkBefore(lease, job.since + DRAW_SECONDS);
        uint40 before = job.anchor;
        if (block.number <= before || blockhash(before) != 0) revert AnchorNotMissed(lease, before, block.number);
        if (job.reanchors == MOST_REANCHORS) revert ReanchorsSpent(lease, MOST_REANCHORS);
        // Effect
        ++job.reanchors;
        emit JobReanchored(lease, _anchor(job));
    }

    /// @inheritdoc IJobs
    function challenge(Terms calldata terms, JobTerms calldata jobTerms, uint32[] calldata tasks) external {
        // Check
        (bytes32 lease, Job storage job) = _jobIn(State.Drawn, terms);
        _checkTenant(terms, lease);
        _checkBefore(lease, job.since + CHALLENGE_SECONDS);
        if (job.challenged) revert ChallengedAlready(lease);
        _checkTasks(tasks, jobTerms.tasks);
        // Effect
        bytes32 seed = keccak256(abi.encode(job.commitment, keccak256(abi.encodePacked(tasks))));
        job.challenged = true;
        job.commitment = seed;
        emit JobChallenged(lease, seed, tasks);
        // Interaction: only with our own escrow, which checks the job's terms
        ESCROW.chargeJob(terms, jobTerms);
    }

    /// @inheritdoc IJobs
    function resolve(
        Terms calldata terms,
        JobTerms calldata jobTerms,
        bool passed,
        address[] calldata validators,
        uint8[] calldata signers,
        bytes[] calldata signatures
    ) external {
        // Check
        (bytes32 lease, Job storage job) = _jobIn(State.Drawn, State.Redrawn, terms);
        _checkTerms(terms, jobTerms, lease);
        _checkValidators(job, lease, validators);
        bool mayBeChallenged = passed && job.state == State.Drawn && !job.challenged;
        if (mayBeChallenged) _checkFrom(lease, job.since + CHALLENGE_SECONDS);
        _checkBefore(lease, _verdictUntil(job));
        Verdict memory verdict = Verdict(address(this), lease, job.commitment, passed);
        uint256 signed = _checkMajority(_digest(Messages.hashVerdict(verdict)), validators, signers, signatures);
        // Effect
        uint256 charged = _chargedOf(job, jobTerms);
        uint256 fee = passed ? charged : jobTerms.verifyFee;
        emit JobJudged(lease, passed, signed);
        // Effect, interaction
        _end(terms, job, passed ? type(uint256).max : 0, Reason.JOB_VERDICT, !passed);
        _giveBack(terms, charged - fee);
        _share(terms, fee, validators, signed);
    }

    /// @inheritdoc IJobs
    function redraw(Terms calldata terms) external {
        // Check
        (bytes32 lease, Job storage job) = _jobIn(State.Drawn, terms);
        _checkFrom(lease, _verdictUntil(job));
        // Effect
        job.state = State.Recalled;
        job.since = _now();
        job.reanchors = 0;
        emit JobRecalled(lease, _anchor(job));
    }

    /// @dev When the verdict is due. The tenant may challenge to the last second of its time, and validators then have all of theirs.
    function _verdictUntil(Job storage job) internal view returns (uint40) {
        return job.since + VERDICT_SECONDS + (job.state == State.Drawn ? CHALLENGE_SECONDS : 0);
    }

    function _hashOfAnchor(bytes32 lease, uint40 anchor) private view returns (bytes32 hash) {
        if (block.number <= anchor) revert AnchorNotMined(lease, anchor, block.number);
        hash = blockhash(anchor);
        if (hash == 0) revert AnchorMissed(lease, anchor, block.number);
    }

    function _checkTasks(uint32[] calldata tasks, uint32 count) private pure {
        if (tasks.length == 0 || tasks.length > MOST_CHALLENGED) {
            revert ChallengeOutOfBounds(tasks.length, MOST_CHALLENGED);
        }
        for (uint256 i = 0; i < tasks.length; ++i) {
            if (tasks[i] >= count) revert UnknownTask(tasks[i], count);
        }
    }

    /// @return signed bit i: the i-th of the validators signed
    function _checkMajority(
        bytes32 digest,
        address[] calldata validators,
        uint8[] calldata signers,
        bytes[] calldata signatures
    ) private pure returns (uint256 signed) {
        if (signers.length != signatures.length) revert SignersDiffer(signers.length, signatures.length);
        if (2 * signers.length <= validators.length) revert MajorityMissing(signers.length, validators.length);
        for (uint256 i = 0; i < signers.length; ++i) {
            uint256 index = signers[i];
            if (index >= validators.length) revert UnknownValidator(index, validators.length);
            if (signed >> index != 0) revert SignersNotInOrder(i);
            signed |= 1 << index;
            (address key,,) = ECDSA.tryRecoverCalldata(digest, signatures[i]);
            if (key != validators[index]) revert InvalidVerdict(validators[index]); // none of them is zero
        }
    }
}
