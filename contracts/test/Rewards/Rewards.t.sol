// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {IRewards} from "../../src/interfaces/IRewards.sol";
import {Offer, Order, Terms} from "../../src/interfaces/Types.sol";
import {Market} from "../utils/Market.sol";
import {ScriptedReports} from "../utils/ScriptedReports.sol";

contract RewardsTest is Market {
    uint96 private constant BUDGET = 1_000e18;
    uint16 private constant SCORE = 9_200;
    uint256 private constant SLASHED = 3e18;

    Seller private seller;
    Seller private other;
    address private monitor = makeAddr("monitor");
    address private stranger = makeAddr("stranger");
    uint256 private pool;

    function setUp() public override {
        super.setUp();
        seller = makeSeller("seller", "DE", 1);
        other = makeSeller("other", "FR", 1);
        pool = staking.poolId(1, seller.id);
        rewards.setPolicy(_policy(BUDGET));
    }

    // ------------------------------------------------------------------------------------------- claimProvider

    function test_claimProvider_RevertWhen_NotInAnEffectiveReport() external {
        _award(2, seller.id, 5e18);
        _effective(1);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoReport.selector, 2));
        _claim(2, seller.id, 5e18);
        _effective(2);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoReport.selector, 1));
        _claim(1, seller.id, 5e18);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoReport.selector, 2));
        _claim(2, other.id, 5e18);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoReport.selector, 2));
        _claim(2, seller.id, 5e18 + 1);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoReport.selector, 2));
        rewards.claimProvider(2, seller.id, SCORE + 1, 5e18, SLASHED, new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoReport.selector, 2));
        rewards.claimProvider(2, seller.id, SCORE, 5e18, SLASHED + 1, new bytes32[](0));
    }

    function test_claimProvider() external {
        uint256 supply = stakeToken.totalSupply();
        uint256 backed = stakeToken.balanceOf(address(staking));
        vm.prank(seller.owner);
        staking.setCommission(pool, 1_000);
        skip(staking.unbondingDelay());
        _award(1, seller.id, 50e18);
        _effective(1);
        vm.expectEmit(address(rewards));
        emit IRewards.ProviderPaid(seller.id, 1, 50e18);
        vm.prank(stranger);
        assertEq(_claim(1, seller.id, 50e18), 50e18);

        assertEq(rewards.claimedOfProvider(seller.id), 50e18);
        assertEq(rewards.minted(), 50e18);
        assertEq(stakeToken.totalSupply() - supply, 50e18);
        assertEq(stakeToken.balanceOf(address(staking)) - backed, 50e18);
        assertEq(staking.claimable(seller.owner), 5e18, "the commission is the owner's");
        assertEq(staking.poolOf(pool).assets, STAKE_PER_UNIT + 45e18, "the rest everybody's who staked");
    }

    /// @dev Values fall, eras are skipped, and one claim covers all before.
    function test_claimProvider_PaysTheDifferenceOnly() external {
        uint256[4] memory awards = [uint256(10e18), 4e18, 10e18, 25e18];
        for (uint64 era = 1; era <= 4; era++) {
            _award(era, seller.id, awards[era - 1]);
        }
        _effective(4);
        assertEq(_claim(1, seller.id, 10e18), 10e18);
        assertEq(_claim(1, seller.id, 10e18), 0, "the same again");
        assertEq(_claim(2, seller.id, 4e18), 0, "a value that fell takes nothing back");
        assertEq(_claim(3, seller.id, 10e18), 0);
        assertEq(_claim(4, seller.id, 25e18), 15e18);
        assertEq(_claim(1, seller.id, 10e18), 0, "an old one");
        assertEq(rewards.claimedOfProvider(seller.id), 25e18);
    }

    /// @dev Law 6: whatever reports say.
    function test_claimProvider_IsCutToWhatIsLeft() external {
        _award(1, seller.id, uint256(BUDGET) - 1e18);
        _award(1, other.id, type(uint256).max);
        _effective(1);
        assertEq(_claim(1, seller.id, uint256(BUDGET) - 1e18), BUDGET - 1e18);
        assertEq(_claim(1, other.id, type(uint256).max), 1e18, "what is left");
        uint256 rest = type(uint256).max - 1e18;
        vm.expectRevert(abi.encodeWithSelector(IRewards.BudgetSpent.selector, other.id, rest));
        _claim(1, other.id, type(uint256).max);
        assertEq(_claim(1, seller.id, uint256(BUDGET) - 1e18), 0, "who is owed nothing is told so, and not refused");

        _effective(2);
        assertEq(_claim(1, other.id, type(uint256).max), BUDGET, "the rest, as budgets come");
        assertEq(rewards.minted(), rewards.budget());
    }

    function test_claimProvider_RevertWhen_ThereIsNoBudget() external {
        _award(1, seller.id, 5e18);
        rewards.setPolicy(_policy(0));
        _effective(1);
        vm.expectRevert(abi.encodeWithSelector(IRewards.BudgetSpent.selector, seller.id, 5e18));
        _claim(1, seller.id, 5e18);
    }

    // ------------------------------------------------------------------------------------------- claimMonitor

    function test_claimMonitor_RevertWhen_NotInAnEffectiveReport() external {
        fund(address(rewards), 100);
        _awardMonitor(2, monitor, address(dollar), 60);
        _effective(1);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoReport.selector, 2));
        _claimMonitor(2, monitor, 60);
        _effective(2);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoReport.selector, 2));
        _claimMonitor(2, stranger, 60);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoReport.selector, 2));
        rewards.claimMonitor(2, monitor, address(stakeToken), 60, new bytes32[](0));
        assertEq(_claimMonitor(2, monitor, 60), 60);
    }

    function test_claimMonitor() external {
        fund(address(rewards), 100);
        _awardMonitor(1, monitor, address(dollar), 60);
        _awardMonitor(2, monitor, address(dollar), 130);
        _effective(2);
        vm.expectEmit(address(rewards));
        emit IRewards.MonitorPaid(monitor, address(dollar), 1, 60);
        vm.prank(stranger);
        assertEq(_claimMonitor(1, monitor, 60), 60);
        assertEq(dollar.balanceOf(monitor), 60);
        assertEq(_claimMonitor(1, monitor, 60), 0, "nothing twice");

        assertEq(_claimMonitor(2, monitor, 130), 40, "as far as the fees go");
        assertEq(_claimMonitor(2, monitor, 130), 0, "there are no more");
        fund(address(rewards), 100);
        assertEq(_claimMonitor(2, monitor, 130), 30, "now there are");
        assertEq(_claimMonitor(1, monitor, 60), 0, "a value that fell takes nothing back");
        assertEq(dollar.balanceOf(monitor), 130);
        assertEq(rewards.claimedOfMonitor(monitor, address(dollar)), 130);
        assertEq(balance(address(rewards)), 70);
    }

    /// @dev Whoever is owed nothing is told so, in no event; a single unit is paid.
    function test_claimMonitor_TellsOfNoPaymentOfNothing() external {
        fund(address(rewards), 100);
        _awardMonitor(1, monitor, address(dollar), 1);
        _effective(1);
        assertEq(_claimMonitor(1, monitor, 1), 1);
        vm.recordLogs();
        assertEq(_claimMonitor(1, monitor, 1), 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(dollar.balanceOf(monitor), 1);
    }

    /// @dev The fees of real settlements are what monitors are paid of.
    function test_claimMonitor_OfTheMarketsFees() external {
        escrow.setFee(200);
        Seller memory third = makeSeller("third", "US", 2);
        Order memory order = makeOrder();
        Offer memory offer = makeBid(third, order, 10_000);
        matchAsTenant(order, one(offer), one(signOffer(third, offer)));
        Terms memory terms = termsOf(order, offer, 0);
        skip(1 hours);
        vm.prank(third.operator);
        escrow.settleByTime(one(terms));
        assertEq(balance(address(rewards)), 400, "2 % of 20,000");
        _awardMonitor(1, monitor, address(dollar), 1_000);
        _effective(1);
        assertEq(_claimMonitor(1, monitor, 1_000), 400);
        assertEq(dollar.balanceOf(monitor), 400);
    }

    // ------------------------------------------------------------------------------------------- setPolicy, budget

    function test_setPolicy_RevertWhen_NotGovernance() external {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        rewards.setPolicy(_policy(0));
    }

    function testFuzz_setPolicy_Bounds(IRewards.Policy memory policy) external {
        bytes memory refusal;
        if (policy.providerBudget > 1e24) {
            refusal = abi.encodeWithSelector(IRewards.ProviderBudgetTooHigh.selector, policy.providerBudget, 1e24);
        } else if (policy.idleFactorBps > policy.feeFactorBps) {
            refusal =
                abi.encodeWithSelector(IRewards.IdleFactorTooHigh.selector, policy.idleFactorBps, policy.feeFactorBps);
        } else if (policy.mostOfFeesBps > 9_999) {
            refusal = abi.encodeWithSelector(IRewards.ShareOfFeesTooHigh.selector, policy.mostOfFeesBps, 9_999);
        }
        IRewards.Policy memory expected = refusal.length == 0 ? policy : rewards.policy();
        if (refusal.length != 0) {
            vm.expectRevert(refusal);
        } else {
            vm.expectEmit(address(rewards));
            emit IRewards.PolicyChanged(policy);
        }
        rewards.setPolicy(policy);
        assertEq(keccak256(abi.encode(rewards.policy())), keccak256(abi.encode(expected)));
    }

    /// @dev The last value that each bound lets through, and the first that it does not.
    function test_setPolicy_AtTheBounds() external {
        rewards.setPolicy(IRewards.Policy(1e24, 5_000, 5_000, 9_999));
        vm.expectRevert(abi.encodeWithSelector(IRewards.ProviderBudgetTooHigh.selector, 1e24 + 1, 1e24));
        rewards.setPolicy(IRewards.Policy(1e24 + 1, 5_000, 5_000, 9_999));
        vm.expectRevert(abi.encodeWithSelector(IRewards.IdleFactorTooHigh.selector, 5_001, 5_000));
        rewards.setPolicy(IRewards.Policy(1e24, 5_000, 5_001, 9_999));
        vm.expectRevert(abi.encodeWithSelector(IRewards.ShareOfFeesTooHigh.selector, 10_000, 9_999));
        rewards.setPolicy(IRewards.Policy(1e24, 5_000, 5_000, 10_000));
    }

    function test_budget_NothingBeforeGovernanceSetsOne() external {
        IRewards fresh =
            IRewards(vm.deployCode("Rewards.sol:Rewards", abi.encode(manager, stakeToken, staking, escrow, reports)));
        _effective(9);
        assertEq(fresh.budget(), 0);
        assertEq(keccak256(abi.encode(fresh.policy())), keccak256(abi.encode(IRewards.Policy(0, 0, 0, 0))));
        fresh.setPolicy(_policy(BUDGET));
        assertEq(fresh.budget(), 0, "eras before are not made up for");
        _effective(10);
        assertEq(fresh.budget(), BUDGET);
    }

    /// @dev Whatever is changed when: each era has the budget that stood when it became effective.
    function testFuzz_budget(uint8[6] memory eras, uint96[6] memory budgets) external {
        uint256 expected;
        uint64 last;
        for (uint256 i = 0; i < 6; i++) {
            last += eras[i];
            expected += uint256(rewards.policy().providerBudget) * eras[i];
            _effective(last);
            assertEq(rewards.budget(), expected);
            rewards.setPolicy(_policy(uint96(bound(budgets[i], 0, 1e24))));
            assertEq(rewards.budget(), expected, "a change changes nothing that was");
        }
    }

    // ------------------------------------------------------------------------------------------- setRate

    function test_setRate_RevertWhen_NotGovernance() external {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        rewards.setRate(address(dollar), 1);
    }

    function testFuzz_setRate_TheFirstIsFree(uint256 rate) external {
        bool within = rate != 0 && rate <= type(uint128).max;
        if (within) {
            vm.expectEmit(address(rewards));
            emit IRewards.RateChanged(address(dollar), rate);
        } else {
            vm.expectRevert(
                abi.encodeWithSelector(IRewards.RateOutOfBounds.selector, address(dollar), rate, 1, type(uint128).max)
            );
        }
        rewards.setRate(address(dollar), rate);
        assertEq(rewards.rateOf(address(dollar)), within ? rate : 0);
    }

    function test_setRate_RevertWhen_LessThanHalf() external {
        rewards.setRate(address(dollar), 11);
        skip(1 days);
        vm.expectRevert(abi.encodeWithSelector(IRewards.RateOutOfBounds.selector, address(dollar), 5, 6, 22));
        rewards.setRate(address(dollar), 5);
        rewards.setRate(address(dollar), 6);
        assertEq(rewards.rateOf(address(dollar)), 6);
    }

    function testFuzz_setRate_AtMostDoubledOrHalved(uint128 first, uint256 second) external {
        first = uint128(bound(first, 1, type(uint128).max));
        uint256 most = uint256(first) * 2 > type(uint128).max ? type(uint128).max : uint256(first) * 2;
        uint256 least = (uint256(first) + 1) / 2;
        second = bound(second, least - 1, most + 1);
        rewards.setRate(address(dollar), first);
        skip(1 days);
        bool within = second >= least && second <= most;
        if (!within) {
            vm.expectRevert(
                abi.encodeWithSelector(IRewards.RateOutOfBounds.selector, address(dollar), second, least, most)
            );
        }
        rewards.setRate(address(dollar), second);
        assertEq(rewards.rateOf(address(dollar)), within ? second : first);
        assertGt(rewards.rateOf(address(dollar)), 0, "never nothing again: the next would be free");
    }

    function test_setRate_OnceADay() external {
        uint40 from = uint40(vm.getBlockTimestamp()) + 1 days;
        rewards.setRate(address(dollar), 100);
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IRewards.RateTooSoon.selector, address(dollar), from));
        rewards.setRate(address(dollar), 100);
        rewards.setRate(address(stakeToken), 5);
        vm.warp(from);
        rewards.setRate(address(dollar), 50);
        vm.expectRevert(abi.encodeWithSelector(IRewards.RateTooSoon.selector, address(dollar), from + 1 days));
        rewards.setRate(address(dollar), 50);
        assertEq(rewards.rateOf(address(dollar)), 50);
        assertEq(rewards.rateOf(address(stakeToken)), 5);
        assertEq(rewards.rateOf(address(this)), 0);
    }

    // ------------------------------------------------------------------------------------------- helpers

    function _policy(uint96 budget) private pure returns (IRewards.Policy memory) {
        return IRewards.Policy(budget, 10_000, 2_000, 8_000);
    }

    function _effective(uint64 era) private {
        ScriptedReports(reports).setLastEffective(era);
    }

    function _award(uint64 era, uint64 provider, uint256 amount) private {
        ScriptedReports(reports)
            .setLeaf(era, keccak256(abi.encode(keccak256(abi.encode(3, provider, SCORE, amount, SLASHED)))));
    }

    function _awardMonitor(uint64 era, address key, address asset, uint256 amount) private {
        ScriptedReports(reports).setLeaf(era, keccak256(abi.encode(keccak256(abi.encode(4, key, asset, amount)))));
    }

    function _claim(uint64 era, uint64 provider, uint256 amount) private returns (uint256) {
        return rewards.claimProvider(era, provider, SCORE, amount, SLASHED, new bytes32[](0));
    }

    function _claimMonitor(uint64 era, address key, uint256 amount) private returns (uint256) {
        return rewards.claimMonitor(era, key, address(dollar), amount, new bytes32[](0));
    }
}
