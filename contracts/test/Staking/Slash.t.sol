// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IStaking} from "../../src/interfaces/IStaking.sol";
import {PoolKind} from "../../src/interfaces/Types.sol";
import {StakingBase} from "./StakingBase.sol";

contract SlashTest is StakingBase {
    function testFuzz_RevertWhen_NotASlasher(address caller) external {
        vm.assume(caller != address(capacity) && caller != reports);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotSlasher.selector, caller));
        vm.prank(caller);
        staking.slash(pool, 1, caller);
    }

    // ------------------------------------------------------------------------------------------- nothing

    function test_NothingIsTakenFromAnEmptyPool() external {
        vm.expectEmit(address(staking));
        emit IStaking.Slashed(pool, 5, 0, 0, victim, 0);
        assertEq(slash(pool, 5, victim), 0);
        assertEq(slash(staking.poolId(PoolKind.PROVIDER, 99), 5, victim), 0, "nor from one of no provider");
    }

    function test_NothingAskedIsNothingTaken() external {
        stake(owner.addr, pool, ONE);
        vm.expectEmit(address(staking));
        emit IStaking.Slashed(pool, 0, 0, 0, victim, 0);
        assertEq(slash(pool, 0, victim), 0);
        assertEq(worth(owner.addr), ONE);
        assertEq(staking.poolOf(pool).unbonding, 0);
    }

    function testFuzz_TakesAtMostWhatThePoolHolds(uint96 assets, uint256 asked, bool compensated) external {
        assets = uint96(bound(assets, 1, type(uint96).max));
        stake(owner.addr, pool, assets);
        uint256 expected = asked < assets ? asked : assets;
        assertEq(slash(pool, asked, compensated ? victim : address(0)), expected);
        assertEq(staking.poolOf(pool).assets, compensated ? assets : assets - expected);
        assertEq(burnt(), compensated ? 0 : expected);
        assertEq(worth(owner.addr), assets - expected);
    }

    // ------------------------------------------------------------------------------------------- the owner covers it

    function test_TheOwnersSharesChangeHands() external {
        stake(owner.addr, pool, 3 * ONE);
        stake(delegator, pool, ONE);
        uint40 availableAt = uint40(vm.getBlockTimestamp()) + LEAST_DELAY;
        vm.expectEmit(address(staking));
        emit IStaking.UnstakeRequested(1, pool, victim, 1e6 * ONE, availableAt);
        vm.expectEmit(address(staking));
        emit IStaking.Slashed(pool, ONE, ONE, 0, victim, 1);
        assertEq(slash(pool, ONE, victim), ONE);

        assertEq(worth(owner.addr), 2 * ONE);
        assertEq(worth(delegator), ONE, "who staked with it loses nothing");
        assertEq(staking.poolOf(pool).assets, 4 * ONE, "it is still in the pool");
        assertEq(staking.poolOf(pool).unbonding, 1e6 * ONE);
        assertEq(staking.bondedOf(pool), 3 * ONE);
        assertEq(staking.claimable(victim), 0);
        (uint256 pool_, address account, uint128 shares, uint32 generation, uint40 available) = staking.requestOf(1);
        assertEq(pool_, pool);
        assertEq(account, victim);
        assertEq(shares, 1e6 * ONE);
        assertEq(generation, 0);
        assertEq(available, availableAt);

        vm.expectRevert(
            abi.encodeWithSelector(IStaking.StillBonded.selector, 1, availableAt, uint40(vm.getBlockTimestamp()))
        );
        withdraw(victim, 1);
        skip(LEAST_DELAY);
        assertEq(withdraw(victim, 1), ONE);
        assertEq(token.balanceOf(victim), ONE);
    }

    function test_WithoutABeneficiaryItIsBurnt() external {
        stake(owner.addr, pool, 3 * ONE);
        stake(delegator, pool, ONE);
        vm.expectEmit(address(staking));
        emit IStaking.Slashed(pool, ONE, ONE, ONE, address(0), 0);
        assertEq(slash(pool, ONE, address(0)), ONE);
        assertEq(worth(owner.addr), 2 * ONE);
        assertEq(worth(delegator), ONE, "who staked with it loses nothing");
        assertEq(staking.poolOf(pool).assets, 3 * ONE);
        assertEq(staking.poolOf(pool).unbonding, 0);
        assertEq(burnt(), ONE);
        assertEq(token.balanceOf(address(staking)), 3 * ONE);
    }

    /// @dev Whatever a share is worth: the beneficiary has all it was given, and nobody else's worth falls.
    function testFuzz_OnlyTheOwnerPays(uint96 own, uint96 others, uint96 earned, uint96 asked, bool compensated)
        external
    {
        own = uint96(bound(own, 1e6, 1e27));
        others = uint96(bound(others, 1e6, 1e27));
        earned = uint96(bound(earned, 0, 1e27));
        stake(owner.addr, pool, own);
        uint256 theirs = stake(delegator, pool, others);
        uint256 leaving = unstake(delegator, theirs / 2);
        credit(pool, earned);
        uint256 before = worth(owner.addr);
        asked = uint96(bound(asked, 1, before));
        (uint256 bonded, uint256 unbonding) = (worth(delegator), worthOf(leaving));

        assertEq(slash(pool, asked, compensated ? victim : address(0)), asked);
        assertGe(worth(delegator), bonded);
        assertGe(worthOf(leaving), unbonding);
        uint256 share = staking.assetsOf(pool, 1) + 1;
        assertLe(worth(owner.addr) + asked, before + 1 + 2 * share, "the owner pays it");
        assertGe(worth(owner.addr) + asked + 1 + 2 * share, before, "and at most one share more");
        assertEq(burnt(), compensated ? 0 : asked);
        if (!compensated) return;
        assertGe(worthOf(2), asked, "the beneficiary has what it was given");
        assertLe(worthOf(2), asked + share, "but for a share");
    }

    /// @dev Whom the pool belongs to now, whoever staked for it before.
    function test_TheOwnerIsWhoHoldsTheProvider() external {
        stake(owner.addr, pool, ONE);
        stake(stranger, pool, ONE);
        vm.prank(owner.addr);
        IERC721(address(registry)).transferFrom(owner.addr, stranger, 1);
        slash(pool, ONE / 2, victim);
        assertEq(worth(owner.addr), ONE);
        assertEq(worth(stranger), ONE / 2);
        assertEq(worthOf(1), ONE / 2);
    }

    function testFuzz_AMonitorOrTenantOwnsItsPool(bool monitor) external {
        pool = staking.poolId(monitor ? PoolKind.MONITOR : PoolKind.TENANT, uint160(stranger));
        stake(stranger, pool, ONE);
        stake(delegator, pool, ONE);
        lock(pool, ONE);
        assertEq(slash(pool, ONE / 2, victim), ONE / 2);
        assertEq(worth(stranger), ONE / 2);
        assertEq(worth(delegator), ONE);
        assertEq(worthOf(1), ONE / 2);
        assertEq(slash(pool, ONE, address(0)), ONE);
        assertEq(worth(stranger), 0);
        assertEq(burnt(), ONE);
        assertTrue(registry.viewOf(1).collateralised, "provider 1 is another pool");
    }

    function test_TheOwnerItselfMayBeTheBeneficiary() external {
        stake(owner.addr, pool, ONE);
        slash(pool, ONE / 4, owner.addr);
        assertEq(worth(owner.addr), ONE * 3 / 4);
        assertEq(worthOf(1), ONE / 4, "what was bonded is unbonding");
    }

    // ------------------------------------------------------------------------------------------- the owner does not cover it

    function test_TheRestIsBurntProRata() external {
        stake(owner.addr, pool, ONE);
        uint256 shares = stake(delegator, pool, 9 * ONE);
        uint256 leaving = unstake(delegator, shares / 3);
        vm.expectEmit(address(staking));
        emit IStaking.Slashed(pool, 6 * ONE, 6 * ONE, 5 * ONE, victim, leaving + 1);
        assertEq(slash(pool, 6 * ONE, victim), 6 * ONE);

        assertEq(worth(owner.addr), 0);
        assertApproxEqAbs(worth(delegator), 3 * ONE, 1, "half of what it had, as the burning halves the pool");
        assertApproxEqAbs(worthOf(leaving), 3 * ONE / 2, 1, "leaving does not help");
        assertApproxEqAbs(worthOf(leaving + 1), ONE / 2, 1, "nor being the beneficiary");
        assertEq(burnt(), 5 * ONE);
        assertEq(staking.poolOf(pool).assets, 5 * ONE);
        assertEq(token.balanceOf(address(staking)), 5 * ONE);
    }

    function test_AnOwnerWithoutBondedSharesCoversNothing() external {
        uint256 request = stakeAndUnstake(ONE);
        stake(delegator, pool, ONE);
        vm.expectEmit(address(staking));
        emit IStaking.Slashed(pool, ONE, ONE, ONE, victim, 0);
        slash(pool, ONE, victim);
        assertApproxEqAbs(worthOf(request), ONE / 2, 1, "what it had taken out is slashed with the rest");
        assertApproxEqAbs(worth(delegator), ONE / 2, 1);
        assertEq(burnt(), ONE);
    }

    /// @dev Shares that are worth less than one unit compensate nobody; they stay the owner's.
    function test_AnOwnerWithLessThanAUnitCoversNothing() external {
        uint256 shares = stake(owner.addr, pool, 1);
        stake(delegator, pool, ONE);
        leaveWith(owner.addr, shares - 1);
        vm.expectEmit(address(staking));
        emit IStaking.Slashed(pool, 10, 10, 10, victim, 0);
        slash(pool, 10, victim);
        assertEq(staking.sharesOf(pool, owner.addr), 1);
    }

    function test_SharesOfAnEarlierGenerationCoverNothing() external {
        stake(owner.addr, pool, ONE);
        stake(delegator, pool, ONE);
        unstake(delegator, 1);
        slash(pool, 2 * ONE, address(0));
        assertEq(staking.poolOf(pool).generation, 1);
        stake(delegator, pool, ONE);
        vm.expectEmit(address(staking));
        emit IStaking.Slashed(pool, ONE / 2, ONE / 2, ONE / 2, victim, 0);
        slash(pool, ONE / 2, victim);
    }

    /// @dev Law 8: pro rata, unbonding shares included, no other pool, no way round it by leaving first.
    function testFuzz_WhatIsBurntIsBorneProRata(uint96 first, uint96 second, uint96 slashed, bool leaves) external {
        first = uint96(bound(first, 1e6, 1e27));
        second = uint96(bound(second, 1e6, 1e27));
        uint256 total = uint256(first) + second;
        slashed = uint96(bound(slashed, 0, total * 999 / 1000));
        uint256 otherPool = staking.poolId(PoolKind.MONITOR, uint160(stranger));
        uint256 otherShares = stake(stranger, otherPool, ONE);
        uint256 ones = stake(stranger, pool, first);
        uint256 others = stake(delegator, pool, second);
        uint256 request = leaves ? unstake(delegator, others) : 0;

        slash(pool, slashed, victim);
        uint256 left = total - slashed;
        assertApproxEqAbs(staking.assetsOf(pool, ones), left * first / total, 2);
        assertApproxEqAbs(staking.assetsOf(pool, others), left * second / total, 2);
        assertEq(staking.assetsOf(otherPool, otherShares), ONE);
        if (!leaves) return;
        skip(LEAST_DELAY);
        assertApproxEqAbs(withdraw(delegator, request), left * second / total, 2);
    }

    /// @dev Every token that came is in the pool, claimable, burnt or paid out, to the unit; and shares are worth no more than
    /// the pool holds, whatever is slashed in which way.
    function testFuzz_NothingIsLostOrMade(uint96[3] memory stakes, uint96[3] memory asked, uint96 earned, uint8 how)
        external
    {
        uint256 total = bound(earned, 0, 1e27);
        for (uint256 i = 0; i < 3; i++) {
            stakes[i] = uint96(bound(stakes[i], 1e3, 1e27));
            total += stakes[i];
        }
        stake(owner.addr, pool, stakes[0]);
        uint256 shares = stake(delegator, pool, stakes[1]);
        stake(stranger, pool, stakes[2]);
        unstake(delegator, shares / 2);
        credit(pool, bound(earned, 0, 1e27));
        for (uint256 i = 0; i < 3; i++) {
            uint256 held = staking.poolOf(pool).assets;
            slash(pool, asked[i], how >> i & 1 == 0 ? victim : address(0));
            IStaking.Pool memory p = staking.poolOf(pool);
            assertEq(uint256(p.assets) + burnt(), total);
            assertEq(token.balanceOf(address(staking)), p.assets);
            assertGe(uint256(p.assets) + asked[i], held, "never more than was asked");
            uint256 bonded = staking.sharesOf(pool, owner.addr) + staking.sharesOf(pool, delegator)
                + staking.sharesOf(pool, stranger);
            assertEq(bonded + p.unbonding, p.shares, "every share is somebody's");
            assertLe(staking.assetsOf(pool, p.shares), p.assets);
        }
    }

    // ------------------------------------------------------------------------------------------- again

    function test_WhatWasMovedStaysSlashable() external {
        stake(owner.addr, pool, ONE);
        stake(delegator, pool, ONE);
        slash(pool, ONE, victim);
        skip(LEAST_DELAY);
        slash(pool, ONE, address(0));
        assertApproxEqAbs(withdraw(victim, 1), ONE / 2, 1);
    }

    function test_TheDelayOfTheSlashCounts() external {
        stake(owner.addr, pool, ONE);
        slash(pool, ONE, victim);
        vm.prank(governance);
        staking.setUnbondingDelay(90 days);
        skip(LEAST_DELAY);
        assertEq(withdraw(victim, 1), ONE);
    }

    // ------------------------------------------------------------------------------------------- generations

    /// @dev A millionth of what each share was worth is as little as one can be worth. An owner's own shares are taken, not devalued.
    function test_APoolIsEmptyBelowAMillionth() external {
        stake(delegator, pool, 1e12);
        slash(pool, 1e12 - 1e6, address(0));
        assertEq(staking.poolOf(pool).generation, 0);

        uint256 another = staking.poolId(PoolKind.MONITOR, uint160(stranger));
        stake(delegator, another, 1e12 + 1);
        slash(another, 1e12 + 1 - 1e6, address(0));
        assertEq(staking.poolOf(another).generation, 1);
    }

    function test_AnEmptiedPoolStartsAgain() external {
        uint256 shares = stake(owner.addr, pool, ONE);
        stake(delegator, pool, ONE);
        uint256 request = unstake(owner.addr, shares / 2);
        lock(pool, ONE);

        vm.expectEmit(address(staking));
        emit IStaking.GenerationEnded(pool, 0);
        slash(pool, 3 * ONE, address(0));
        IStaking.Pool memory p = staking.poolOf(pool);
        assertEq(p.generation, 1);
        assertEq(p.shares, 0);
        assertEq(p.unbonding, 0);
        assertEq(p.assets, 0);
        assertEq(p.locked, ONE, "the locks stay");
        assertEq(burnt(), 2 * ONE);
        assertFalse(registry.viewOf(1).collateralised);
        assertEq(staking.sharesOf(pool, owner.addr), 0);

        uint256 newShares = stake(stranger, pool, ONE);
        assertEq(staking.assetsOf(pool, newShares), ONE, "the new one's stake is its own");
        assertTrue(registry.viewOf(1).collateralised, "and covers the locks again");
        vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientShares.selector, pool, delegator, 1, 0));
        unstake(delegator, 1);
        skip(LEAST_DELAY);
        assertEq(withdraw(owner.addr, request), 0);
        assertEq(staking.poolOf(pool).shares, newShares);
        assertEq(staking.assetsOf(pool, newShares), ONE);
    }

    /// @dev An owner that is alone has nothing burnt, so its pool is not emptied: it is the beneficiary's.
    function test_ALoneOwnersWholeStakeChangesHands() external {
        stake(owner.addr, pool, ONE);
        lock(pool, ONE);
        slash(pool, 3 * ONE, victim);
        assertEq(staking.poolOf(pool).generation, 0);
        assertEq(staking.bondedOf(pool), 0);
        assertFalse(registry.viewOf(1).collateralised);
        uint256 shares = stake(delegator, pool, ONE);
        skip(LEAST_DELAY);
        assertEq(withdraw(victim, 1), ONE);
        assertEq(staking.assetsOf(pool, shares), ONE);
    }

    /// @dev A burning that leaves dust must not leave shares so cheap that the next stake overflows its type.
    function testFuzz_WhateverIsLeftThePoolTakesStake(uint96 assets, uint96 left, uint96 next) external {
        assets = uint96(bound(assets, ONE, 1e27));
        left = uint96(bound(left, 0, assets));
        next = uint96(bound(next, ONE, 1e27));
        stake(stranger, pool, assets);
        slash(pool, assets - left, victim);
        assertEq(staking.poolOf(pool).generation, uint256(left) * 1e6 < assets ? 1 : 0);
        uint256 shares = stake(delegator, pool, next);
        assertApproxEqAbs(staking.assetsOf(pool, shares), next, uint256(left) / 1e6 + 2);
    }

    /// @dev Having the owner's shares taken out of it does not make a pool's shares a trap for who stakes next.
    function testFuzz_WhoStakesAfterASlashLosesNothing(uint96 own, uint96 asked, uint96 next, bool compensated)
        external
    {
        own = uint96(bound(own, 1e6, 1e27));
        next = uint96(bound(next, 1e6, 1e27));
        asked = uint96(bound(asked, 1, own));
        stake(owner.addr, pool, own);
        slash(pool, asked, compensated ? victim : address(0));
        uint256 shares = stake(delegator, pool, next);
        assertApproxEqAbs(staking.assetsOf(pool, shares), next, 2);
    }

    // ------------------------------------------------------------------------------------------- locks

    function test_MakesUnderCollateralised() external {
        stake(owner.addr, pool, 2 * ONE);
        lock(pool, ONE);
        slash(pool, ONE, victim);
        assertTrue(registry.viewOf(1).collateralised);
        slash(pool, 1, victim);
        assertFalse(registry.viewOf(1).collateralised);
        assertEq(staking.poolOf(pool).locked, ONE);
        stake(delegator, pool, 1);
        assertTrue(registry.viewOf(1).collateralised);
    }

    function test_MakesUnderCollateralisedByBurning() external {
        stake(delegator, pool, 2 * ONE);
        lock(pool, ONE);
        slash(pool, ONE - 2, victim);
        assertTrue(registry.viewOf(1).collateralised);
        slash(pool, 3, victim);
        assertFalse(registry.viewOf(1).collateralised);
        stake(delegator, pool, 2);
        assertTrue(registry.viewOf(1).collateralised);
    }
}
