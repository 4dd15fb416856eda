// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEraReports} from "../../src/interfaces/IEraReports.sol";
import {LeaseState, Terms} from "../../src/interfaces/Types.sol";
import {Test} from "../utils/Test.sol";
import {EraHandler} from "./EraHandler.sol";

/// @dev The handler, and what must hold after any of its actions.
contract EraChecks is EraHandler {
    /// @dev The sum of weights is the total, now and from the next era on; each is what the books say.
    function checkWeights() external view {
        uint256 sum = 0;
        for (uint256 i = 0; i < ACTORS; i++) {
            address key = actors[i].addr;
            uint256 index = reports.monitorIndex(key);
            sum += weighs(key);
            if (index == 0) {
                assertEq(uint256(weighs(key)) + weights[key].next, 0, "who left weighs nothing");
                assertEq(lockedOf(key), 0, "who left has nothing locked");
                continue;
            }
            IEraReports.Monitor memory m = reports.monitorAt(index - 1);
            assertEq(m.key, key);
            assertEq(m.weight, weighs(key), "weight");
            assertEq(m.nextWeight, weights[key].next, "weight to come");
            uint256 most = uint256(m.weight > m.nextWeight ? m.weight : m.nextWeight) * 1e18;
            assertGe(lockedOf(key), most, "law 8: what weighs is locked");
            assertEq(lockedOf(key), uint256(weights[key].locked) * 1e18, "and no more than what did");
            assertGe(staking.bondedOf(poolOf(key)) + 1e6, most, "law 8: and is there, but for rounding");
        }
        assertEq(reports.totalWeight(), sum, "the sum of weights");
    }

    /// @dev Effective reports are for ever, their coverage rises, and the fallback is open when it should be.
    function checkReports() external view {
        assertEq(reports.lastEra(), last);
        assertEq(reports.lastEffectiveEra(), lastEffective());
        assertEq(reports.fallbackOpen(), _fallbackOpen(), "the fallback");
        (uint64 era, uint32 attempt_, uint40 after_) = reports.nextReport();
        assertEq(era, last + 1);
        assertEq(attempt_, attempt);
        assertEq(after_, covered);
        uint40 before = start;
        for (uint64 i = 1; i <= last; i++) {
            IEraReports.Posted memory posted = reports.reportOf(i);
            assertEq(posted.root, rootOf[i], "a report stays as it was posted");
            assertGt(posted.coveredUntil, before, "coverage rises");
            assertLt(posted.coveredUntil, posted.effectiveAt);
            before = posted.coveredUntil;
        }
        assertEq(reports.reportOf(last + 1).effectiveAt, 0, "a vetoed one is none");
    }

    /// @dev Laws 1 and 2.
    function checkLeases() external view {
        uint256 sum = balance(tenant.addr) + balance(payout) + balance(address(rewards));
        uint256 paid = 0;
        for (uint256 i = 0; i < leaseIds.length; i++) {
            Entry memory entry = entries[leaseIds[i]];
            LeaseState memory state = escrow.leaseOf(leaseIds[i]);
            assertEq(state.secondsPaid, entry.secondsPaid, "law 2: only who settles pays");
            assertLe(entry.terms.start + state.secondsPaid, now_(), "law 2: never more than went by");
            assertLe(entry.terms.start + state.secondsPaid, stopOf(state), "law 2: never past the end");
            if (!entry.byTime) assertLe(state.secondsPaid, entry.heard, "law 2: never more than was served");
            paid += owed(entry.terms.rate, state.secondsPaid);
            sum += escrow.heldOf(entry.terms);
        }
        assertEq(balance(payout) + balance(address(rewards)), paid, "law 2: payments are what is owed");
        assertEq(sum, MONEY, "law 1: nothing is lost, nothing is made");
        assertEq(dollar.balanceOf(address(escrow)), MONEY, "law 1");
    }

    /// @dev Pools are backed, bonds are there.
    function checkStake() external view {
        uint256 sum = heldBy(providerPool());
        for (uint256 i = 0; i < ACTORS; i++) {
            sum += heldBy(poolOf(actors[i].addr));
        }
        assertEq(stakeToken.balanceOf(address(staking)), sum, "law 8: every pool is backed, and by its own");
        assertEq(stakeToken.balanceOf(address(reports)), openBonds, "bonds");
    }

    /// @dev Law 7: with everyone else gone, every lease ends, every bond comes back and every monitor can leave.
    function finale() external {
        skip(DURATION + FINAL_GRACE + LIVENESS * ERA + DELAY);
        for (uint256 i = 0; i < leaseIds.length; i++) {
            if (!escrow.leaseOf(leaseIds[i]).resolved) escrow.finish(entries[leaseIds[i]].terms);
        }
        assertEq(
            balance(tenant.addr) + balance(payout) + balance(address(rewards)), MONEY, "law 7: all of it came back"
        );
        for (uint64 i = 1; i <= disputeCount; i++) {
            if (reports.disputeOf(i).bond != 0) reports.expireDispute(i);
        }
        assertEq(stakeToken.balanceOf(address(reports)), 0, "bonds came back");
        uint256 sum = 0;
        for (uint256 i = 0; i < ACTORS; i++) {
            sum += weights[actors[i].addr].next;
        }
        assertEq(reports.totalWeight(), sum, "the sum of weights to come");
        for (uint256 i = 0; i < ACTORS; i++) {
            if (reports.monitorIndex(actors[i].addr) != 0) setWeight(actors[i].addr, 0);
        }
        passEra();
        for (uint256 i = 0; i < ACTORS; i++) {
            if (reports.monitorAt(i).key != address(0)) reports.unlock(uint8(i));
        }
        assertEq(reports.totalWeight() + reports.monitorCount(), 0, "monitors left");
        for (uint256 i = 0; i < ACTORS; i++) {
            assertEq(lockedOf(actors[i].addr), 0, "with all their stake");
        }
    }
}

