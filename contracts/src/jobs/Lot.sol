// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Drawing by weight
/// @notice The algorithm stands in {IJobs}. Pure: who may be drawn is a weight above 0.
library Lot {
    /// @dev Takes those out of the lot whose keys are in `former`, if at least `wanted` are left without them.
    /// @param weights by index, changed in place; at most 256
    function leaveOut(
        address[] memory keys,
        uint256[] memory weights,
        address[] calldata former,
        uint256 wanted
    ) internal pure {
        if (former.length == 0) return;
        uint256 left = 0;
        uint256 drawn = 0; // bit i: the key of index i is in `former`
        for (uint256 i = 0; i < keys.length; ++i) {
            if (weights[i] == 0) continue;
            if (_contains(former, keys[i])) drawn |= 1 << i;
            else ++left;
        }
        if (left < wanted) return;
        for (uint256 i = 0; i < keys.length; ++i) {
            if (drawn >> i & 1 != 0) weights[i] = 0;
        }
    }

    /// @dev Draws `wanted`, or all that weigh anything if those are fewer. Uses `weights` up.
    /// @return drawn keys in the order they were drawn
    function draw(bytes32 seed, address[] memory keys, uint256[] memory weights, uint256 wanted)
        internal
        pure
        returns (address[] memory drawn)
    {
        (uint256 count, uint256 total) = (0, 0);
        for (uint256 i = 0; i < weights.length; ++i) {
            total += weights[i];
            if (weights[i] != 0) ++count;
        }
        if (count > wanted) count = wanted;
        drawn = new address[](count);
        for (uint256 k = 0; k < count; ++k) {
            uint256 left = uint256(keccak256(abi.encode(seed, k))) % total;
            uint256 i = 0;
            while (left >= weights[i]) left -= weights[i++];
            total -= weights[i];
            (drawn[k], weights[i]) = (keys[i], 0);
        }
    }

    function _contains(address[] calldata list, address key) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == key) return true;
        }
        return false;
    }
}
