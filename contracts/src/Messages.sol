// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title EIP-712 struct hashes of the signed messages
library Messages {
    bytes32 internal constant OPERATOR_ACCEPTANCE_TYPEHASH =
        keccak256("OperatorAcceptance(address owner,address operator,uint40 expiry)");

    function hashOperatorAcceptance(address owner, address operator, uint40 expiry) internal pure returns (bytes32) {
        return keccak256(abi.encode(OPERATOR_ACCEPTANCE_TYPEHASH, owner, operator, expiry));
    }
}