/// @title The laws as far as reports go, while monitors say anything and governance vetoes at will
/// @notice What is checked in each action itself stands there ({EraHandler}). Law 9 is in the tests of gas.
contract EraInvariants is Test {
    event log_named_uint(string key, uint256 value);

    EraChecks internal handler;

    function setUp() external {
        handler = new EraChecks();
        handler.setUp();
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: _actions()}));
    }

    /// forge-config: default.invariant.fail-on-revert = true
    /// forge-config: default.invariant.runs = 32
    /// forge-config: default.invariant.depth = 250
    function invariant_laws() external view {
        handler.checkWeights();
        handler.checkReports();
        handler.checkLeases();
        handler.checkStake();
    }

    function afterInvariant() external {
        handler.finale();
    }

    /// @dev Every action has its effect at least once in a long run; shows how often (with -vv).
    function test_everyActionTakesEffect() external {
        bytes4[] memory selectors = _actions();
        uint256 seed = 1;
        for (uint256 i = 0; i < 2_000; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            (bool ok, bytes memory reason) =
                address(handler).call(abi.encodeWithSelector(selectors[seed % selectors.length], seed >> 8));
            if (!ok) {
                assembly ("memory-safe") {
                    revert(add(reason, 0x20), mload(reason))
                }
            }
        }
        uint256 count = handler.countActions();
        assertEq(count, 24, "every action was called");
        for (uint256 i = 0; i < count; i++) {
            string memory name = handler.actions(i);
            emit log_named_uint(string.concat(name, " called"), handler.calls(name));
            emit log_named_uint(string.concat(name, " took effect"), handler.effects(name));
        }
        for (uint256 i = 0; i < count; i++) {
            assertGt(handler.effects(handler.actions(i)), 0, handler.actions(i));
        }
        this.invariant_laws();
        handler.finale();
    }

    /// @dev Time passes and monitors report more often than the rest happens.
    function _actions() private view returns (bytes4[] memory selectors) {
        selectors = new bytes4[](30);
        uint256 n;
        selectors[n++] = handler.join.selector;
        selectors[n++] = handler.join.selector;
        selectors[n++] = handler.setWeight.selector;
        selectors[n++] = handler.unlock.selector;
        selectors[n++] = handler.stake.selector;
        selectors[n++] = handler.unstake.selector;
        selectors[n++] = handler.post.selector;
        selectors[n++] = handler.post.selector;
        selectors[n++] = handler.post.selector;
        selectors[n++] = handler.veto.selector;
        selectors[n++] = handler.openLease.selector;
        selectors[n++] = handler.close.selector;
        selectors[n++] = handler.endLease.selector;
        selectors[n++] = handler.settle.selector;
        selectors[n++] = handler.settleMany.selector;
        selectors[n++] = handler.settleByFallback.selector;
        selectors[n++] = handler.settleByTime.selector;
        selectors[n++] = handler.finish.selector;
        selectors[n++] = handler.applyCredit.selector;
        selectors[n++] = handler.applyProviderSlash.selector;
        selectors[n++] = handler.applyMonitorSlash.selector;
        selectors[n++] = handler.equivocate.selector;
        selectors[n++] = handler.openDispute.selector;
        selectors[n++] = handler.resolveDispute.selector;
        selectors[n++] = handler.expireDispute.selector;
        selectors[n++] = handler.misgovern.selector;
        selectors[n++] = handler.pass.selector;
        selectors[n++] = handler.pass.selector;
        selectors[n++] = handler.pass.selector;
        selectors[n++] = handler.pass.selector;
    }
}
