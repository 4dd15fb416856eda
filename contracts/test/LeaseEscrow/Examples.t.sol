// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason, ServedLeaf, Terms, Tier} from "../../src/interfaces/Types.sol";
import {EscrowBase} from "./EscrowBase.sol";

/// @dev The worked examples of docs/money.md, number by number: 2 units at 0.02 USDC an hour, paid for 10 hours.
contract EscrowExamplesTest is EscrowBase {
    uint128 private constant EXAMPLE_RATE = 40_000;

    function opened(Terms memory terms) private returns (Terms memory, bytes32 lease) {
        terms.rate = EXAMPLE_RATE;
        lease = open(terms, DURATION);
        assertEq(MONEY - balance(tenant.addr), 400_000);
        return (terms, lease);
    }

    function close(Terms memory terms) private returns (uint256) {
        vm.prank(tenant.addr);
        return escrow.close(terms);
    }

    function assertPaid(uint256 toProvider) private view {
        assertEq(balance(payout), toProvider);
        assertEq(MONEY - balance(tenant.addr), toProvider, "what the lease cost the tenant");
    }

    function test_1_ClosedByTime() external {
        escrow.setFee(100);
        (Terms memory terms,) = opened(byTimeTerms());
        skip(3607);
        assertEq(close(terms), 359_922);
        assertEq(escrow.heldOf(terms), 40_078);
        assertEq(settleByTime(terms), 39_677);
        assertEq(balance(rewardWallet), 400);
        assertEq(MONEY - balance(tenant.addr), 40_077);
    }

    function test_2_Monitored() external {
        (Terms memory terms, bytes32 lease) = opened(monitoredTerms());
        skip(4 hours);
        assertEq(settle(terms, report(lease, 1, 13_800, start + 4 hours)), 153_333);
        skip(6 hours);
        assertEq(settle(terms, report(lease, 2, 35_400, start + 10 hours)), 240_000);
        assertPaid(393_333);
    }

    function test_3_ClosedBeforeMinSeconds() external {
        Terms memory terms = byTimeTerms();
        terms.minSeconds = 30 minutes;
        (terms,) = opened(terms);
        skip(10 minutes);
        assertEq(close(terms), 380_000);
        skip(20 minutes);
        settleByTime(terms);
        assertPaid(20_000);
    }

    function test_4_InterruptedWithNotice() external {
        Terms memory terms = byTimeTerms();
        (terms.tier, terms.noticeSeconds) = (Tier.INTERRUPTIBLE, 10 minutes);
        (terms,) = opened(terms);
        skip(2 hours);
        vm.prank(operator.addr);
        escrow.abandon(terms, Reason.INTERRUPTED, 0);
        assertEq(balance(tenant.addr), MONEY - 400_000 + 313_333);
        skip(10 minutes);
        settleByTime(terms);
        assertPaid(86_666);
    }

    function test_5_Abandoned() external {
        (Terms memory terms,) = opened(byTimeTerms());
        skip(2 hours);
        vm.prank(operator.addr);
        escrow.abandon(terms, Reason.ABANDONED, 0);
        settleByTime(terms);
        assertPaid(80_000);
        assertEq(compensation(tenant.addr), uint256(UNITS) * STAKE_PER_UNIT * 20 / 100);
    }

    function test_6_SilentTooLong() external {
        Terms memory terms = byTimeTerms();
        terms.maxSilence = 1 hours;
        (terms,) = opened(terms);
        skip(1 hours);
        assertEq(settleByTime(terms), 40_000);
        skip(4 hours);
        assertEq(settleByTime(terms), 40_000);
        skip(1 hours);
        assertEq(settleByTime(terms), 40_000);
        assertEq(close(terms), 280_000);
        assertPaid(120_000);
    }

    function test_7_MonitorsVanish() external {
        (Terms memory terms, bytes32 lease) = opened(monitoredTerms());
        ServedLeaf memory leaf = report(lease, 1, 13_800, start + 4 hours);
        skip(9 hours);
        reports.setFallback(true);
        vm.prank(operator.addr);
        assertEq(escrow.settleByFallback(terms, leaf, new bytes32[](0)), 353_333);
        skip(1 hours);
        assertEq(settleByTime(terms), 40_000);
        assertPaid(393_333);
    }

    function test_8_Extended() external {
        (Terms memory terms,) = opened(byTimeTerms());
        vm.prank(tenant.addr);
        assertEq(escrow.extend(terms, start + 12 hours + 30 minutes), 100_000);
    }

    function test_9_ProviderVanishes() external {
        (Terms memory terms,) = opened(byTimeTerms());
        skip(3 hours);
        settleByTime(terms);
        skip(1 hours);
        assertEq(close(terms), 240_000);
        skip(FINAL_GRACE);
        assertEq(escrow.finish(terms), 40_000);
        assertPaid(120_000);
    }
}
