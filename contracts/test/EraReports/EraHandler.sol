// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEraReports} from "../../src/interfaces/IEraReports.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {LeaseEnd, LeaseState, Report, ServedLeaf, Terms} from "../../src/interfaces/Types.sol";
import {Merkle} from "../utils/Merkle.sol";
import {EraBooks} from "./EraBooks.sol";

/// @title Monitors, governance, a provider and a tenant, acting at random
/// @notice Its external functions of one `uint256` are the actions. Monitors say whatever comes to their mind: figures fall,
/// gap and resume, leaves are missing or come late.
abstract contract EraHandler is EraBooks {
    // ------------------------------------------------------------------------------------------- monitors

    function join(uint256 seed) external action("join") {
        Account memory actor = actors[draw(seed, "who", ACTORS)];
        uint32 weight = uint32(draw(seed, "weight", 4_000));
        bool listed = reports.monitorIndex(actor.addr) != 0;
        bool able = weight >= reports.policy().minWeight && uint256(weight) * 1e18 <= _free(actor.addr);
        vm.prank(actor.addr);
        try reports.join(weight, publicKey(), "") returns (uint8 index) {
            assertTrue(able && !listed && !weights[actor.addr].ejected, "who may join");
            assertEq(reports.monitorAt(index).key, actor.addr);
            willWeigh(actor.addr, weight);
            effects["join"]++;
        } catch {
            assertFalse(able && !listed && !weights[actor.addr].ejected, "who may not join");
        }
    }

    function setWeight(uint256 seed) external action("setWeight") {
        address key = _listed(seed);
        if (key == address(0)) return;
        uint32 weight = draw(seed, "leave", 5) == 0 ? 0 : uint32(draw(seed, "weight", 6_000));
        if (weight != 0 && weight < reports.policy().minWeight) return;
        uint256 most = _free(key) + lockedOf(key);
        vm.prank(key);
        try reports.setWeight(weight) {
            willWeigh(key, weight);
            effects["setWeight"]++;
        } catch {
            assertGt(uint256(weight) * 1e18, most, "only stake is missing");
        }
    }

    function unlock(uint256 seed) external action("unlock") {
        uint256 index = draw(seed, "index", ACTORS + 1);
        IEraReports.Monitor memory m = reports.monitorAt(index);
        address key = m.key;
        bool waits = weighs(key) != weights[key].next || (m.nextWeight == 0 && reports.clockEra() < m.nextFrom);
        vm.prank(stranger);
        try reports.unlock(uint8(index)) {
            assertTrue(key != address(0) && !waits, "what counts stays locked");
            weights[key].locked = weighs(key);
            effects["unlock"]++;
        } catch {
            assertTrue(key == address(0) || waits, "law 8: what no longer counts can be unlocked");
        }
    }

    function stake(uint256 seed) external action("stake") {
        address key = actors[draw(seed, "who", ACTORS)].addr;
        address staker = draw(seed, "delegate", 2) == 0 ? key : stranger;
        stakeFor(staker, poolOf(key), draw(seed, "amount", 2_000e18) + 1);
        effects["stake"]++;
    }

    function unstake(uint256 seed) external action("unstake") {
        address key = actors[draw(seed, "who", ACTORS)].addr;
        address staker = draw(seed, "delegate", 2) == 0 ? key : stranger;
        uint256 shares = staking.sharesOf(poolOf(key), staker);
        if (shares == 0) return;
        vm.prank(staker);
        try staking.unstake(poolOf(key), draw(seed, "shares", shares) + 1) {
            assertGe(staking.bondedOf(poolOf(key)) + 1, lockedOf(key), "law 8: what weighs stays");
            effects["unstake"]++;
        } catch {}
    }

    // ------------------------------------------------------------------------------------------- reports

    function post(uint256 seed) external action("post") {
        items.push();
        _say(seed, items[items.length - 1]);
        Report memory report = _report(seed);
        (uint8[] memory signers, bytes[] memory signatures, uint256 weight) = _sign(seed, reports.hashReport(report));
        bool quorum = weight * 3 > totalWeight() * 2;
        bool due = now_() >= effectiveAt && report.coveredUntil > covered;
        vm.prank(stranger);
        try reports.postReport(report, signers, signatures) {
            assertTrue(quorum && due, "only more than two thirds, one at a time, of time that is over");
            (last, postedUnder, attempt) = (last + 1, attempt, 0);
            (effectiveAt, covered) = (now_() + DELAY, report.coveredUntil);
            (postingOf[last], rootOf[last]) = (items.length - 1, report.root);
            effects["post"]++;
        } catch {
            assertFalse(quorum && due, "a quorum is heard");
            items.pop();
        }
    }

    function veto(uint256 seed) external action("veto") {
        if (draw(seed, "rarely", 3) != 0) return;
        bytes32 before = _money();
        bool possible = last != 0 && now_() < effectiveAt && postedUnder < VETOES;
        try reports.veto(last) {
            assertTrue(possible, "only what is pending, and so many times");
            (vetoedAt, attempt) = (now_(), postedUnder + 1);
            last--;
            IEraReports.Posted memory posted = reports.reportOf(last);
            (effectiveAt, covered) = last == 0 ? (start, start) : (posted.effectiveAt, posted.coveredUntil);
            effects["veto"]++;
        } catch {
            assertFalse(possible);
        }
        assertFalse(vetoedAt == now_() && reports.fallbackOpen(), "law 10: a veto opens nothing");
        assertEq(_money(), before, "law 10: a veto moves nothing");
    }

    // ------------------------------------------------------------------------------------------- leases

    function openLease(uint256 seed) external action("openLease") {
        if (capacity.commitmentOf(provider, CU).leased + UNITS > COMMITTED || leaseIds.length > 60) return;
        Terms memory terms = monitoredTerms();
        terms.rate = uint128(draw(seed, "rate", 10 * RATE));
        terms.maxSilence = draw(seed, "silence", 2) == 0 ? 0 : 1 hours;
        bytes32 lease = open(terms);
        leaseIds.push(lease);
        entries[lease].terms = terms;
        effects["openLease"]++;
    }

    function close(uint256 seed) external action("close") {
        bytes32 lease = anyLease(seed);
        if (lease == 0 || draw(seed, "rarely", 3) != 0) return;
        vm.prank(tenant.addr);
        try escrow.close(entries[lease].terms) {
            effects["close"]++;
        } catch {}
    }

    function endLease(uint256 seed) external action("endLease") {
        bytes32 lease = anyLease(seed);
        if (lease == 0 || draw(seed, "rarely", 3) != 0) return;
        Terms memory terms = entries[lease].terms;
        uint40 endedAt = terms.start + uint40(draw(seed, "at", now_() - terms.start + 10));
        LeaseEnd memory end = LeaseEnd(address(reports), lease, endedAt, 0);
        (uint8[] memory signers, bytes[] memory signatures, uint256 weight) = _sign(seed, reports.hashLeaseEnd(end));
        vm.prank(stranger);
        try reports.endLease(terms, end, signers, signatures) {
            assertGt(weight * 3, totalWeight() * 2, "only more than two thirds");
            assertGe(endedAt, terms.start + entries[lease].secondsPaid, "nothing that was paid is taken back");
            assertEq(stopOf(escrow.leaseOf(lease)), endedAt);
            effects["endLease"]++;
        } catch {}
    }

    function settle(uint256 seed) external action("settle") {
        (uint64 era, bytes32 lease) = (anyEra(seed), anyLease(seed));
        if (era == 0 || lease == 0) return;
        uint256 position = find(era, 1, lease, 0);
        if (position == items[postingOf[era]].length) return;
        uint40 served = uint40(items[postingOf[era]][position].value);
        bytes32[] memory proof = proofOf(era, position);
        LeaseState memory state = escrow.leaseOf(lease);
        vm.prank(stranger);
        try escrow.settle(entries[lease].terms, ServedLeaf(era, served), proof) {
            assertTrue(isEffective(era), "only what is effective");
            _heard(lease, served);
            effects["settle"]++;
        } catch {
            assertTrue(!isEffective(era) || state.resolved || state.byTime, "a leaf is never refused, however it fell");
        }
    }

    /// @dev All leases that an era speaks of, with one multiproof.
    function settleMany(uint256 seed) external action("settleMany") {
        uint64 era = anyEra(seed);
        if (era == 0 || !isEffective(era)) return;
        Item[] storage said = items[postingOf[era]];
        uint256[] memory indices = new uint256[](said.length);
        uint256 count = 0;
        for (uint256 i = 0; i < said.length; i++) {
            if (said[i].kind == 1 && uint256(keccak256(abi.encode(seed, i))) % 3 != 0) indices[count++] = i;
        }
        assembly ("memory-safe") {
            mstore(indices, count)
        }
        if (count == 0) return;
        _settleMany(era, indices);
        effects["settleMany"]++;
    }

    function _settleMany(uint64 era, uint256[] memory indices) private {
        Item[] storage said = items[postingOf[era]];
        Terms[] memory terms = new Terms[](indices.length);
        uint40[] memory served = new uint40[](indices.length);
        for (uint256 i = 0; i < indices.length; i++) {
            Item memory item = said[indices[i]];
            (terms[i], served[i]) = (entries[item.id].terms, uint40(item.value));
        }
        (bytes32[] memory proof, bool[] memory flags) = Merkle.multiproofOf(treeOf(era), indices);
        bool[] memory byLeaf = new bool[](indices.length);
        for (uint256 i = 0; i < indices.length; i++) {
            LeaseState memory state = escrow.leaseOf(said[indices[i]].id);
            byLeaf[i] = !state.resolved && !state.byTime;
        }
        escrow.settleMany(terms, era, served, proof, flags);
        for (uint256 i = 0; i < indices.length; i++) {
            if (byLeaf[i]) _heard(said[indices[i]].id, served[i]);
            else paidTo(said[indices[i]].id);
        }
    }

    function settleByFallback(uint256 seed) external action("settleByFallback") {
        bytes32 lease = anyLease(seed);
        if (lease == 0) return;
        uint64 era = lastEffective();
        ServedLeaf memory leaf;
        bytes32[] memory proof;
        if (era != 0) {
            uint256 position = find(era, 1, lease, 0);
            if (position < items[postingOf[era]].length) {
                leaf = ServedLeaf(era, uint40(items[postingOf[era]][position].value));
                proof = proofOf(era, position);
            }
        }
        uint40 coveredUntil = reports.lastCoveredUntil();
        vm.prank(payout);
        try escrow.settleByFallback(entries[lease].terms, leaf, proof) {
            _afterFallback(lease, leaf.served, coveredUntil);
            effects["settleByFallback"]++;
        } catch {
            LeaseState memory state = escrow.leaseOf(lease);
            bool missing = leaf.era == 0 && coveredUntil > entries[lease].terms.start;
            assertTrue(!_fallbackOpen() || state.resolved || state.byTime || missing, "law 7: then it is paid by time");
        }
    }

    function _afterFallback(bytes32 lease, uint40 served, uint40 coveredUntil) private {
        assertTrue(_fallbackOpen(), "only when reports fail to come");
        Entry storage entry = entries[lease];
        uint40 begin = coveredUntil > entry.terms.start ? coveredUntil : entry.terms.start;
        uint40 byLeaf = served > entry.secondsPaid ? served : entry.secondsPaid;
        uint40 dark = now_() > begin ? now_() - begin : 0;
        assertLe(escrow.leaseOf(lease).secondsPaid, byLeaf + dark, "law 2: by time only what no report covers");
        entry.byTime = true;
        paidTo(lease);
    }

    function settleByTime(uint256 seed) external action("settleByTime") {
        bytes32 lease = anyLease(seed);
        if (lease == 0 || !escrow.leaseOf(lease).byTime) return;
        Terms[] memory one = new Terms[](1);
        one[0] = entries[lease].terms;
        vm.prank(payout);
        escrow.settleByTime(one);
        paidTo(lease);
        effects["settleByTime"]++;
    }

    function finish(uint256 seed) external action("finish") {
        bytes32 lease = anyLease(seed);
        if (lease == 0) return;
        LeaseState memory state = escrow.leaseOf(lease);
        vm.prank(stranger);
        try escrow.finish(entries[lease].terms) {
            effects["finish"]++;
        } catch {
            assertTrue(state.resolved || now_() < stopOf(state) + FINAL_GRACE, "law 2: every lease can be finished");
        }
    }

    // ------------------------------------------------------------------------------------------- consequences

    function applyCredit(uint256 seed) external action("applyCredit") {
        (uint64 era, uint256 position, Item memory item) = _item(seed, 2);
        if (item.kind == 0) return;
        uint256 pool = providerPool();
        (bytes32 others, uint256 held) = (othersThan(pool), heldBy(pool));
        uint256 taken = reports.applyCredit(era, item.id, provider, tenant.addr, item.value, proofOf(era, position));
        _took(taken, item.value, credited[item.id], held);
        if (item.value > credited[item.id]) credited[item.id] = item.value;
        assertEq(reports.creditedOf(item.id), credited[item.id]);
        assertEq(othersThan(pool), others, "law 8: no other pool");
        if (taken != 0) effects["applyCredit"]++;
    }

    function applyProviderSlash(uint256 seed) external action("applyProviderSlash") {
        (uint64 era, uint256 position, Item memory item) = _item(seed, 3);
        if (item.kind == 0) return;
        uint256 pool = providerPool();
        (bytes32 others, uint256 held) = (othersThan(pool), heldBy(pool));
        uint256 taken = reports.applyProviderSlash(era, provider, 5_000, 0, item.value, proofOf(era, position));
        _took(taken, item.value, slashedProvider, held);
        if (item.value > slashedProvider) slashedProvider = item.value;
        assertEq(reports.slashedOfProvider(provider), slashedProvider);
        assertEq(heldBy(pool), held - taken, "burnt");
        assertEq(othersThan(pool), others, "law 8: no other pool");
        if (taken != 0) effects["applyProviderSlash"]++;
    }

    function applyMonitorSlash(uint256 seed) external action("applyMonitorSlash") {
        (uint64 era, uint256 position, Item memory item) = _item(seed, 5);
        if (item.kind == 0) return;
        address key = address(uint160(uint256(item.id)));
        uint256 pool = poolOf(key);
        (bytes32 others, uint256 held) = (othersThan(pool), heldBy(pool));
        uint256 taken = reports.applyMonitorSlash(era, key, item.value, proofOf(era, position));
        _took(taken, item.value, slashed[key], held);
        bool asked = item.value > slashed[key];
        if (asked) slashed[key] = item.value;
        assertEq(reports.slashedOfMonitor(key), slashed[key]);
        assertEq(heldBy(pool), held - taken, "burnt");
        assertEq(othersThan(pool), others, "law 8: no other pool");
        if (asked && reports.monitorIndex(key) != 0) loses(key, (taken + 1e18 - 1) / 1e18);
        if (taken != 0) effects["applyMonitorSlash"]++;
    }

    function equivocate(uint256 seed) external action("equivocate") {
        Account memory actor = actors[draw(seed, "who", ACTORS)];
        if (draw(seed, "rarely", 8) != 0 || weights[actor.addr].ejected) return;
        (Report memory a, Report memory b) = (draft("a"), draft("b"));
        bytes memory sa = signature(actor.key, reports.hashReport(a));
        bytes memory sb = signature(actor.key, reports.hashReport(b));
        bool listed = reports.monitorIndex(actor.addr) != 0;
        uint256 pool = poolOf(actor.addr);
        (bytes32 others, uint256 held, uint256 locked) = (othersThan(pool), heldBy(pool), lockedOf(actor.addr));
        try reports.slashEquivocation(a, sa, b, sb) returns (uint256 taken) {
            assertGe(taken, locked < held ? locked : held, "law 8: at least what is locked");
            assertEq(heldBy(pool), held - taken, "burnt");
            assertEq(othersThan(pool), others, "law 8: no other pool");
            weights[actor.addr] = Weight(0, 0, 0, 0, true);
            effects["equivocate"]++;
        } catch {
            assertFalse(listed, "a monitor answers for it");
        }
    }

    // ------------------------------------------------------------------------------------------- disputes

    function openDispute(uint256 seed) external action("openDispute") {
        (uint64 era, bytes32 lease) = (lastEffective(), anyLease(seed));
        if (era == 0 || lease == 0) return;
        vm.prank(tenant.addr);
        disputeCount = reports.openDispute(entries[lease].terms, era, 0);
        openBonds += reports.disputeOf(disputeCount).bond;
        effects["openDispute"]++;
    }

    function resolveDispute(uint256 seed) external action("resolveDispute") {
        (uint64 era, uint256 position, Item memory item) = _item(seed, 6);
        if (item.kind == 0) return;
        uint64 dispute = uint64(uint256(item.id));
        uint256 bond = reports.disputeOf(dispute).bond;
        uint256 before = stakeToken.balanceOf(tenant.addr);
        try reports.resolveDispute(dispute, item.value == 1, era, proofOf(era, position)) {
            assertEq(stakeToken.balanceOf(tenant.addr) - before, item.value == 1 ? bond : 0);
            openBonds -= bond;
            effects["resolveDispute"]++;
        } catch {
            assertEq(bond, 0, "only once");
        }
    }

    function expireDispute(uint256 seed) external action("expireDispute") {
        if (disputeCount == 0) return;
        uint64 dispute = uint64(draw(seed, "dispute", disputeCount) + 1);
        IEraReports.Dispute memory d = reports.disputeOf(dispute);
        try reports.expireDispute(dispute) {
            assertTrue(lastEffective() >= d.openedIn + 3 || _fallbackOpen(), "monitors had their time");
            openBonds -= d.bond;
            effects["expireDispute"]++;
        } catch {
            assertTrue(d.bond == 0 || lastEffective() < d.openedIn + 3);
        }
    }

    // ------------------------------------------------------------------------------------------- others

    /// @dev Law 10: every function of the reports that governance has, with the worst it can say.
    function misgovern(uint256 seed) external action("misgovern") {
        bytes32 before = _money();
        uint256 total = reports.totalWeight();
        uint256 how = draw(seed, "how", 5);
        if (how == 0) reports.setPolicy(IEraReports.Policy(1_000_000, 10_000, 10_000e18));
        if (how == 1) reports.setPolicy(IEraReports.Policy(1, 0, 1));
        if (how == 2) reports.setAuditor(stranger, draw(seed, "named", 2) == 0);
        if (how == 3) escrow.setVerifier(address(reports), true);
        if (how == 4) staking.setUnbondingDelay(uint32(UNBONDING + draw(seed, "delay", 60 days)));
        assertEq(_money(), before, "law 10: no key of governance moves a tenant's money");
        assertEq(reports.totalWeight(), total, "governance ejects nobody");
        effects["misgovern"]++;
    }

    function pass(uint256 seed) external action("pass") {
        uint256 scale = draw(seed, "scale", 20);
        skip(scale < 14 ? draw(seed, "t", ERA) : scale < 19 ? draw(seed, "t", 8 * ERA) : draw(seed, "t", 10 days));
        effects["pass"]++;
    }

    // ------------------------------------------------------------------------------------------- helpers

    /// @dev What monitors say, of leases above all: each with its figure, some with none.
    function _say(uint256 seed, Item[] storage said) private {
        for (uint256 i = 0; i < leaseIds.length; i++) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            if (random % 6 == 0 || escrow.leaseOf(leaseIds[i]).resolved) continue; // missing, or late
            uint256 elapsed = now_() - entries[leaseIds[i]].terms.start;
            add(said, 1, leaseIds[i], (random >> 8) % (elapsed * 5 / 4 + 2));
            if (random % 5 == 1) add(said, 2, leaseIds[i], (random >> 64) % 5e18);
        }
        add(said, 3, bytes32(uint256(provider)), draw(seed, "slash", 8) == 0 ? draw(seed, "p", 40e18) : slashedProvider);
        address key = actors[draw(seed, "slashed", ACTORS)].addr;
        add(said, 5, bytes32(uint256(uint160(key))), slashed[key] / 2 + draw(seed, "m", 300e18));
        if (disputeCount != 0) {
            add(said, 6, bytes32(draw(seed, "dispute", disputeCount) + 1), draw(seed, "upheld", 2));
        }
    }

    function _report(uint256 seed) private view returns (Report memory report) {
        bytes32[] memory tree = new bytes32[](items[items.length - 1].length);
        for (uint256 i = 0; i < tree.length; i++) {
            tree[i] = items[items.length - 1][i].leaf;
        }
        report = draft(Merkle.rootOf(tree));
        report.coveredUntil -= uint40(draw(seed, "back", draw(seed, "far", 4) == 0 ? 2 * ERA : 10));
    }

    /// @dev By all, or by some of the monitors.
    function _sign(uint256 seed, bytes32 digest)
        private
        view
        returns (uint8[] memory signers, bytes[] memory signatures, uint256 weight)
    {
        uint256 count = reports.monitorCount();
        (signers, signatures) = (new uint8[](count), new bytes[](count));
        bool all = draw(seed, "all", 4) != 0;
        uint256 n = 0;
        for (uint256 i = 0; i < count; i++) {
            address key = reports.monitorAt(i).key;
            if (key == address(0) || (!all && uint256(keccak256(abi.encode(seed, "signer", i))) % 4 == 0)) continue;
            weight += weighs(key);
            (signers[n], signatures[n++]) = (uint8(i), signature(_keyOf(key), digest));
        }
        assembly ("memory-safe") {
            mstore(signers, n)
            mstore(signatures, n)
        }
    }

    function _keyOf(address key) private view returns (uint256) {
        for (uint256 i = 0; i < ACTORS; i++) {
            if (actors[i].addr == key) return actors[i].key;
        }
        revert("no actor");
    }

    /// @dev Some monitor on the list; zero if there is none.
    function _listed(uint256 seed) private view returns (address) {
        uint256 first = draw(seed, "who", ACTORS);
        for (uint256 i = 0; i < ACTORS; i++) {
            address key = actors[(first + i) % ACTORS].addr;
            if (reports.monitorIndex(key) != 0) return key;
        }
        return address(0);
    }

    /// @dev An item of that kind in an effective report; of kind 0 if there is none.
    function _item(uint256 seed, uint8 kind) private view returns (uint64 era, uint256 position, Item memory item) {
        era = anyEra(seed);
        if (era == 0 || !isEffective(era)) return (era, position, item);
        position = find(era, kind, 0, seed >> 16);
        if (position < items[postingOf[era]].length) item = items[postingOf[era]][position];
    }

    function _took(uint256 taken, uint256 value, uint256 before, uint256 held) private pure {
        uint256 asked = value > before ? value - before : 0;
        assertEq(taken, asked < held ? asked : held, "law 8: what is new, and never more than the pool holds");
    }

    function _heard(bytes32 lease, uint40 served) private {
        if (served > entries[lease].heard) entries[lease].heard = served;
        paidTo(lease);
    }

    function _free(address key) private view returns (uint256) {
        (uint256 bonded, uint256 locked) = (staking.bondedOf(poolOf(key)), lockedOf(key));
        return bonded > locked ? bonded - locked : 0;
    }

    function _fallbackOpen() internal view returns (bool) {
        uint256 since = effectiveAt > vetoedAt ? effectiveAt : vetoedAt;
        return now_() > since + uint256(LIVENESS) * ERA;
    }

    /// @dev Balances and what leases hold.
    function _money() internal view returns (bytes32 digest) {
        digest = keccak256(abi.encode(balance(tenant.addr), balance(payout), balance(address(rewards))));
        for (uint256 i = 0; i < leaseIds.length; i++) {
            digest = keccak256(abi.encode(digest, escrow.heldOf(entries[leaseIds[i]].terms)));
        }
    }
}
