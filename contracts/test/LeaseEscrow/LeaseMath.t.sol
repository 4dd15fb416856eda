// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Money} from "../../src/Money.sol";
import {LeaseMath} from "../../src/escrow/LeaseMath.sol";
import {LeaseSlot, LeaseSlots} from "../../src/escrow/LeaseSlot.sol";
import {LeaseState} from "../../src/interfaces/Types.sol";
import {Test} from "../utils/Test.sol";

contract LeaseMathTest is Test {
    using LeaseMath for LeaseSlot;

    function slotOf(LeaseState memory s) private pure returns (LeaseSlot slot) {
        slot =
            LeaseSlots.opened(s.settledUntil, s.end, s.byTime).withClosedAt(s.closedAt).withSecondsPaid(s.secondsPaid);
        if (s.released) slot = slot.withReleased();
        if (s.resolved) slot = slot.withResolved();
    }

    /// @dev Any state that the escrow can reach: start <= settledTo <= stop <= end.
    function reachable(uint40 start, LeaseState memory s) private pure returns (uint40 start_, LeaseSlot slot) {
        start_ = uint40(bound(start, 1, type(uint40).max / 2));
        s.end = uint40(bound(s.end, start_, type(uint40).max));
        if (s.closedAt != 0) s.closedAt = uint40(bound(s.closedAt, start_, s.end));
        uint40 stop = s.closedAt == 0 ? s.end : s.closedAt;
        s.settledUntil = uint40(bound(s.settledUntil, start_, stop));
        s.secondsPaid = uint40(bound(s.secondsPaid, 0, (s.byTime ? s.settledUntil : stop) - start_));
        slot = slotOf(s);
    }

    function testFuzz_slot_KeepsEveryMember(LeaseState memory s, LeaseState memory other) external pure {
        LeaseSlot slot = slotOf(s);
        assertEq(keccak256(abi.encode(slot.unpack())), keccak256(abi.encode(s)));
        slot = slot.withEnd(other.end).withSettledUntil(other.settledUntil).withByTime();
        (s.end, s.settledUntil, s.byTime) = (other.end, other.settledUntil, true);
        assertEq(keccak256(abi.encode(slot.unpack())), keccak256(abi.encode(s)), "and no other");
    }

    function testFuzz_stopOf_NeverAfterTheEnd(uint40 start, LeaseState memory s) external pure {
        LeaseSlot slot;
        (start, slot) = reachable(start, s);
        assertEq(slot.stopOf(), s.closedAt == 0 ? s.end : s.closedAt);
        assertLe(slot.stopOf(), slot.end());
        assertLe(slot.settledTo(start), slot.stopOf());
        assertGe(slot.settledTo(start), start);
    }

    function testFuzz_money_RoundsForTheEscrow(uint128 rate, uint40 all, uint40 part) external pure {
        part = uint40(bound(part, 0, all));
        uint256 exact = uint256(rate) * all;
        assertGe(Money.holdUp(rate, all) * 3600, exact);
        assertLt(Money.holdUp(rate, all) * 3600, exact + 3600);
        assertLe(Money.owedDown(rate, all) * 3600, exact);
        assertGt(Money.owedDown(rate, all) * 3600 + 3600, exact);
        assertGe(Money.holdUp(rate, all), Money.owedDown(rate, part), "what is held covers what is owed");
        assertGe(Money.holdUp(rate, all), Money.holdUp(rate, part));
    }

    function test_money_RoundsBetweenWholeUnits() external pure {
        assertEq(Money.holdUp(3600, 1), 1);
        assertEq(Money.holdUp(3601, 1), 2, "the least above a unit is held as another");
        assertEq(Money.holdUp(1, 1), 1);
        assertEq(Money.owedDown(3599, 1), 0, "the most below a unit is not owed yet");
        assertEq(Money.owedDown(3600, 1), 1);
        assertEq(Money.owedDown(7199, 1), 1);
    }

    function testFuzz_held_CoversWhatMayStillBePaid(uint128 rate, uint40 start, LeaseState memory s) external pure {
        LeaseSlot slot;
        (start, slot) = reachable(start, s);
        uint256 most = Money.owedDown(rate, slot.stopOf() - start) - Money.owedDown(rate, s.secondsPaid);
        assertGe(slot.held(rate, start), most);
        assertLe(slot.held(rate, start), most + 1);
    }

    function testFuzz_secondsServed_NeverFallsNorPassesWhatIsCovered(
        uint40 start,
        LeaseState memory s,
        uint40 served,
        uint40 covered
    ) external pure {
        LeaseSlot slot;
        s.byTime = false;
        (start, slot) = reachable(start, s);
        uint40 paid = slot.secondsServed(start, served, covered);
        assertGe(paid, s.secondsPaid);
        assertLe(paid, slot.stopOf() - start);
        if (paid > s.secondsPaid) {
            assertLe(paid, served);
            assertLe(start + paid, covered);
            assertTrue(paid == served || start + paid == covered || start + paid == slot.stopOf(), "and no less");
        }
    }

    function testFuzz_reach(uint40 start, LeaseState memory s, uint32 maxSilence, uint40 now_) external pure {
        LeaseSlot slot;
        s.byTime = true;
        (start, slot) = reachable(start, s);
        now_ = uint40(bound(now_, s.settledUntil, type(uint40).max));
        (uint40 from, uint40 to) = slot.reach(slot.stopOf(), maxSilence, now_);
        assertLe(s.settledUntil, from);
        assertLe(from, to);
        assertEq(to, now_ < slot.stopOf() ? now_ : slot.stopOf());
        if (maxSilence == 0) assertEq(from, s.settledUntil);
        else assertLe(to - from, maxSilence);
        assertLe(s.secondsPaid + (to - from), to - start, "never more than went by");
    }
}
