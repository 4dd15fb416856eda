// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle trees as monitors build them
/// @notice Node `i` has the children `2i + 1` and `2i + 2`; leaf `i` of `n` is node `2n - 2 - i`. Pairs are hashed in sorted
/// order. Of leaves that a multiproof shows the indices must rise.
library Merkle {
    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        return _nodes(leaves)[0];
    }

    function proofOf(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory proof) {
        bytes32[] memory nodes = _nodes(leaves);
        uint256 node = nodes.length - 1 - index;
        proof = new bytes32[](64);
        uint256 length = 0;
        for (; node != 0; node = (node - 1) / 2) {
            proof[length++] = nodes[_sibling(node)];
        }
        assembly ("memory-safe") {
            mstore(proof, length)
        }
    }

    function multiproofOf(bytes32[] memory leaves, uint256[] memory indices)
        internal
        pure
        returns (bytes32[] memory proof, bool[] memory flags)
    {
        bytes32[] memory nodes = _nodes(leaves);
        uint256[] memory queue = new uint256[](indices.length * 64);
        (uint256 head, uint256 tail, uint256 hashes, uint256 length) = (0, 0, 0, 0);
        for (; tail < indices.length; tail++) {
            queue[tail] = nodes.length - 1 - indices[tail];
        }
        proof = new bytes32[](indices.length * 64);
        flags = new bool[](indices.length * 64);
        while (head < tail && queue[head] != 0) {
            uint256 node = queue[head++];
            if (head < tail && queue[head] == _sibling(node)) {
                flags[hashes] = true;
                head++;
            } else {
                proof[length++] = nodes[_sibling(node)];
            }
            hashes++;
            queue[tail++] = (node - 1) / 2;
        }
        assembly ("memory-safe") {
            mstore(proof, length)
            mstore(flags, hashes)
        }
    }

    function _nodes(bytes32[] memory leaves) private pure returns (bytes32[] memory nodes) {
        uint256 size = leaves.length;
        nodes = new bytes32[](2 * size - 1);
        for (uint256 i = 0; i < size; i++) {
            nodes[2 * size - 2 - i] = leaves[i];
        }
        for (uint256 i = size - 1; i > 0; i--) {
            (bytes32 a, bytes32 b) = (nodes[2 * i - 1], nodes[2 * i]);
            nodes[i - 1] = a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
        }
    }

    function _sibling(uint256 node) private pure returns (uint256) {
        return node % 2 == 0 ? node - 1 : node + 1;
    }
}
