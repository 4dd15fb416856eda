// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Hashes of a report's leaves
/// @notice Hashed twice, so that no pair of inner hashes can pass for a leaf.
library Leaves {
    uint256 private constant LEASE = 1;
    uint256 private constant CREDIT = 2;
    uint256 private constant PROVIDER = 3;
    uint256 private constant MONITOR = 4;
    uint256 private constant MONITOR_SLASH = 5;
    uint256 private constant DISPUTE = 6;

    /// @dev The only one that comes in batches, so it leaves no words behind in memory.
    function lease(bytes32 id, uint40 served) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, LEASE)
            mstore(add(words, 0x20), id)
            mstore(add(words, 0x40), served)
            mstore(0, keccak256(words, 0x60))
            hash := keccak256(0, 0x20)
        }
    }

    function credit(bytes32 lease_, uint64 provider_, address tenant, uint256 amount) internal pure returns (bytes32) {
        return _twice(abi.encode(CREDIT, lease_, provider_, tenant, amount));
    }

    function provider(uint64 id, uint16 score, uint256 rewards, uint256 slashed) internal pure returns (bytes32) {
        return _twice(abi.encode(PROVIDER, id, score, rewards, slashed));
    }

    function monitor(address key, address asset, uint256 rewards) internal pure returns (bytes32) {
        return _twice(abi.encode(MONITOR, key, asset, rewards));
    }

    function monitorSlash(address key, uint256 slashed) internal pure returns (bytes32) {
        return _twice(abi.encode(MONITOR_SLASH, key, slashed));
    }

    function dispute(uint64 id, bool upheld) internal pure returns (bytes32) {
        return _twice(abi.encode(DISPUTE, id, upheld));
    }

    function _twice(bytes memory words) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, keccak256(add(words, 0x20), mload(words)))
            hash := keccak256(0, 0x20)
        }
    }
}
