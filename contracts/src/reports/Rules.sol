// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IEraReports} from "../interfaces/IEraReports.sol";
import {ILeaseEscrow} from "../interfaces/ILeaseEscrow.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {IStaking} from "../interfaces/IStaking.sol";

/// @title What is fixed at deployment, and what governance sets
abstract contract Rules is IEraReports, AccessManaged {
    uint16 internal constant BPS = 10_000;
    /// @dev Whole tokens. Governance may keep new monitors small in number, but not away: nobody is asked for a fortune.
    uint32 private constant MOST_MIN_WEIGHT = 1_000_000;
    /// @dev A dearer dispute would be none.
    uint96 private constant MOST_DISPUTE_BOND = 10_000e18;

    IProviderRegistry internal immutable REGISTRY;
    IStaking internal immutable STAKING;
    ILeaseEscrow internal immutable ESCROW;
    uint32 internal immutable ERA_SECONDS;
    uint32 internal immutable ACTIVATION_DELAY;
    uint16 internal immutable LIVENESS_ERAS;
    uint8 internal immutable MAX_VETOES;

    /// @inheritdoc IEraReports
    uint40 public immutable genesis;

    Policy private _policy;

    constructor(IProviderRegistry registry, IStaking staking, ILeaseEscrow escrow, Timing memory timing_) {
        _checkTiming(staking, escrow, timing_);
        REGISTRY = registry;
        STAKING = staking;
        ESCROW = escrow;
        ERA_SECONDS = timing_.eraSeconds;
        ACTIVATION_DELAY = timing_.activationDelay;
        LIVENESS_ERAS = timing_.livenessEras;
        MAX_VETOES = timing_.maxVetoes;
        genesis = _now();
        _setPolicy(Policy({minWeight: 100, creditBps: 1_000, disputeBond: 100e18}));
    }

    /// @inheritdoc IEraReports
    function setPolicy(Policy calldata policy_) external restricted {
        _setPolicy(policy_);
    }

    /// @inheritdoc IEraReports
    function policy() public view returns (Policy memory) {
        return _policy;
    }

    /// @inheritdoc IEraReports
    function timing() external view returns (Timing memory) {
        return Timing(ERA_SECONDS, ACTIVATION_DELAY, LIVENESS_ERAS, MAX_VETOES);
    }

    /// @inheritdoc IEraReports
    function clockEra() public view returns (uint256) {
        return (block.timestamp - genesis) / ERA_SECONDS;
    }

    function _now() internal view returns (uint40) {
        return uint40(block.timestamp); // seconds fit 40 bits for 34,000 years
    }

    function _setPolicy(Policy memory policy_) private {
        bool valid = policy_.minWeight != 0 && policy_.minWeight <= MOST_MIN_WEIGHT && policy_.creditBps <= BPS
            && policy_.disputeBond != 0 && policy_.disputeBond <= MOST_DISPUTE_BOND;
        if (!valid) revert InvalidPolicy(policy_);
        _policy = policy_;
        emit PolicyChanged(policy_);
    }

    /// @dev Each attempt costs at most one more round of what it delays, and the activation delay. What happens right after the end
    /// of one era is judged by the next one's report, and that is made once the one before is effective: so all attempts of two
    /// eras. Stake must stay slashable until then, and money unfinished.
    function _checkTiming(IStaking staking, ILeaseEscrow escrow, Timing memory t) private view {
        if (t.eraSeconds == 0 || t.livenessEras == 0) revert InvalidTiming(t);
        uint256 rounds = 2 * (uint256(t.maxVetoes) + 1);
        uint256 leastUnbonding = rounds * (uint256(t.eraSeconds) + t.activationDelay);
        uint32 unbonding = staking.LEAST_UNBONDING_DELAY();
        if (unbonding < leastUnbonding) revert UnbondingDelayTooShort(unbonding, leastUnbonding);
        uint256 leastGrace = rounds * (uint256(t.livenessEras) * t.eraSeconds + t.activationDelay);
        uint32 grace = escrow.finalGrace();
        if (grace < leastGrace) revert FinalGraceTooShort(grace, leastGrace);
    }
}
