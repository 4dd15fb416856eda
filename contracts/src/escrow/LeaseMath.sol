// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Money} from "../Money.sol";
import {LeaseSlot} from "./LeaseSlot.sol";

/// @title The decisions about a lease's time and money
/// @notice Pure: no storage, no clock. All times are Unix seconds. In every state that the escrow can reach
/// `start <= settledTo <= stop <= end`, so no difference below can underflow.
library LeaseMath {
    /// @dev When the lease ends or ended: paid until then, unless it was ended early, which only ever makes it sooner.
    function stopOf(LeaseSlot slot) internal pure returns (uint40) {
        uint40 closedAt = slot.closedAt();
        return closedAt == 0 ? slot.end() : closedAt;
    }

    /// @dev No second before this can still be paid: the earliest moment that the lease may be made to end.
    function settledTo(LeaseSlot slot, uint40 start) internal pure returns (uint40) {
        unchecked {
            return later(start + slot.secondsPaid(), slot.settledUntil()); // start + secondsPaid <= end
        }
    }

    /// @dev What an unresolved lease holds.
    function held(LeaseSlot slot, uint128 rate, uint40 start) internal pure returns (uint256) {
        return Money.holdUp(rate, stopOf(slot) - start) - Money.owedDown(rate, slot.secondsPaid());
    }

    /// @dev Cumulative seconds to be paid once a report says `served` and covers time until `covered`. Never falls.
    function secondsServed(LeaseSlot slot, uint40 start, uint40 served, uint40 covered) internal pure returns (uint40) {
        uint40 until = earlier(covered, stopOf(slot));
        uint40 provable = until > start ? until - start : 0;
        return later(earlier(served, provable), slot.secondsPaid());
    }

    /// @dev What one settlement by time pays at `now_`: the seconds from `from` to `to`. Those it skips are forfeited.
    /// @param stop the lease's @param maxSilence how far back from now it reaches; 0 no limit
    function reach(LeaseSlot slot, uint40 stop, uint32 maxSilence, uint40 now_)
        internal
        pure
        returns (uint40 from, uint40 to)
    {
        to = earlier(now_, stop);
        from = slot.settledUntil(); // neither after now nor after the stop
        if (maxSilence == 0 || maxSilence >= now_) return (from, to);
        unchecked {
            from = earlier(later(from, now_ - maxSilence), to); // maxSilence < now_
        }
    }

    function earlier(uint40 a, uint40 b) internal pure returns (uint40) {
        return a < b ? a : b;
    }

    function later(uint40 a, uint40 b) internal pure returns (uint40) {
        return a > b ? a : b;
    }
}
