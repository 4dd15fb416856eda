// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEraReports} from "../interfaces/IEraReports.sol";
import {PoolKind, Report} from "../interfaces/Types.sol";
import {Leaves} from "./Leaves.sol";
import {Reports} from "./Reports.sol";

/// @title What stake pays for
/// @notice Leaves say what is owed since ever. What was asked once is never asked again, whether the pool could pay it or not.
abstract contract Consequences is Reports {
    /// @dev What is slashed for nobody is burnt.
    address private constant NOBODY = address(0);
    uint256 private constant WHOLE_TOKEN = 1e18;

    /// @inheritdoc IEraReports
    mapping(bytes32 lease => uint256 amount) public creditedOf;
    /// @inheritdoc IEraReports
    mapping(uint64 provider => uint256 amount) public slashedOfProvider;
    /// @inheritdoc IEraReports
    mapping(address monitor => uint256 amount) public slashedOfMonitor;

    /// @inheritdoc IEraReports
    function applyCredit(
        uint64 era,
        bytes32 lease,
        uint64 provider,
        address tenant,
        uint256 amount,
        bytes32[] calldata proof
    ) external returns (uint256 taken) {
        // Check
        verifyLeaf(era, Leaves.credit(lease, provider, tenant, amount), proof);
        uint256 before = creditedOf[lease];
        if (amount <= before) return 0;
        // Effect
        creditedOf[lease] = amount;
        // Interaction: only with our own staking
        taken = STAKING.slash(_poolOfProvider(provider), amount - before, tenant);
        emit CreditApplied(lease, provider, tenant, amount, taken);
    }

    /// @inheritdoc IEraReports
    function applyProviderSlash(
        uint64 era,
        uint64 provider,
        uint16 score,
        uint256 rewards,
        uint256 slashed,
        bytes32[] calldata proof
    ) external returns (uint256 taken) {
        // Check
        verifyLeaf(era, Leaves.provider(provider, score, rewards, slashed), proof);
        uint256 before = slashedOfProvider[provider];
        if (slashed <= before) return 0;
        // Effect
        slashedOfProvider[provider] = slashed;
        // Interaction: only with our own staking
        taken = STAKING.slash(_poolOfProvider(provider), slashed - before, NOBODY);
        emit ProviderSlashed(provider, slashed, taken);
    }

    /// @inheritdoc IEraReports
    function applyMonitorSlash(uint64 era, address monitor, uint256 slashed, bytes32[] calldata proof)
        external
        returns (uint256 taken)
    {
        // Check
        verifyLeaf(era, Leaves.monitorSlash(monitor, slashed), proof);
        uint256 before = slashedOfMonitor[monitor];
        if (slashed <= before) return 0;
        // Effect
        slashedOfMonitor[monitor] = slashed;
        // Interaction, effect: only with our own staking; the weight falls by what could be taken, rounded up
        taken = STAKING.slash(_poolOf(monitor), slashed - before, NOBODY);
        uint256 indexPlusOne = monitorIndex[monitor];
        if (indexPlusOne != 0) _reduce(indexPlusOne - 1, Math.ceilDiv(taken, WHOLE_TOKEN));
        emit MonitorSlashed(monitor, slashed, taken);
    }

    /// @inheritdoc IEraReports
    function slashEquivocation(Report calldata a, bytes calldata sa, Report calldata b, bytes calldata sb)
        external
        returns (uint256 taken)
    {
        // Check
        _checkContract(a.reports);
        _checkContract(b.reports);
        (bytes32 digestA, bytes32 digestB) = (hashReport(a), hashReport(b));
        bool same = a.era == b.era && a.attempt == b.attempt && a.round == b.round;
        address key = _recover(digestA, sa);
        if (!same || digestA == digestB || key == address(0) || _recover(digestB, sb) != key) revert NotEquivocation();
        if (isEjected(key)) revert Ejected(key);
        bool listed = monitorIndex[key] != 0;
        // Effect, interaction: only with our own staking
        uint256 weight = _eject(key);
        if (!listed && weight == 0) revert NotMonitor(key);
        taken = STAKING.slash(_poolOf(key), weight * WHOLE_TOKEN, NOBODY);
        emit Equivocated(key, a.era, taken);
    }

    function _poolOfProvider(uint64 provider) private pure returns (uint256) {
        return uint256(PoolKind.PROVIDER) << 160 | provider;
    }
}
