// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LeaseState} from "../interfaces/Types.sol";

/// @dev A {LeaseState} as it lies in its one storage slot: from the lowest bit end, closedAt, secondsPaid and settledUntil in
/// 40 bits each, then a bit each for released, byTime, resolved and job, and two that count a job's charges. A struct in memory would cost a batch of settlements a
/// thousand gas a lease for taking it apart and putting it together.
type LeaseSlot is uint256;

using LeaseSlots for LeaseSlot global;

/// @title Reading and changing a lease's slot
library LeaseSlots {
    uint256 private constant TIME = type(uint40).max;
    uint256 private constant CLOSED_AT = 40;
    uint256 private constant SECONDS_PAID = 80;
    uint256 private constant SETTLED_UNTIL = 120;
    uint256 private constant RELEASED = 1 << 160;
    uint256 private constant BY_TIME = 1 << 161;
    uint256 private constant RESOLVED = 1 << 162;
    uint256 private constant JOB = 1 << 163;
    uint256 private constant CHARGES = 164;

    /// @dev A new lease: nothing paid, nothing settled before its start.
    function opened(uint40 start, uint40 end_, bool byTime_) internal pure returns (LeaseSlot) {
        return LeaseSlot.wrap(end_ | uint256(start) << SETTLED_UNTIL | (byTime_ ? BY_TIME : 0));
    }

    function openedJob(uint40 start, uint40 end_) internal pure returns (LeaseSlot) {
        return LeaseSlot.wrap(end_ | uint256(start) << SETTLED_UNTIL | JOB);
    }

    function end(LeaseSlot slot) internal pure returns (uint40) {
        return uint40(LeaseSlot.unwrap(slot)); // its lowest 40 bits
    }

    function closedAt(LeaseSlot slot) internal pure returns (uint40) {
        return uint40(LeaseSlot.unwrap(slot) >> CLOSED_AT); // its 40 bits
    }

    function secondsPaid(LeaseSlot slot) internal pure returns (uint40) {
        return uint40(LeaseSlot.unwrap(slot) >> SECONDS_PAID); // its 40 bits
    }

    function settledUntil(LeaseSlot slot) internal pure returns (uint40) {
        return uint40(LeaseSlot.unwrap(slot) >> SETTLED_UNTIL); // its 40 bits
    }

    function released(LeaseSlot slot) internal pure returns (bool) {
        return LeaseSlot.unwrap(slot) & RELEASED != 0;
    }

    function byTime(LeaseSlot slot) internal pure returns (bool) {
        return LeaseSlot.unwrap(slot) & BY_TIME != 0;
    }

    function resolved(LeaseSlot slot) internal pure returns (bool) {
        return LeaseSlot.unwrap(slot) & RESOLVED != 0;
    }

    function isJob(LeaseSlot slot) internal pure returns (bool) {
        return LeaseSlot.unwrap(slot) & JOB != 0;
    }

    /// @dev How often a job's verify fee was taken.
    function charges(LeaseSlot slot) internal pure returns (uint256) {
        return LeaseSlot.unwrap(slot) >> CHARGES; // nothing is above them
    }

    function withEnd(LeaseSlot slot, uint40 end_) internal pure returns (LeaseSlot) {
        return _withTime(slot, 0, end_);
    }

    function withClosedAt(LeaseSlot slot, uint40 closedAt_) internal pure returns (LeaseSlot) {
        return _withTime(slot, CLOSED_AT, closedAt_);
    }

    function withSecondsPaid(LeaseSlot slot, uint40 secondsPaid_) internal pure returns (LeaseSlot) {
        return _withTime(slot, SECONDS_PAID, secondsPaid_);
    }

    function withSettledUntil(LeaseSlot slot, uint40 settledUntil_) internal pure returns (LeaseSlot) {
        return _withTime(slot, SETTLED_UNTIL, settledUntil_);
    }

    function withReleased(LeaseSlot slot) internal pure returns (LeaseSlot) {
        return LeaseSlot.wrap(LeaseSlot.unwrap(slot) | RELEASED);
    }

    function withByTime(LeaseSlot slot) internal pure returns (LeaseSlot) {
        return LeaseSlot.wrap(LeaseSlot.unwrap(slot) | BY_TIME);
    }

    function withResolved(LeaseSlot slot) internal pure returns (LeaseSlot) {
        return LeaseSlot.wrap(LeaseSlot.unwrap(slot) | RESOLVED);
    }

    /// @dev Two bits: not more than three times.
    function withCharge(LeaseSlot slot) internal pure returns (LeaseSlot) {
        return LeaseSlot.wrap(LeaseSlot.unwrap(slot) + (1 << CHARGES));
    }

    function unpack(LeaseSlot slot) internal pure returns (LeaseState memory) {
        return LeaseState({
            end: end(slot),
            closedAt: closedAt(slot),
            secondsPaid: secondsPaid(slot),
            settledUntil: settledUntil(slot),
            released: released(slot),
            byTime: byTime(slot),
            resolved: resolved(slot)
        });
    }

    function _withTime(LeaseSlot slot, uint256 shift, uint40 time) private pure returns (LeaseSlot) {
        return LeaseSlot.wrap(LeaseSlot.unwrap(slot) & ~(TIME << shift) | uint256(time) << shift);
    }
}
