// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewards} from "../../src/interfaces/IRewards.sol";
import {ScriptedReports} from "../utils/ScriptedReports.sol";
import {JobActions} from "./JobActions.sol";

/// @title What reports award and who claims it, beside the simplest accountant that can be
/// @notice Reports award what they like: more than any budget, less than before, for eras that others skipped.
abstract contract RewardActions is JobActions {
    uint256 private constant MOST_AWARDS = 200;

    struct Award {
        uint64 era;
        uint64 provider; // 0: of a monitor
        address monitor;
        address asset;
        uint256 rewards;
    }

    Award[] private _awards;
    uint64 private _reported; // the last effective era
    uint256 private _budgets; // the sum of theirs
    uint256 private _perEra;
    uint256 private _paid; // to providers
    uint256 private _firstSupply;
    mapping(uint64 provider => uint256) private _paidTo;
    mapping(address monitor => mapping(address asset => uint256)) private _paidOf;
    address[] private _monitors;

    function setUp() public virtual override {
        super.setUp();
        _firstSupply = stakeToken.totalSupply();
        _monitors = [makeAddr("monitor"), owners[0]];
        for (uint256 i = 0; i < assets.length; i++) {
            rewards.setRate(assets[i], 1e18);
        }
        vm.getRecordedLogs();
    }

    // ------------------------------------------------------------------------------------------- reports

    /// @dev Some eras become effective, mostly one; the last one awards something.
    function reportRewards(uint256 seed) external action("reportRewards") {
        uint64 eras = _draw(seed, "gap", 4) == 0 ? uint64(_draw(seed, "eras", 20) + 1) : 1;
        _reported += eras;
        _budgets += eras * _perEra;
        ScriptedReports(reports).setLastEffective(_reported);
        for (uint256 i = 0; i < 4; i++) {
            _award(uint256(keccak256(abi.encode(seed, i))));
        }
        _did("reportRewards");
    }

    /// @dev Now and then of a report that is not effective yet.
    function _award(uint256 seed) private {
        Award memory a;
        a.era = _reported + (_draw(seed, "early", 8) == 0 ? 1 : 0);
        a.rewards = _draw(seed, "rewards", (_budgets + 1e18) / (_draw(seed, "part", 8) + 1) * 2);
        bytes32 leaf;
        if (_draw(seed, "whom", 2) == 0) {
            a.provider = sellers[_draw(seed, "seller", sellers.length)].id;
            leaf = keccak256(abi.encode(3, a.provider, uint16(9_000), a.rewards, uint256(7)));
        } else {
            a.monitor = _monitors[_draw(seed, "monitor", _monitors.length)];
            a.asset = assets[_draw(seed, "asset", assets.length)];
            a.rewards = _draw(seed, "fees", escrow.balanceOf(address(rewards), a.asset) * 3 + 1);
            leaf = keccak256(abi.encode(4, a.monitor, a.asset, a.rewards));
        }
        ScriptedReports(reports).setLeaf(a.era, keccak256(abi.encode(leaf)));
        if (_awards.length < MOST_AWARDS) _awards.push(a);
        else _awards[_draw(seed, "slot", MOST_AWARDS)] = a;
    }

    // ------------------------------------------------------------------------------------------- claims

    /// @dev Law 6: what is awarded beyond what was paid, and no more than what is left of all budgets.
    function claimProvider(uint256 seed) external action("claimProvider") {
        (bool found, Award memory a) = _anyAward(seed, true);
        if (!found) return;
        uint256 expected = a.rewards > _paidTo[a.provider] ? a.rewards - _paidTo[a.provider] : 0;
        bool spent = expected != 0 && _budgets == _paid;
        if (expected > _budgets - _paid) expected = _budgets - _paid;
        uint256 backed = stakeToken.balanceOf(address(staking));
        vm.prank(address(0xcafe));
        try rewards.claimProvider(a.era, a.provider, 9_000, a.rewards, 7, new bytes32[](0)) returns (uint256 paid) {
            assertLe(a.era, _reported, "only what is effective");
            assertFalse(spent, "law 6");
            assertEq(paid, expected, "law 6: what is left, and nothing twice");
            assertEq(stakeToken.balanceOf(address(staking)) - backed, paid, "minted to whom it is staked for");
            _paidTo[a.provider] += paid;
            _paid += paid;
            if (paid != 0) _did("claimProvider");
        } catch {
            assertTrue(a.era > _reported || spent, "nothing else stops a claim");
            _refused();
        }
    }

    /// @dev Law 6: as far as the fees go.
    function claimMonitor(uint256 seed) external action("claimMonitor") {
        (bool found, Award memory a) = _anyAward(seed, false);
        if (!found) return;
        uint256 before = _paidOf[a.monitor][a.asset];
        uint256 expected = a.rewards > before ? a.rewards - before : 0;
        uint256 fees = escrow.balanceOf(address(rewards), a.asset);
        if (expected > fees) expected = fees;
        vm.prank(address(0xcafe));
        try rewards.claimMonitor(a.era, a.monitor, a.asset, a.rewards, new bytes32[](0)) returns (uint256 paid) {
            assertLe(a.era, _reported, "only what is effective");
            assertEq(paid, expected, "law 6: what is there, and nothing twice");
            _paidOf[a.monitor][a.asset] += paid;
            if (paid != 0) _did("claimMonitor");
        } catch {
            assertGt(a.era, _reported, "nothing else stops a claim");
            _refused();
        }
    }

    // ------------------------------------------------------------------------------------------- governance

    function setRewardsPolicy(uint256 seed) external action("setRewardsPolicy") {
        IRewards.Policy memory policy = IRewards.Policy(
            uint96(_draw(seed, "budget", 1.1e24)),
            uint16(_draw(seed, "fees", 20_001)),
            uint16(_draw(seed, "idle", 10_001)),
            uint16(_draw(seed, "most", 11_000))
        );
        bool within = policy.providerBudget <= 1e24 && policy.idleFactorBps <= policy.feeFactorBps
            && policy.mostOfFeesBps < 10_000;
        try rewards.setPolicy(policy) {
            assertTrue(within, "law 10: bounds hold against governance too");
            _perEra = policy.providerBudget;
            _did("setRewardsPolicy");
        } catch {
            assertFalse(within);
            _refused();
        }
    }

    function setRate(uint256 seed) external action("setRate") {
        address asset = assets[_draw(seed, "asset", assets.length)];
        uint256 before = rewards.rateOf(asset);
        try rewards.setRate(asset, _draw(seed, "rate", before * 3)) {
            uint256 rate = rewards.rateOf(asset);
            assertTrue(rate <= before * 2 && rate * 2 >= before && rate != 0, "at most doubled or halved");
            _did("setRate");
        } catch {
            _refused();
        }
    }

    // ------------------------------------------------------------------------------------------- what must hold

    function checkRewards() external view {
        assertEq(rewards.budget(), _budgets, "law 6: each effective era's budget as it was set before");
        assertEq(rewards.minted(), _paid);
        assertLe(rewards.minted(), rewards.budget(), "law 6: claims never pass budgets");
        assertEq(stakeToken.totalSupply(), _firstSupply + _paid, "law 6: nothing else mints");
        uint256 sum;
        for (uint256 i = 0; i < sellers.length; i++) {
            sum += rewards.claimedOfProvider(sellers[i].id);
        }
        assertEq(sum, _paid);
    }

    function _anyAward(uint256 seed, bool provider) private view returns (bool found, Award memory award) {
        for (uint256 i = 0; i < _awards.length; i++) {
            award = _awards[(_draw(seed, "award", _awards.length) + i) % _awards.length];
            if (award.provider != 0 == provider) return (true, award);
        }
    }
}
