// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {MarketDomain} from "./MarketDomain.sol";
import {IEraReports} from "./interfaces/IEraReports.sol";
import {IJobs} from "./interfaces/IJobs.sol";
import {ILeaseEscrow} from "./interfaces/ILeaseEscrow.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {JobTerms, Reason, Terms} from "./interfaces/Types.sol";
import {JobBook} from "./jobs/JobBook.sol";
import {Validation} from "./jobs/Validation.sol";

/// @title Jobs
/// @notice What the parties do stands here, what validators do in {Validation}.
contract Jobs is Validation {
    /// @dev A CID of any sort.
    uint256 private constant MOST_CID_BYTES = 64;

    constructor(
        address authority,
        address orderBook,
        IProviderRegistry registry,
        ILeaseEscrow escrow,
        IEraReports reports,
        Timing memory timing_
    ) AccessManaged(authority) MarketDomain(orderBook) JobBook(registry, escrow, reports, timing_) {}

    // Provider

    /// @inheritdoc IJobs
    function begin(Terms calldata terms, JobTerms calldata jobTerms) external {
        // Check
        (bytes32 lease, Job storage job) = _jobIn(State.None, terms);
        _checkProvider(terms, lease);
        _checkBefore(lease, _deadlineOf(terms, jobTerms));
        bool valid = jobTerms.tasks != 0 && jobTerms.sample != 0 && jobTerms.validators != 0;
        if (!valid) revert InvalidJobTerms(jobTerms);
        // Effect
        job.state = State.Begun;
        emit JobBegun(lease, terms.provider, jobTerms);
        // Interaction: only with our own escrow, which checks that the lease is a job of ours and has these terms
        ESCROW.chargeJob(terms, jobTerms);
    }

    /// @inheritdoc IJobs
    function progress(Terms calldata terms, bytes32 root) external {
        (bytes32 lease,) = _jobIn(State.Begun, terms);
        _checkProvider(terms, lease);
        emit JobProgressed(lease, root);
    }

    /// @inheritdoc IJobs
    function submit(Terms calldata terms, JobTerms calldata jobTerms, bytes32 resultRoot, bytes calldata cid) external {
        // Check
        (bytes32 lease, Job storage job) = _jobIn(State.Begun, terms);
        _checkProvider(terms, lease);
        _checkTerms(terms, jobTerms, lease);
        _checkBefore(lease, _deadlineOf(terms, jobTerms));
        if (resultRoot == 0) revert EmptyResult(lease);
        if (cid.length > MOST_CID_BYTES) revert CidTooLong(cid.length, MOST_CID_BYTES);
        // Effect
        job.state = State.Submitted;
        job.since = _now();
        job.commitment = resultRoot;
        emit JobSubmitted(lease, resultRoot, cid, _anchor(job));
    }

    // Tenant

    /// @inheritdoc IJobs
    function cancel(Terms calldata terms, JobTerms calldata jobTerms) external {
        // Check
        (bytes32 lease, Job storage job) = _jobIn(State.None, State.Begun, terms);
        _checkTenant(terms, lease);
        _checkTerms(terms, jobTerms, lease);
        // Effect, interaction
        bool begun = job.state == State.Begun;
        _end(terms, job, begun ? jobTerms.cancelFee : 0, Reason.CLOSED_BY_TENANT, false);
        if (begun) _giveBack(terms, jobTerms.verifyFee);
    }

    /// @inheritdoc IJobs
    function accept(Terms calldata terms, JobTerms calldata jobTerms, address[] calldata validators) external {
        // Check
        (bytes32 lease, Job storage job) = _jobOf(terms);
        State state = job.state;
        if (state < State.Submitted || state == State.Ended) revert WrongJobState(lease, state);
        _checkTenant(terms, lease);
        _checkTerms(terms, jobTerms, lease);
        bool drawn = state == State.Drawn || state == State.Redrawn;
        if (drawn) _checkValidators(job, lease, validators);
        else if (validators.length != 0) revert WrongValidators(lease);
        // Effect, interaction
        _end(terms, job, type(uint256).max, Reason.JOB_ACCEPTED, false);
        _share(terms, _chargedOf(job, jobTerms), validators, type(uint256).max);
    }

    // Anyone

    /// @inheritdoc IJobs
    function split(Terms calldata terms, JobTerms calldata jobTerms) external {
        // Check
        (bytes32 lease, Job storage job) = _jobIn(State.Recalled, State.Redrawn, terms);
        _checkTerms(terms, jobTerms, lease);
        bool undrawn = job.state == State.Recalled;
        _checkFrom(lease, undrawn ? job.since + DRAW_SECONDS : _verdictUntil(job));
        // Effect, interaction
        uint16 bps = splitBps;
        emit JobSplit(lease, bps);
        _end(terms, job, ESCROW.heldOf(terms) * bps / BPS, Reason.JOB_EXPIRED, false);
        _giveBack(terms, _chargedOf(job, jobTerms));
    }

    /// @inheritdoc IJobs
    function expire(Terms calldata terms, JobTerms calldata jobTerms) external {
        // Check
        (bytes32 lease, Job storage job) = _jobOf(terms);
        State state = job.state;
        if (state > State.Submitted) revert WrongJobState(lease, state);
        _checkTerms(terms, jobTerms, lease);
        if (state == State.Submitted) _checkFrom(lease, job.since + DRAW_SECONDS);
        else if (state == State.Begun) _checkFrom(lease, _deadlineOf(terms, jobTerms));
        else _checkFrom(lease, _neverBegunFrom(terms, jobTerms));
        // Effect, interaction
        _end(terms, job, 0, Reason.JOB_EXPIRED, state == State.Begun);
        if (state != State.None) _giveBack(terms, jobTerms.verifyFee);
    }

    /// @dev From when the caller may end a job that was not begun. A stranger could otherwise end one whose inputs take long to
    /// arrive, though both sides want it.
    function _neverBegunFrom(Terms calldata terms, JobTerms calldata jobTerms) private view returns (uint40) {
        if (_isProvider(terms)) return 0;
        uint40 deadline = _deadlineOf(terms, jobTerms);
        uint40 window = terms.start + terms.startWindow;
        return msg.sender == terms.tenant && window < deadline ? window : deadline;
    }
}
