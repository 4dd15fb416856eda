// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Extend, Kind, LeaseState, Reason, ServedLeaf, Terms, Tier} from "../../src/interfaces/Types.sol";
import {ScriptedReports} from "../utils/ScriptedReports.sol";
import {AuctionActions} from "./AuctionActions.sol";

/// @title What happens to leases: payment in all its ways, and all the ways to end
abstract contract LeaseActions is AuctionActions {
    uint64 private _era;
    uint40 private _covered;

    // ------------------------------------------------------------------------------------------- settling

    /// @dev Reports say what they like: too much, less than before, about a time long past or yet to come.
    function settle(uint256 seed) external action("settle") {
        bytes32 lease = _anyLease(seed);
        if (lease == 0) return;
        ServedLeaf memory leaf = _report(seed, lease);
        _trySettle("settle", lease, leaf);
    }

    function settleMany(uint256 seed) external action("settleMany") {
        if (leaseIds.length == 0) return;
        bytes32[] memory chosen = _monitored(seed, 4);
        if (chosen.length == 0) return;
        Terms[] memory terms = new Terms[](chosen.length);
        uint40[] memory served = new uint40[](chosen.length);
        uint64 era = _newEra(seed);
        for (uint256 i = 0; i < chosen.length; i++) {
            terms[i] = entries[chosen[i]].terms;
            served[i] = _serve(seed, chosen[i], era);
            if (!entries[chosen[i]].byTime) _heard(chosen[i], served[i]);
        }
        escrow.settleMany(terms, era, served, new bytes32[](0), new bool[](0));
        _did("settleMany");
    }

    /// @dev Law 2: exactly the seconds since the last settlement, and no further back than the tenant agreed to.
    function settleByTime(uint256 seed) external action("settleByTime") {
        bytes32 lease = _anyLease(seed);
        if (lease == 0 || !escrow.leaseOf(lease).byTime) return;
        LeaseState memory before = escrow.leaseOf(lease);
        Terms memory terms = entries[lease].terms;
        uint40 expected = before.secondsPaid;
        if (!before.resolved) expected += _claimable(terms, before);
        vm.prank(_earnerOf(seed, terms));
        escrow.settleByTime(one(terms));
        assertEq(escrow.leaseOf(lease).secondsPaid, expected, "law 2: the seconds it may claim");
        _did("settleByTime");
    }

    function settleByFallback(uint256 seed) external action("settleByFallback") {
        bytes32 lease = _anyLease(seed);
        if (lease == 0) return;
        Terms memory terms = entries[lease].terms;
        ServedLeaf memory leaf = _report(seed, lease);
        LeaseState memory before = escrow.leaseOf(lease);
        ScriptedReports(reports).setFallback(true);
        vm.prank(_earnerOf(seed, terms));
        try escrow.settleByFallback(terms, leaf, new bytes32[](0)) {
            LeaseState memory state = escrow.leaseOf(lease);
            uint40 byLeaf = leaf.served < before.secondsPaid ? before.secondsPaid : leaf.served;
            uint40 dark = _covered < _now() ? _now() - _covered : 0;
            assertLe(
                state.secondsPaid, byLeaf + dark, "law 2: what no report covers is claimed by time, the rest is not"
            );
            assertEq(terms.maxSilence == 0 || state.secondsPaid <= byLeaf + terms.maxSilence, true);
            _heard(lease, leaf.served);
            _did("settleByFallback");
        } catch {
            _refused();
        }
        ScriptedReports(reports).setFallback(false);
        vm.getRecordedLogs();
    }

    // ------------------------------------------------------------------------------------------- ending

    /// @dev Nobody and nothing can keep a tenant from ending what it pays for.
    function close(uint256 seed) external action("close") {
        bytes32 lease = _anyLease(seed);
        if (lease == 0) return;
        Terms memory terms = entries[lease].terms;
        LeaseState memory before = escrow.leaseOf(lease);
        if (before.resolved || _now() >= _stopOf(before)) return;
        uint40 stop = terms.start + terms.minSeconds;
        if (stop < _now()) stop = _now();
        if (before.closedAt != 0 && stop >= before.closedAt) return;
        if (stop > before.end) stop = before.end;
        vm.prank(terms.tenant);
        escrow.close(terms);
        LeaseState memory state = escrow.leaseOf(lease);
        assertEq(_stopOf(state), stop, "now, or after the minimum");
        assertEq(state.released, before.released || stop == _now(), "capacity goes back with the lease");
        _did("close");
    }

    function abandon(uint256 seed) external action("abandon") {
        bytes32 lease = _anyLease(seed);
        if (lease == 0) return;
        Terms memory terms = entries[lease].terms;
        uint8 reason = uint8(_draw(seed, "reason", 4)) + Reason.INTERRUPTED;
        uint256 penalty = capacity.penaltyOf(terms.provider, terms.resource, terms.units, terms.tier);
        Slash memory s = _beforeSlash(staking.poolId(1, terms.provider), penalty);
        bytes32 pools_ = _worthOfPools();
        bool early = _now() <= terms.start + terms.startWindow;
        vm.prank(sellers[terms.provider - 1].owner); // ids count from 1, none is ever removed
        try escrow.abandon(terms, reason, keccak256("why")) {
            bool punished = reason == Reason.ABANDONED && !early;
            if (punished) _afterSlash(s, terms.tenant);
            else assertEq(_worthOfPools(), pools_, "no penalty but the stated one");
            assertTrue(reason != Reason.INTERRUPTED || terms.tier == Tier.INTERRUPTIBLE);
            assertTrue(early || (reason != Reason.NO_MANIFEST && reason != Reason.CANNOT_RUN));
            _did("abandon");
        } catch {
            _refused();
        }
    }

    function endByVerifier(uint256 seed) external action("endByVerifier") {
        bytes32 lease = _anyLease(seed);
        if (lease == 0 || _draw(seed, "rarely", 2) != 0) return;
        Terms memory terms = entries[lease].terms;
        uint40 endedAt = terms.start + uint40(_draw(seed, "at", _now() - terms.start + 10));
        LeaseState memory before = escrow.leaseOf(lease);
        try ScriptedReports(reports).end(escrow, terms, endedAt, Reason.ENDED_BY_MONITORS, keccak256("why")) {
            assertLe(endedAt, _now(), "not in the future");
            assertGe(endedAt, terms.start + before.secondsPaid, "nothing that was paid is taken back");
            assertEq(terms.verifier, reports, "only by the verifier in its terms");
            _did("endByVerifier");
        } catch {
            _refused();
        }
    }

    function extend(uint256 seed) external action("extend") {
        bytes32 lease = _anyLease(seed);
        if (lease == 0) return;
        Terms memory terms = entries[lease].terms;
        uint40 newEnd = escrow.leaseOf(lease).end + uint40(_draw(seed, "longer", 2 days));
        vm.prank(terms.tenant);
        try escrow.extend(terms, newEnd) {
            assertLe(newEnd, terms.latestEnd, "no further than agreed");
            _did("extend");
        } catch {
            _refused();
        }
    }

    function extendWithSignature(uint256 seed) external action("extendWithSignature") {
        bytes32 lease = _anyLease(seed);
        if (lease == 0) return;
        Terms memory terms = entries[lease].terms;
        uint40 newEnd = escrow.leaseOf(lease).end + uint40(_draw(seed, "longer", 2 days));
        uint40 latest = terms.start + uint40(_draw(seed, "latest", 20 days));
        uint96 most = uint96(terms.rate * _draw(seed, "most", 400));
        Extend memory permission = Extend(lease, latest, most, _now());
        bytes32 typeHash = keccak256("Extend(bytes32 lease,uint40 latestEnd,uint96 maxAmount,uint40 expiry)");
        bytes memory signed = signature(_keyOf(terms.tenant), digestOf(keccak256(abi.encode(typeHash, permission))));
        try escrow.extendWithSignature(terms, newEnd, permission, signed) {
            assertLe(newEnd, latest, "no further than signed");
            assertLe(_roundUp(uint256(terms.rate) * (newEnd - terms.start)), most, "no dearer than signed");
            _did("extendWithSignature");
        } catch {
            _refused();
        }
    }

    function release(uint256 seed) external action("release") {
        bytes32 lease = _anyLease(seed);
        if (lease == 0 || _now() < _stopOf(escrow.leaseOf(lease))) return;
        vm.prank(address(0xcafe));
        escrow.release(entries[lease].terms);
        assertTrue(escrow.leaseOf(lease).released, "law 4: what is over comes back");
        _did("release");
    }

    function finish(uint256 seed) external action("finish") {
        bytes32 lease = _anyLease(seed);
        for (uint256 i = 0; i < leaseIds.length; i++) {
            LeaseState memory other = escrow.leaseOf(leaseIds[i]);
            if (entries[leaseIds[i]].terms.kind != Kind.SERVICE) continue;
            if (!other.resolved && _now() >= _stopOf(other) + FINAL_GRACE) lease = leaseIds[i];
        }
        if (lease == 0) return;
        LeaseState memory state = escrow.leaseOf(lease);
        vm.prank(address(0xcafe));
        try escrow.finish(entries[lease].terms) {
            assertGe(_now(), _stopOf(state) + FINAL_GRACE, "the provider had its time");
            _did("finish");
        } catch {
            assertTrue(state.resolved || _now() < _stopOf(state) + FINAL_GRACE, "law 2: every lease can be finished");
            _refused();
        }
    }

    // ------------------------------------------------------------------------------------------- time

    function pass(uint256 seed) external action("pass") {
        uint256 scale = _draw(seed, "scale", 10);
        skip(
            scale < 5 ? _draw(seed, "t", 20 minutes) : scale < 8 ? _draw(seed, "t", 8 hours) : _draw(seed, "t", 15 days)
        );
        effects["pass"]++;
    }

    // ------------------------------------------------------------------------------------------- helpers

    function _trySettle(string memory name, bytes32 lease, ServedLeaf memory leaf) private {
        LeaseState memory before = escrow.leaseOf(lease);
        vm.prank(address(0xcafe));
        try escrow.settle(entries[lease].terms, leaf, new bytes32[](0)) {
            _heard(lease, leaf.served);
            _did(name);
        } catch {
            assertTrue(before.resolved || before.byTime, "a report's leaf is never refused, however its value fell");
            _refused();
        }
    }

    function _heard(bytes32 lease, uint40 served) private {
        if (served > entries[lease].served) entries[lease].served = served;
    }

    function _report(uint256 seed, bytes32 lease) private returns (ServedLeaf memory leaf) {
        leaf.era = _newEra(seed);
        leaf.served = _serve(seed, lease, leaf.era);
    }

    /// @dev A report of another era, usually about up to now, sometimes about earlier than the last or about the future.
    function _newEra(uint256 seed) private returns (uint64 era) {
        era = ++_era;
        uint256 how = _draw(seed, "covered", 6);
        if (how == 0) _covered = uint40(_now() - _draw(seed, "back", 1 days));
        else if (how == 1) _covered = uint40(_now() + _draw(seed, "ahead", 1 days));
        else _covered = uint40(_now() - _draw(seed, "back", 1 hours));
        ScriptedReports(reports).setEra(era, _covered);
    }

    function _serve(uint256 seed, bytes32 lease, uint64 era) private returns (uint40 served) {
        uint256 elapsed = _now() - entries[lease].terms.start;
        served = uint40(_draw(seed, "served", elapsed * 5 / 4 + 2));
        ScriptedReports(reports).setServed(lease, era, served);
    }

    function _monitored(uint256 seed, uint256 most) private view returns (bytes32[] memory chosen) {
        chosen = new bytes32[](most);
        uint256 count;
        for (uint256 i = 0; i < leaseIds.length && count < most; i++) {
            bytes32 lease = leaseIds[(_draw(seed, "lease", leaseIds.length) + i) % leaseIds.length];
            if (entries[lease].terms.uptimeBps != 0) chosen[count++] = lease;
        }
        assembly ("memory-safe") {
            mstore(chosen, count)
        }
    }

    function _earnerOf(uint256 seed, Terms memory terms) private view returns (address) {
        address operator = registry.viewOf(terms.provider).operator;
        return operator == address(0) || _draw(seed, "earner", 2) == 0 ? terms.payout : operator;
    }

    function _claimable(Terms memory terms, LeaseState memory state) private view returns (uint40) {
        uint40 to = _stopOf(state) < _now() ? _stopOf(state) : _now();
        uint40 from = state.settledUntil;
        if (terms.maxSilence != 0 && _now() - terms.maxSilence > from) from = _now() - terms.maxSilence;
        return to > from ? to - from : 0;
    }
}
