// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {LeaseState, Reason, ServedLeaf, Terms} from "../../src/interfaces/Types.sol";
import {EscrowBase} from "./EscrowBase.sol";

/// @dev Whatever anybody does in whatever order: no unit is made or lost, time is never paid twice, and in the end every
/// lease can be finished, its money is all somebody's and its units are free.
contract EscrowConservationTest is EscrowBase {
    uint256 private constant STEPS = 40;
    uint256 private constant ACTIONS = 12;

    Terms[] private _terms;
    bytes32[] private _leases;
    uint40[] private _highestServed;
    uint256[ACTIONS] private _done;
    uint64 private _era;

    function testFuzz_everyUnitIsSomebodys(uint256 seed) external {
        _run(seed);
    }

    /// @dev One long run in which every action must have succeeded at least once, or the fuzz above proves little.
    function test_everyActionHappens() external {
        for (uint256 i = 0; i < 40; i++) {
            _run(uint256(keccak256(abi.encode(i))));
        }
        for (uint256 i = 0; i < ACTIONS; i++) {
            assertGt(_done[i], 0, vm.toString(i));
        }
    }

    function _run(uint256 seed) private {
        delete _terms;
        delete _leases;
        delete _highestServed;
        reports.setFallback(false);
        start = uint40(vm.getBlockTimestamp());
        escrow.setFee(uint16(seed % 201));
        for (uint256 i = 0; i < 3; i++) {
            _openRandom(uint256(keccak256(abi.encode(seed, "open", i))));
        }
        for (uint256 i = 0; i < STEPS; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip((seed >> 32) % 40 minutes);
            LeaseState[] memory before = _states();
            _step(seed);
            _checkLaws(before);
        }
        _finishAll();
    }

    function _openRandom(uint256 random) private {
        Terms memory terms = random % 2 == 0 ? byTimeTerms() : monitoredTerms();
        terms.rate = uint128(uint72(random >> 8));
        terms.tier = uint8((random >> 80) % 3);
        terms.minSeconds = uint32((random >> 90) % 1 hours);
        terms.startWindow = uint32((random >> 110) % 2 hours);
        if ((random >> 130) % 3 == 0) terms.maxSilence = uint32((random >> 140) % 2 hours);
        _leases.push(open(terms, uint32(1 + (random >> 160) % 12 hours)));
        _terms.push(terms);
        _highestServed.push(0);
    }

    function _step(uint256 random) private {
        uint256 which = (random >> 64) % _terms.length;
        (Terms memory terms, bytes32 lease) = (_terms[which], _leases[which]);
        uint256 action = random % ACTIONS;
        uint40 now_ = uint40(vm.getBlockTimestamp());
        ServedLeaf memory leaf = ServedLeaf(_era, 0);
        address caller = [tenant.addr, operator.addr, payout, stranger][(random >> 80) % 4];
        bytes memory data;
        if (action < 3 || action == 9) {
            // A report that may fall behind, gap, or run ahead of what is true.
            leaf = report(lease, ++_era, uint40((random >> 100) % 14 hours), start + uint40((random >> 120) % 16 hours));
            if (leaf.served > _highestServed[which]) _highestServed[which] = leaf.served;
        }
        if (action < 3) data = abi.encodeCall(escrow.settle, (terms, leaf, new bytes32[](0)));
        if (action == 3 || action == 4) data = abi.encodeCall(escrow.settleByTime, (one(terms)));
        if (action == 5) (caller, data) = (tenant.addr, abi.encodeCall(escrow.close, (terms)));
        if (action == 6) {
            uint8 reason = uint8(Reason.INTERRUPTED + (random >> 140) % 4);
            (caller, data) = (operator.addr, abi.encodeCall(escrow.abandon, (terms, reason, 0)));
        }
        if (action == 7) {
            uint40 endedAt = now_ - uint40((random >> 140) % 2 hours);
            data = abi.encodeCall(escrow.endByVerifier, (terms, endedAt, Reason.ENDED_BY_MONITORS, 0));
            caller = address(reports);
        }
        if (action == 8) {
            uint40 newEnd = now_ + uint40((random >> 140) % 14 hours);
            (caller, data) = (tenant.addr, abi.encodeCall(escrow.extend, (terms, newEnd)));
        }
        if (action == 9) {
            reports.setFallback(true);
            (caller, data) = (payout, abi.encodeCall(escrow.settleByFallback, (terms, leaf, new bytes32[](0))));
        }
        if (action == 10) {
            (caller, data) = (book, _replacement(terms, random));
        }
        if (action == 11) data = abi.encodeCall(escrow.release, (terms));
        vm.prank(caller);
        (bool ok,) = address(escrow).call(data);
        if (ok) _done[action]++;
        reports.setFallback(false);
    }

    function _replacement(Terms memory terms, uint256 random) private view returns (bytes memory) {
        uint32 handover = uint32((random >> 140) % 2 hours);
        return abi.encodeCall(escrow.replace, (terms, handover, random >> 200 & 1 == 0));
    }

    function _states() private view returns (LeaseState[] memory states) {
        states = new LeaseState[](_leases.length);
        for (uint256 i = 0; i < states.length; i++) {
            states[i] = escrow.leaseOf(_leases[i]);
        }
    }

    function _checkLaws(LeaseState[] memory before) private view {
        LeaseState[] memory states = _states();
        uint40 now_ = uint40(vm.getBlockTimestamp());
        uint256 held;
        for (uint256 i = 0; i < states.length; i++) {
            LeaseState memory s = states[i];
            held += escrow.heldOf(_terms[i]);
            uint40 stop = s.closedAt == 0 ? s.end : s.closedAt;
            assertGe(s.secondsPaid, before[i].secondsPaid, "seconds paid never fall");
            assertLe(s.secondsPaid, (now_ < stop ? now_ : stop) - start, "nor pass the time elapsed");
            if (!s.byTime) assertLe(s.secondsPaid, _highestServed[i], "nor what any report proved");
            if (before[i].resolved) {
                assertTrue(s.resolved && s.secondsPaid == before[i].secondsPaid, "resolved is for ever");
                assertEq(s.closedAt, before[i].closedAt);
            }
            assertTrue(s.released || !before[i].released, "units go back once");
        }
        assertEq(
            balance(tenant.addr) + balance(payout) + balance(rewardWallet) + held, MONEY, "no unit is made or lost"
        );
        assertEq(dollar.balanceOf(address(escrow)), MONEY);
    }

    function _finishAll() private {
        skip(30 days + FINAL_GRACE);
        for (uint256 i = 0; i < _terms.length; i++) {
            if (!escrow.leaseOf(_leases[i]).resolved) escrow.finish(_terms[i]);
            assertEq(escrow.heldOf(_terms[i]), 0);
        }
        assertEq(leased(), 0);
        assertEq(balance(tenant.addr) + balance(payout) + balance(rewardWallet), MONEY);
    }

    /// @dev Even the smallest amounts: a rate below one unit a second, and fees that round to nothing.
    function testFuzz_dust(uint16 rate, uint32 duration, uint32 first, uint16 fee) external {
        escrow.setFee(uint16(bound(fee, 0, 200)));
        Terms memory terms = byTimeTerms();
        (terms.rate, terms.payout) = (rate, payout);
        duration = uint32(bound(duration, 1, 30 days));
        open(terms, duration);
        skip(bound(first, 0, duration));
        settleByTime(terms);
        skip(duration);
        vm.prank(payout);
        try escrow.settleByTime(one(terms)) {} catch {}
        assertEq(balance(payout) + balance(rewardWallet), owed(rate, duration));
        assertEq(balance(tenant.addr), MONEY - owed(rate, duration));
        assertTrue(escrow.leaseOf(ILeaseEscrow(escrow).leaseIdOf(terms)).resolved);
    }
}
