// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Terms} from "./interfaces/Types.sol";

/// @title A lease's id
library LeaseId {
    /// @dev keccak256(abi.encode(terms)), hashed as the 21 words stand in calldata.
    function hash(Terms calldata terms) internal pure returns (bytes32 lease) {
        assembly ("memory-safe") {
            let words := mload(0x40)
            calldatacopy(words, terms, 0x2a0)
            lease := keccak256(words, 0x2a0)
        }
    }
}
