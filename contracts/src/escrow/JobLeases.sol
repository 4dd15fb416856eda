// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {MarketDomain} from "../MarketDomain.sol";
import {Messages} from "../Messages.sol";
import {ILeaseEscrow} from "../interfaces/ILeaseEscrow.sol";
import {JobTerms, Reason, Terms} from "../interfaces/Types.sol";
import {LeaseMath} from "./LeaseMath.sol";
import {LeaseSlot} from "./LeaseSlot.sol";
import {Leases} from "./Leases.sol";

/// @title Leases that are jobs
/// @notice A job holds its whole price until its verifier resolves it, and its units as long: neither time nor reports touch it.
/// What the verifier can do is bounded by what the tenant signed: the price, and twice the verify fee.
abstract contract JobLeases is Leases, MarketDomain {
    using LeaseMath for LeaseSlot;

    /// @dev The fee, and a challenge's bond.
    uint256 private constant MOST_CHARGES = 2;

    /// @inheritdoc ILeaseEscrow
    mapping(address verifier => bool allowed) public isAllowedJobVerifier;

    /// @inheritdoc ILeaseEscrow
    function chargeJob(Terms calldata terms, JobTerms calldata jobTerms) external {
        // Check
        (bytes32 lease, LeaseSlot slot) = _loadJob(terms);
        bytes32 given = _digest(Messages.hashJobTerms(jobTerms));
        if (given != terms.jobTerms) revert JobTermsMismatch(lease, given, terms.jobTerms);
        if (slot.charges() == MOST_CHARGES) revert ChargedAlready(lease);
        // Effect
        _write(lease, slot.withCharge());
        uint256 amount = jobTerms.verifyFee;
        _debit(terms.tenant, terms.asset, amount);
        _credit(msg.sender, terms.asset, amount);
        emit JobCharged(lease, amount);
    }

    /// @inheritdoc ILeaseEscrow
    function resolveJob(Terms calldata terms, uint256 most, uint8 reason, bytes32 evidence, bool punish) external {
        // Check
        (bytes32 lease, LeaseSlot slot) = _loadJob(terms);
        if (reason < Reason.JOB_ACCEPTED && reason != Reason.CLOSED_BY_TENANT) revert InvalidReason(reason);
        // Effect
        uint256 held = slot.held(terms.rate, terms.start);
        uint256 paid = Math.min(most, held);
        if (paid != 0) _payJob(terms, lease, paid);
        uint256 refunded = held - paid;
        _credit(terms.tenant, terms.asset, refunded);
        emit LeaseEnded(lease, reason, _now(), refunded, evidence);
        emit LeaseResolved(lease, 0);
        // Effect, interaction
        _release(terms, lease, slot.withClosedAt(_now()).withResolved());
        // Interaction: not in a try, or else whoever sends too little gas could spare the provider
        if (punish) CAPACITY.penalise(terms.provider, terms.resource, terms.units, terms.tier, terms.tenant);
    }

    /// @inheritdoc ILeaseEscrow
    function setJobVerifier(address verifier, bool allowed) external restricted {
        isAllowedJobVerifier[verifier] = allowed;
        emit JobVerifierChanged(verifier, allowed);
    }

    function _loadJob(Terms calldata terms) private view returns (bytes32 lease, LeaseSlot slot) {
        (lease, slot) = _load(terms);
        if (!slot.isJob()) revert NotJob(lease);
        if (msg.sender != terms.verifier) revert NotVerifier(lease, msg.sender, terms.verifier);
        if (slot.resolved()) revert AlreadyResolved(lease);
    }

    function _payJob(Terms calldata terms, bytes32 lease, uint256 gross) private {
        uint256 fee = gross * feeBps / BPS;
        _credit(terms.payout, terms.asset, gross - fee);
        _credit(REWARD_WALLET, terms.asset, fee);
        emit LeaseSettled(lease, 0, gross - fee, fee);
    }
}
