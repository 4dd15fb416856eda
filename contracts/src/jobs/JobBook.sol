// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {LeaseId} from "../LeaseId.sol";
import {MarketDomain} from "../MarketDomain.sol";
import {Messages} from "../Messages.sol";
import {IEraReports} from "../interfaces/IEraReports.sol";
import {IJobs} from "../interfaces/IJobs.sol";
import {ILeaseEscrow} from "../interfaces/ILeaseEscrow.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {JobTerms, Terms, Verdict} from "../interfaces/Types.sol";

/// @title What all steps of a job share: its slots, who may act and when, and how it ends
abstract contract JobBook is IJobs, MarketDomain, AccessManaged {
    /// @dev A block's hash is known from the next one on, and which blocks follow a submission nobody knows at the time.
    uint40 internal constant BLOCKS_TO_ANCHOR = 2;
    uint16 internal constant BPS = 10_000;
    /// @dev Neither side can be made to lose nearly all.
    uint16 private constant LEAST_SPLIT_BPS = 2_500;
    uint16 private constant MOST_SPLIT_BPS = 7_500;

    IProviderRegistry internal immutable REGISTRY;
    ILeaseEscrow internal immutable ESCROW;
    IEraReports internal immutable REPORTS;
    uint32 internal immutable CHALLENGE_SECONDS;
    uint32 internal immutable DRAW_SECONDS;
    uint32 internal immutable VERDICT_SECONDS;

    /// @inheritdoc IJobs
    uint16 public splitBps = 5_000;

    mapping(bytes32 lease => Job) internal _jobs;

    constructor(IProviderRegistry registry, ILeaseEscrow escrow, IEraReports reports, Timing memory timing_) {
        bool valid = timing_.challengeSeconds != 0 && timing_.drawSeconds != 0 && timing_.verdictSeconds != 0;
        if (!valid) revert InvalidJobTiming(timing_);
        REGISTRY = registry;
        ESCROW = escrow;
        REPORTS = reports;
        CHALLENGE_SECONDS = timing_.challengeSeconds;
        DRAW_SECONDS = timing_.drawSeconds;
        VERDICT_SECONDS = timing_.verdictSeconds;
    }

    // Governance

    /// @inheritdoc IJobs
    function setSplit(uint16 splitBps_) external restricted {
        if (splitBps_ < LEAST_SPLIT_BPS || splitBps_ > MOST_SPLIT_BPS) {
            revert SplitOutOfBounds(splitBps_, LEAST_SPLIT_BPS, MOST_SPLIT_BPS);
        }
        splitBps = splitBps_;
        emit SplitChanged(splitBps_);
    }

    // Views

    /// @inheritdoc IJobs
    function jobOf(bytes32 lease) external view returns (Job memory) {
        return _jobs[lease];
    }

    /// @inheritdoc IJobs
    function timing() external view returns (Timing memory) {
        return Timing(CHALLENGE_SECONDS, DRAW_SECONDS, VERDICT_SECONDS);
    }

    /// @inheritdoc IJobs
    function hashVerdict(Verdict calldata verdict) external view returns (bytes32) {
        return _digest(Messages.hashVerdict(verdict));
    }

    /// @inheritdoc IJobs
    function hashJobTerms(JobTerms calldata jobTerms) public view returns (bytes32) {
        return _digest(Messages.hashJobTerms(jobTerms));
    }

    // Checks

    function _jobOf(Terms calldata terms) internal view returns (bytes32 lease, Job storage job) {
        lease = LeaseId.hash(terms);
        job = _jobs[lease];
    }

    /// @dev A job in this state. A lease whose job was begun names this contract, or else the escrow had not let it charge.
    function _jobIn(State state, Terms calldata terms) internal view returns (bytes32 lease, Job storage job) {
        return _jobIn(state, state, terms);
    }

    /// @dev A job in either state.
    function _jobIn(State a, State b, Terms calldata terms) internal view returns (bytes32 lease, Job storage job) {
        (lease, job) = _jobOf(terms);
        State state = job.state;
        if (state != a && state != b) revert WrongJobState(lease, state);
    }

    function _checkTerms(Terms calldata terms, JobTerms calldata jobTerms, bytes32 lease) internal view {
        bytes32 given = hashJobTerms(jobTerms);
        if (given != terms.jobTerms) revert WrongJobTerms(lease, given, terms.jobTerms);
    }

    function _checkProvider(Terms calldata terms, bytes32 lease) internal view {
        if (!_isProvider(terms)) revert NotJobProvider(lease, msg.sender);
    }

    function _isProvider(Terms calldata terms) internal view returns (bool) {
        return REGISTRY.isOwnerOrOperator(terms.provider, msg.sender);
    }

    function _checkTenant(Terms calldata terms, bytes32 lease) internal view {
        if (msg.sender != terms.tenant) revert NotJobTenant(lease, msg.sender, terms.tenant);
    }

    function _checkBefore(bytes32 lease, uint40 until) internal view {
        if (_now() >= until) revert TooLate(lease, until, _now());
    }

    function _checkFrom(bytes32 lease, uint40 from) internal view {
        if (_now() < from) revert TooEarly(lease, from, _now());
    }

    function _checkValidators(Job storage job, bytes32 lease, address[] calldata validators) internal view {
        if (_hashOf(validators) != job.drawn) revert WrongValidators(lease);
    }

    // Decisions

    function _deadlineOf(Terms calldata terms, JobTerms calldata jobTerms) internal pure returns (uint40) {
        return terms.start + jobTerms.deadlineSeconds;
    }

    /// @dev 152 bits of a hash that nobody can choose: who wanted other keys would have to try 2^152 lists.
    function _hashOf(address[] memory keys) internal pure returns (bytes19) {
        return bytes19(keccak256(abi.encodePacked(keys)));
    }

    // Effects

    /// @dev Enters a state in which validators are to be drawn.
    function _anchor(Job storage job) internal returns (uint40 anchor) {
        anchor = uint40(block.number) + BLOCKS_TO_ANCHOR; // below 2^40 for 3,000 years of ten blocks a second
        job.anchor = anchor;
    }

    /// @dev Ends the job. @param most of its price for the provider
    function _end(Terms calldata terms, Job storage job, uint256 most, uint8 reason, bool punish) internal {
        // Effect
        bytes32 evidence = job.commitment;
        job.state = State.Ended;
        if (evidence != 0) job.commitment = 0;
        // Interaction: only with our own escrow, which calls nobody else's code
        ESCROW.resolveJob(terms, most, reason, evidence, punish);
    }

    /// @dev What the tenant was charged so far: the fee, and the bond of a challenge.
    function _chargedOf(Job storage job, JobTerms calldata jobTerms) internal view returns (uint256) {
        return job.challenged ? 2 * uint256(jobTerms.verifyFee) : jobTerms.verifyFee;
    }

    /// @dev Divides `amount` by the number of validators and gives each that signed its part, the tenant the rest.
    /// @param signers bit i: the i-th of them signed
    function _share(Terms calldata terms, uint256 amount, address[] calldata validators, uint256 signers) internal {
        if (amount == 0) return;
        uint256 part = validators.length == 0 ? 0 : amount / validators.length;
        for (uint256 i = 0; i < validators.length && part != 0; ++i) {
            if (signers >> i & 1 == 0) continue;
            amount -= part;
            ESCROW.give(validators[i], terms.asset, part);
        }
        _giveBack(terms, amount);
    }

    function _giveBack(Terms calldata terms, uint256 amount) internal {
        if (amount != 0) ESCROW.give(terms.tenant, terms.asset, amount);
    }

    function _now() internal view returns (uint40) {
        return uint40(block.timestamp); // below 2^40 until the year 36,812
    }
}
