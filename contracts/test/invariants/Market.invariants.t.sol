// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../utils/Test.sol";
import {MarketHandler} from "./MarketHandler.sol";

/// @title The laws, while everybody acts at random
/// @notice What is checked in each action itself stands there: law 3 where a lease is booked ({Ledger}), 2 and 7 where it is
/// paid or ended ({LeaseActions}, {JobActions}), 6 where rewards are claimed ({RewardActions}), 8 where stake is slashed or leaves ({ProviderActions}), 10 in {MarketHandler.misgovern}.
contract MarketInvariants is Test {
    event log_named_uint(string key, uint256 value);

    MarketHandler internal handler;

    function setUp() external {
        handler = new MarketHandler();
        handler.setUp();
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: _actions()}));
    }

    /// @dev 1: for each asset the escrow's token balance is the sum of all balances and of what all leases hold, exactly,
    /// but for tokens sent to it by mistake; 2: a lease pays what it owes, for seconds that went by and never fall, out of its
    /// deposit, of which every unit is paid, refunded or held, and a job pays at most once and never after a refund; 4: leased units never pass committed units and are those
    /// of live leases and kept bids; 5: an auction keeps the best ranks of all bids there were; 6: what was claimed is within the budgets; 8: stake is backed, no share is worth
    /// more than its pool, and a provider that does not cover its locks is known for it.
    /// forge-config: default.invariant.fail-on-revert = true
    /// forge-config: default.invariant.runs = 20
    /// forge-config: default.invariant.depth = 300
    function invariant_laws() external view {
        handler.checkMoney();
        handler.checkLeases();
        handler.checkCharges();
        handler.checkCapacity();
        handler.checkAuctions();
        handler.checkStake();
        handler.checkRewards();
    }

    /// @dev 2, 4, 5, 7: with everyone else gone, everything can be brought to its end.
    function afterInvariant() external {
        handler.finale();
    }

    /// @dev Every action has its effect at least once in a long run; shows how often (with -vv).
    function test_everyActionTakesEffect() external {
        bytes4[] memory selectors = _actions();
        uint256 seed = 1;
        for (uint256 i = 0; i < 6_000; i++) {
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
        assertEq(count, selectors.length, "every action was called");
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

    function _actions() private view returns (bytes4[] memory selectors) {
        selectors = new bytes4[](56);
        uint256 n;
        selectors[n++] = handler.register.selector;
        selectors[n++] = handler.transferProvider.selector;
        selectors[n++] = handler.setOperator.selector;
        selectors[n++] = handler.cancelOffers.selector;
        selectors[n++] = handler.setStatus.selector;
        selectors[n++] = handler.setPayout.selector;
        selectors[n++] = handler.updateTrust.selector;
        selectors[n++] = handler.stake.selector;
        selectors[n++] = handler.unstake.selector;
        selectors[n++] = handler.withdrawStake.selector;
        selectors[n++] = handler.claim.selector;
        selectors[n++] = handler.slash.selector;
        selectors[n++] = handler.setCommission.selector;
        selectors[n++] = handler.reportRewards.selector;
        selectors[n++] = handler.claimProvider.selector;
        selectors[n++] = handler.claimMonitor.selector;
        selectors[n++] = handler.setRewardsPolicy.selector;
        selectors[n++] = handler.setRate.selector;
        selectors[n++] = handler.commit.selector;
        selectors[n++] = handler.uncommit.selector;
        selectors[n++] = handler.deposit.selector;
        selectors[n++] = handler.donate.selector;
        selectors[n++] = handler.withdraw.selector;
        selectors[n++] = handler.matchOrder.selector;
        selectors[n++] = handler.replace.selector;
        selectors[n++] = handler.matchWithoutRight.selector;
        selectors[n++] = handler.post.selector;
        selectors[n++] = handler.bid.selector;
        selectors[n++] = handler.award.selector;
        selectors[n++] = handler.cancel.selector;
        selectors[n++] = handler.settle.selector;
        selectors[n++] = handler.settleMany.selector;
        selectors[n++] = handler.settleByTime.selector;
        selectors[n++] = handler.settleByFallback.selector;
        selectors[n++] = handler.close.selector;
        selectors[n++] = handler.abandon.selector;
        selectors[n++] = handler.endByVerifier.selector;
        selectors[n++] = handler.extend.selector;
        selectors[n++] = handler.extendWithSignature.selector;
        selectors[n++] = handler.release.selector;
        selectors[n++] = handler.finish.selector;
        selectors[n++] = handler.recover.selector;
        selectors[n++] = handler.beginJob.selector;
        selectors[n++] = handler.submitJob.selector;
        selectors[n++] = handler.cancelJob.selector;
        selectors[n++] = handler.acceptJob.selector;
        selectors[n++] = handler.drawJob.selector;
        selectors[n++] = handler.reanchorJob.selector;
        selectors[n++] = handler.challengeJob.selector;
        selectors[n++] = handler.resolveJob.selector;
        selectors[n++] = handler.redrawJob.selector;
        selectors[n++] = handler.splitJob.selector;
        selectors[n++] = handler.expireJob.selector;
        selectors[n++] = handler.pass.selector;
        selectors[n++] = handler.misgovern.selector;
        selectors[n++] = handler.reform.selector;
    }
}
