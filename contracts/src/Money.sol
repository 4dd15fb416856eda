// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Money by the second
/// @notice Rates are smallest units per hour: a 128-bit rate times 40-bit seconds cannot overflow.
library Money {
    uint256 private constant HOUR = 3600;

    /// @dev What must be put down for so many seconds, rounded up.
    function holdUp(uint256 rate, uint256 numSeconds) internal pure returns (uint256) {
        return (rate * numSeconds + HOUR - 1) / HOUR;
    }

    /// @dev What so many seconds earned, rounded down.
    function owedDown(uint256 rate, uint256 numSeconds) internal pure returns (uint256) {
        return rate * numSeconds / HOUR;
    }
}
