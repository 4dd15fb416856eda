// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ServedLeaf} from "./Types.sol";

/// @title What {ILeaseEscrow} asks of the verifier that a lease's terms name
/// @notice Answers are about effective reports only: agreed by quorum and past their activation delay. All are views.
interface IVerifier {
    /// @notice Checks that an effective report says `lease` was served `leaf.served` seconds since its start.
    /// @return coveredUntil the moment that report's era covers, Unix seconds. Reverts if there is no such leaf.
    function verifyServed(bytes32 lease, ServedLeaf calldata leaf, bytes32[] calldata proof)
        external
        view
        returns (uint40 coveredUntil);

    /// @notice Checks several leaves of one report with one multiproof; `served[i]` belongs to `leases[i]`.
    /// @return coveredUntil the moment that report's era covers. Reverts if any leaf is not in it.
    function verifyServedMany(
        bytes32[] calldata leases,
        uint64 era,
        uint40[] calldata served,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) external view returns (uint40 coveredUntil);

    /// @notice `coveredUntil` of the last effective report; 0 if there is none yet.
    function lastCoveredUntil() external view returns (uint40);

    /// @notice Whether no report has become effective for so long that leases may be settled by time.
    function fallbackOpen() external view returns (bool);
}
