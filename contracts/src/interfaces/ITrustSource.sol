// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What {IProviderRegistry} asks of the reports
interface ITrustSource {
    /// @notice Checks `proof` against an effective report and returns the provider's score in it.
    /// @param proof encoding of the source's own choice (a Merkle proof; empty for a scripted source)
    /// @return score 0 to 10,000 @return asOf the moment the report covers, Unix seconds. Reverts if the proof fails.
    function provenScore(uint64 provider, bytes calldata proof) external view returns (uint16 score, uint40 asOf);
}
