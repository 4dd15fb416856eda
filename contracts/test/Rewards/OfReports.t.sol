// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEraReports} from "../../src/interfaces/IEraReports.sol";
import {IRewards} from "../../src/interfaces/IRewards.sol";
import {ServedLeaf, Terms} from "../../src/interfaces/Types.sol";
import {EraBase} from "../EraReports/EraBase.sol";

/// @title Rewards as the monitors' real reports award them
contract RewardsOfReportsTest is EraBase {
    uint96 private constant BUDGET = 1_000e18;
    uint16 private constant SCORE = 9_200;

    function setUp() public override {
        super.setUp();
        escrow.setFee(200);
        rewards.setPolicy(IRewards.Policy(BUDGET, 10_000, 2_000, 8_000));
        addMonitors(4);
    }

    /// @dev One report pays the lease, the provider and, of the lease's fee, the monitors.
    function test_OneReportPaysEverybody() external {
        (Terms memory terms, bytes32 lease) = openLease();
        skip(1 hours);
        address monitor = monitors[0].addr;
        bytes32[] memory three = new bytes32[](3);
        three[0] = leafOf(abi.encode(1, lease, 3_600));
        three[1] = _providerLeaf(40e18, 1e18);
        three[2] = leafOf(abi.encode(4, monitor, dollar, 500));
        uint64 era = makeEffective(three);

        escrow.settle(terms, ServedLeaf(era, 3_600), proofOf(0));
        assertEq(balance(address(rewards)), owed(RATE, 3_600) * 2 / 100, "the market's fee");
        assertEq(rewards.claimMonitor(era, monitor, address(dollar), 500, proofOf(2)), 500);
        assertEq(dollar.balanceOf(monitor), 500);

        uint256 held = heldBy(providerPool());
        assertEq(rewards.claimProvider(era, provider, SCORE, 40e18, 1e18, proofOf(1)), 40e18);
        assertEq(heldBy(providerPool()), held + 40e18);
        assertEq(reports.applyProviderSlash(era, provider, SCORE, 40e18, 1e18, proofOf(1)), 1e18, "of the same leaf");
        assertEq(heldBy(providerPool()), held + 39e18);
    }

    function test_NothingBeforeAReportIsEffective() external {
        uint64 era = postLeaves(_awards(40e18));
        skip(DELAY - 1);
        assertEq(rewards.budget(), 0);
        bytes32[] memory proof = proofOf(0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotEffective.selector, era));
        rewards.claimProvider(era, provider, SCORE, 40e18, 0, proof);
        skip(1);
        assertEq(rewards.budget(), BUDGET);
        assertEq(rewards.claimProvider(era, provider, SCORE, 40e18, 0, proof), 40e18);
    }

    function test_AVetoedReportAwardsNothingAndHasNoBudget() external {
        uint64 era = postLeaves(_awards(900e18));
        bytes32[] memory proof = proofOf(0);
        reports.veto(era);
        skip(DELAY);
        assertEq(rewards.budget(), 0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotEffective.selector, era));
        rewards.claimProvider(era, provider, SCORE, 900e18, 0, proof);

        assertEq(makeEffective(_awards(30e18)), era, "reported anew");
        assertEq(rewards.budget(), BUDGET);
        assertEq(rewards.claimProvider(era, provider, SCORE, 30e18, 0, proofOf(0)), 30e18);
    }

    /// @dev A time without reports brings no budget: what is paid for is what was verified.
    function test_AGapIsOneEra() external {
        skip(50 * ERA);
        makeEffective(_awards(1e18));
        assertEq(rewards.budget(), BUDGET);
    }

    function test_APolicyCountsFromTheNextEffectiveEra() external {
        makeEffective(_awards(1e18));
        postLeaves(_awards(2e18));
        rewards.setPolicy(IRewards.Policy(7e18, 10_000, 2_000, 8_000));
        assertEq(rewards.budget(), BUDGET);
        skip(DELAY);
        assertEq(rewards.budget(), BUDGET + 7e18);
    }

    /// @dev Law 6, whatever reports say and when: values that fall, rise beyond reason, are vetoed, come late; policies that change.
    function testFuzz_ClaimsNeverPassBudgets(uint256 seed) external {
        uint256 budgets;
        uint256 perEra = BUDGET;
        uint256 most;
        for (uint256 i = 0; i < 12; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % 5 == 0 ? ERA * 10 : 1);
            uint256 awarded = uint256(keccak256(abi.encode(seed, "awarded"))) % (3 * (budgets + BUDGET));
            uint64 era = postLeaves(_awards(awarded));
            if (seed % 3 == 0 && i % 3 == 0) {
                reports.veto(era);
                continue;
            }
            skip(DELAY);
            budgets += perEra;
            if (seed % 7 == 0) {
                perEra = (seed >> 128) % 1e24;
                rewards.setPolicy(IRewards.Policy(uint96(perEra), 10_000, 2_000, 8_000));
            }
            assertEq(rewards.budget(), budgets);
            if (awarded > most) most = awarded;
            uint256 before = rewards.minted();
            try rewards.claimProvider(era, provider, SCORE, awarded, 0, proofOf(0)) returns (uint256 paid) {
                assertEq(rewards.minted() - before, paid);
            } catch {
                assertEq(before, budgets, "only a budget that is spent stops a claim");
            }
            assertLe(rewards.minted(), budgets, "law 6");
            assertLe(rewards.minted(), most, "nor more than was awarded");
            assertEq(stakeToken.totalSupply(), uint256(type(uint128).max) + rewards.minted());
        }
    }

    function _awards(uint256 amount) private view returns (bytes32[] memory two) {
        two = new bytes32[](2);
        (two[0], two[1]) = (_providerLeaf(amount, 0), leafOf(abi.encode(1, "nobody's", 0)));
    }

    function _providerLeaf(uint256 amount, uint256 slashed) private view returns (bytes32) {
        return leafOf(abi.encode(3, provider, SCORE, amount, slashed));
    }
}
