// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Money by the second
/// @notice Rates are smallest units per hour. A 128-bit rate times 40-bit seconds is below 2^168: nothing can overflow.
library Money {
    uint256 private constant HOUR = 3600;

    /// @dev What must be put down for so many seconds, rounded up.
    function holdUp(uint128 rate, uint40 numSeconds) internal pure returns (uint256) {
        unchecked {
            return (uint256(rate) * numSeconds + HOUR - 1) / HOUR; // below 2^169
        }
    }

    /// @dev What so many seconds earned, rounded down.
    function owedDown(uint128 rate, uint40 numSeconds) internal pure returns (uint256) {
        unchecked {
            return uint256(rate) * numSeconds / HOUR; // below 2^168
        }
    }
}
