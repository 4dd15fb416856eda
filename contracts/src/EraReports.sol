// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ILeaseEscrow} from "./interfaces/ILeaseEscrow.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {ITrustSource} from "./interfaces/ITrustSource.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {ServedLeaf} from "./interfaces/Types.sol";
import {Consequences} from "./reports/Consequences.sol";
import {Disputes} from "./reports/Disputes.sol";
import {Leaves} from "./reports/Leaves.sol";
import {Reports} from "./reports/Reports.sol";
import {Rules} from "./reports/Rules.sol";

/// @title EraReports
/// @notice What other contracts ask of it stands here; the rest in `reports/`.
contract EraReports is Consequences, Disputes {
    constructor(
        address authority,
        address orderBook,
        IProviderRegistry registry,
        IStaking staking,
        ILeaseEscrow escrow,
        Timing memory timing_
    ) AccessManaged(authority) Rules(registry, staking, escrow, timing_) Reports(orderBook) {}

    /// @inheritdoc IVerifier
    function verifyServed(bytes32 lease, ServedLeaf calldata leaf, bytes32[] calldata proof)
        external
        view
        returns (uint40 coveredUntil)
    {
        return verifyLeaf(leaf.era, Leaves.lease(lease, leaf.served), proof);
    }

    /// @inheritdoc IVerifier
    function verifyServedMany(
        bytes32[] calldata leases,
        uint64 era,
        uint40[] calldata served,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) external view returns (uint40 coveredUntil) {
        if (leases.length != served.length) revert LengthMismatch(leases.length, served.length);
        bytes32 root;
        (root, coveredUntil) = _effective(era);
        bytes32[] memory leaves = new bytes32[](leases.length);
        for (uint256 i = 0; i < leases.length; ++i) {
            leaves[i] = Leaves.lease(leases[i], served[i]);
        }
        // A multiproof of nothing would show that the root, given as its proof, is the root.
        if (leaves.length == 0) revert NoLeaf(era, 0);
        if (!MerkleProof.multiProofVerifyCalldata(proof, flags, root, leaves)) revert NoLeaf(era, leaves[0]);
    }

    /// @inheritdoc ITrustSource
    /// @param proof `abi.encode(uint64 era, uint16 score, uint256 rewards, uint256 slashed, bytes32[] proof)`
    function provenScore(uint64 provider, bytes calldata proof) external view returns (uint16 score, uint40 asOf) {
        uint64 era;
        uint256 rewards;
        uint256 slashed;
        bytes32[] memory path;
        (era, score, rewards, slashed, path) = abi.decode(proof, (uint64, uint16, uint256, uint256, bytes32[]));
        bytes32 root;
        (root, asOf) = _effective(era);
        bytes32 leaf = Leaves.provider(provider, score, rewards, slashed);
        if (!MerkleProof.verify(path, root, leaf)) revert NoLeaf(era, leaf);
    }
}
