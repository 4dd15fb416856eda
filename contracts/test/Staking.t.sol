// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IStaking} from "../src/interfaces/IStaking.sol";
import {PoolKind} from "../src/interfaces/Types.sol";
import {StakingBase} from "./Staking/StakingBase.sol";

/// @dev Slashes are in Staking/Slash.t.sol.
contract StakingTest is StakingBase {
    // ------------------------------------------------------------------------------------------- stake

    function testFuzz_stake_RevertWhen_ThePoolIsOfNoKnownKind(uint256 unknown) external {
        uint256 kind = unknown >> 160;
        vm.assume(kind == 0 || kind > PoolKind.TENANT);
        _expectInvalidPool(unknown);
    }

    function testFuzz_stake_RevertWhen_TheProviderIsNotRegistered(uint160 id) external {
        vm.assume(id != 1);
        _expectInvalidPool(staking.poolId(PoolKind.PROVIDER, id));
    }

    function test_stake_RevertWhen_Zero() external {
        vm.expectRevert(IStaking.ZeroAmount.selector);
        staking.stake(pool, 0);
    }

    function testFuzz_stake(uint8 kind, uint128 assets) external {
        kind = uint8(bound(kind, PoolKind.PROVIDER, PoolKind.TENANT));
        assets = uint128(bound(assets, 1, 1e32));
        uint256 any = staking.poolId(kind, kind == PoolKind.PROVIDER ? 1 : uint160(stranger));
        token.mint(stranger, assets);
        vm.startPrank(stranger);
        token.approve(address(staking), assets);
        vm.expectEmit(address(staking));
        emit IStaking.Staked(any, stranger, assets, uint256(assets) * 1e6);
        uint256 shares = staking.stake(any, assets);

        assertEq(staking.sharesOf(any, stranger), shares);
        assertEq(staking.poolOf(any).assets, assets);
        assertEq(staking.poolOf(any).shares, shares);
        assertEq(staking.assetsOf(any, shares), assets);
        assertEq(staking.bondedOf(any), assets);
        assertEq(token.balanceOf(address(staking)), assets);
    }

    /// @dev Whatever came before, staking never gives more than was put in and never takes from who was there.
    function testFuzz_stake_SharesRoundDown(uint96 first, uint96 earned, uint96 second) external {
        first = uint96(bound(first, 1, type(uint96).max));
        second = uint96(bound(second, 1, type(uint96).max));
        uint256 firstShares = stake(owner.addr, pool, first);
        credit(pool, earned);
        uint256 worth = staking.assetsOf(pool, firstShares);
        vm.assume(uint256(second) * (firstShares + 1e6) >= uint256(first) + earned + 1);

        uint256 shares = stake(delegator, pool, second);
        assertLe(staking.assetsOf(pool, shares), second);
        assertGe(staking.assetsOf(pool, firstShares), worth);
    }

    /// @dev The first to stake takes one unit and gives the pool a fortune, hoping that the next one's shares round to
    /// nothing. Tokens sent directly do not count at all; rewards do, and then the loss is below a millionth of them.
    function testFuzz_stake_ADonationDoesNotPay(uint96 donation, uint96 assets) external {
        assets = uint96(bound(assets, 1e6, type(uint96).max));
        donation = uint96(bound(donation, 1, type(uint96).max));
        stake(stranger, pool, 1);
        token.mint(address(staking), donation);
        assertEq(staking.poolOf(pool).assets, 1, "a transfer is no stake");

        credit(pool, donation);
        vm.assume(uint256(assets) * 2e6 >= uint256(donation) + 2);
        uint256 shares = stake(victim, pool, assets);
        uint256 lost = assets - staking.assetsOf(pool, shares);
        assertLe(lost, uint256(donation) / 1e6 + 2, "less than a millionth of the donation");
        uint256 robbed = staking.assetsOf(pool, staking.sharesOf(pool, stranger));
        assertLe(robbed, uint256(donation) / 2 + lost + 2, "half of it is gone for ever");
    }

    // ------------------------------------------------------------------------------------------- unstake, withdraw

    function test_unstake_RevertWhen_Zero() external {
        vm.expectRevert(IStaking.ZeroAmount.selector);
        staking.unstake(pool, 0);
    }

    function testFuzz_unstake_RevertWhen_MoreThanHeld(uint128 shares) external {
        uint256 held = stake(owner.addr, pool, ONE);
        stake(delegator, pool, ONE);
        shares = uint128(bound(shares, held + 1, type(uint128).max));
        vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientShares.selector, pool, owner.addr, shares, held));
        vm.prank(owner.addr);
        staking.unstake(pool, shares);
    }

    function testFuzz_unstake_TheLocksStayCovered(uint96 locked, uint96 left) external {
        locked = uint96(bound(locked, 1, ONE));
        left = uint96(bound(left, 0, ONE - 1));
        uint256 shares = stake(owner.addr, pool, ONE);
        lock(pool, locked);
        uint256 leaving = shares - uint256(left) * 1e6;
        if (left < locked) {
            vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientStake.selector, pool, ONE - left, ONE - locked));
        }
        vm.prank(owner.addr);
        staking.unstake(pool, leaving);
        assertGe(staking.bondedOf(pool), locked);
    }

    function test_unstake() external {
        uint256 shares = stake(owner.addr, pool, ONE);
        uint40 availableAt = uint40(vm.getBlockTimestamp()) + LEAST_DELAY;
        vm.expectEmit(address(staking));
        emit IStaking.UnstakeRequested(1, pool, owner.addr, shares / 4, availableAt);
        vm.prank(owner.addr);
        uint256 request = staking.unstake(pool, shares / 4);

        assertEq(staking.sharesOf(pool, owner.addr), shares - shares / 4);
        assertEq(staking.bondedOf(pool), ONE * 3 / 4);
        assertEq(staking.poolOf(pool).assets, ONE, "still in the pool");
        assertEq(staking.poolOf(pool).unbonding, shares / 4);
        (uint256 pool_, address account, uint128 shares_, uint32 generation, uint40 available) =
            staking.requestOf(request);
        assertEq(pool_, pool);
        assertEq(account, owner.addr);
        assertEq(shares_, shares / 4);
        assertEq(generation, 0);
        assertEq(available, availableAt);
    }

    function test_withdraw_RevertWhen_NotTheRequester() external {
        uint256 request = stakeAndUnstake(ONE);
        skip(LEAST_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotRequester.selector, request, stranger));
        vm.prank(stranger);
        staking.withdraw(request, stranger);
    }

    function test_withdraw_RevertWhen_StillBonded() external {
        uint256 request = stakeAndUnstake(ONE);
        uint40 availableAt = uint40(vm.getBlockTimestamp()) + LEAST_DELAY;
        vm.warp(availableAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IStaking.StillBonded.selector, request, availableAt, availableAt - 1));
        vm.prank(owner.addr);
        staking.withdraw(request, owner.addr);
    }

    function test_withdraw_RevertWhen_PaidBefore() external {
        uint256 request = stakeAndUnstake(ONE);
        stake(delegator, pool, ONE);
        skip(LEAST_DELAY);
        vm.startPrank(owner.addr);
        staking.withdraw(request, owner.addr);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotRequester.selector, request, owner.addr));
        staking.withdraw(request, owner.addr);
    }

    function test_withdraw() external {
        uint256 request = stakeAndUnstake(ONE);
        skip(LEAST_DELAY);
        vm.expectEmit(address(staking));
        emit IStaking.Unstaked(request, pool, owner.addr, ONE, stranger);
        vm.prank(owner.addr);
        assertEq(staking.withdraw(request, stranger), ONE);
        assertEq(token.balanceOf(stranger), ONE);
        assertEq(staking.poolOf(pool).assets, 0);
        assertEq(staking.poolOf(pool).shares, 0);
        assertEq(staking.poolOf(pool).unbonding, 0);
    }

    function test_withdraw_TheDelayOfTheRequestCounts() external {
        uint256 request = stakeAndUnstake(ONE);
        vm.prank(governance);
        staking.setUnbondingDelay(90 days);
        skip(LEAST_DELAY);
        vm.prank(owner.addr);
        assertEq(staking.withdraw(request, owner.addr), ONE);
    }

    /// @dev Nobody gets out more than went in and was earned, whatever the order of things.
    function testFuzz_withdraw_NeverMoreThanWentIn(uint96 first, uint96 second, uint96 earned, uint96 slashed)
        external
    {
        first = uint96(bound(first, 1e6, 1e27));
        second = uint96(bound(second, 1e6, 1e27));
        earned = uint96(bound(earned, 0, 1e27));
        uint256 mine = stake(owner.addr, pool, first);
        uint256 theirs = stake(delegator, pool, second);
        credit(pool, earned);
        slash(pool, slashed, address(0));
        uint256 left = uint256(first) + second + earned - burnt();
        mine = staking.sharesOf(pool, owner.addr);
        theirs = staking.sharesOf(pool, delegator);
        uint256 paid;
        if (mine > 0) paid += leaveWith(owner.addr, mine);
        if (theirs > 0) paid += leaveWith(delegator, theirs);
        assertLe(paid, left);
        assertEq(token.balanceOf(address(staking)), left - paid);
        assertEq(staking.poolOf(pool).shares, 0);
        assertEq(staking.poolOf(pool).assets, left - paid);
    }

    // ------------------------------------------------------------------------------------------- lock, unlock

    function testFuzz_lock_RevertWhen_NotALocker(address caller) external {
        vm.assume(caller != address(capacity) && caller != reports);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotLocker.selector, caller));
        vm.prank(caller);
        staking.lock(pool, 1);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotLocker.selector, caller));
        vm.prank(caller);
        staking.unlock(pool, 1);
    }

    function test_lock_RevertWhen_BondedDoesNotCover() external {
        uint256 shares = stake(owner.addr, pool, ONE);
        lock(pool, ONE / 2);
        vm.prank(owner.addr);
        staking.unstake(pool, shares / 4);
        vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientStake.selector, pool, ONE / 4 + 1, ONE / 4));
        lock(pool, ONE / 4 + 1);
    }

    function test_lock() external {
        stake(owner.addr, pool, ONE);
        vm.expectEmit(address(staking));
        emit IStaking.Locked(pool, ONE / 2, ONE / 2);
        lock(pool, ONE / 2);
        lock(pool, ONE / 2);
        assertEq(staking.poolOf(pool).locked, ONE);
        assertTrue(registry.viewOf(1).collateralised);
    }

    function test_unlock_RevertWhen_LessIsLocked() external {
        stake(owner.addr, pool, ONE);
        lock(pool, 5);
        vm.expectRevert(abi.encodeWithSelector(IStaking.UnlockExceedsLock.selector, pool, 6, 5));
        vm.prank(reports);
        staking.unlock(pool, 6);
    }

    function test_unlock_MakesCollateralisedAgain() external {
        stake(owner.addr, pool, ONE);
        lock(pool, ONE);
        slash(pool, ONE / 2, victim);
        assertFalse(registry.viewOf(1).collateralised);
        vm.expectEmit(address(staking));
        emit IStaking.Unlocked(pool, ONE / 2 - 1, ONE / 2 + 1);
        vm.prank(reports);
        staking.unlock(pool, ONE / 2 - 1);
        assertFalse(registry.viewOf(1).collateralised);
        vm.prank(reports);
        staking.unlock(pool, 2);
        assertTrue(registry.viewOf(1).collateralised);
    }

    // ------------------------------------------------------------------------------------------- credit, claim

    function testFuzz_credit_RevertWhen_NotTheRewarder(address caller) external {
        vm.assume(caller != rewards);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotRewarder.selector, caller));
        vm.prank(caller);
        staking.credit(pool, 1);
    }

    function testFuzz_credit(uint96 assets, uint96 amount, uint16 bps) external {
        assets = uint96(bound(assets, 1e6, 1e27));
        bps = uint16(bound(bps, 0, 10_000));
        uint256 shares = stake(delegator, pool, assets);
        commission(bps);
        uint256 commission = uint256(amount) * bps / 10_000;
        token.mint(address(staking), amount);
        vm.expectEmit(address(staking));
        emit IStaking.Credited(pool, amount - commission, commission);
        vm.prank(rewards);
        staking.credit(pool, amount);
        assertEq(staking.claimable(owner.addr), commission);
        assertEq(staking.poolOf(pool).assets, uint256(assets) + amount - commission);
        assertLe(staking.assetsOf(pool, shares), uint256(assets) + amount - commission);
        assertGe(staking.assetsOf(pool, shares), assets);
    }

    function test_credit_WithoutSharesItIsTheOwners() external {
        credit(pool, 7);
        assertEq(staking.claimable(owner.addr), 7);
        assertEq(staking.poolOf(pool).assets, 0);
        uint256 monitor = staking.poolId(PoolKind.MONITOR, uint160(stranger));
        credit(monitor, 9);
        assertEq(staking.claimable(stranger), 9);
    }

    function test_credit_MakesCollateralisedAgain() external {
        stake(owner.addr, pool, ONE);
        lock(pool, ONE);
        slash(pool, 10, victim);
        assertFalse(registry.viewOf(1).collateralised);
        credit(pool, 11);
        assertTrue(registry.viewOf(1).collateralised);
    }

    function test_claim_RevertWhen_Nothing() external {
        vm.expectRevert(IStaking.ZeroAmount.selector);
        staking.claim(stranger);
    }

    function test_claim() external {
        stake(delegator, pool, ONE);
        commission(5_000);
        credit(pool, 10);
        credit(pool, 4);
        vm.expectEmit(address(staking));
        emit IStaking.Claimed(owner.addr, 7, stranger);
        vm.startPrank(owner.addr);
        assertEq(staking.claim(stranger), 7);
        assertEq(token.balanceOf(stranger), 7);
        vm.expectRevert(IStaking.ZeroAmount.selector);
        staking.claim(stranger);
    }

    // ------------------------------------------------------------------------------------------- setCommission

    function test_setCommission_RevertWhen_NotThePoolsOwner() external {
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotPoolOwner.selector, pool, stranger));
        vm.prank(stranger);
        staking.setCommission(pool, 1);
        uint256 monitor = staking.poolId(PoolKind.MONITOR, uint160(stranger));
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotPoolOwner.selector, monitor, owner.addr));
        vm.prank(owner.addr);
        staking.setCommission(monitor, 1);
        vm.prank(stranger);
        staking.setCommission(monitor, 1);
    }

    function testFuzz_setCommission_RevertWhen_MoreThanEverything(uint16 bps) external {
        bps = uint16(bound(bps, 10_001, type(uint16).max));
        vm.expectRevert(abi.encodeWithSelector(IStaking.CommissionTooHigh.selector, bps, 10_000));
        vm.prank(owner.addr);
        staking.setCommission(pool, bps);
    }

    function test_setCommission_OfEverything() external {
        vm.prank(owner.addr);
        staking.setCommission(pool, 10_000);
        skip(staking.unbondingDelay());
        stake(owner.addr, pool, ONE);
        credit(pool, ONE);
        assertEq(staking.claimable(owner.addr), ONE);
    }

    function test_setCommission_RisesAfterTheDelayAndFallsAtOnce() external {
        uint40 start = uint40(vm.getBlockTimestamp());
        stake(delegator, pool, ONE);
        vm.startPrank(owner.addr);
        vm.expectEmit(address(staking));
        emit IStaking.CommissionChanged(pool, 1_000, start + LEAST_DELAY);
        staking.setCommission(pool, 1_000);
        assertEq(staking.poolOf(pool).commissionBps, 0);
        assertEq(staking.poolOf(pool).nextCommissionBps, 1_000);
        vm.stopPrank();
        vm.warp(start + LEAST_DELAY - 1);
        credit(pool, 100);
        assertEq(staking.claimable(owner.addr), 0);
        vm.warp(start + LEAST_DELAY);
        credit(pool, 100);
        assertEq(staking.claimable(owner.addr), 10);
        assertEq(staking.poolOf(pool).commissionBps, 1_000);
        assertEq(staking.poolOf(pool).nextCommissionFrom, 0);

        vm.prank(owner.addr);
        staking.setCommission(pool, 500);
        credit(pool, 100);
        assertEq(staking.claimable(owner.addr), 15);
    }

    function test_setCommission_ASecondRiseStartsTheDelayAgain() external {
        uint40 start = uint40(vm.getBlockTimestamp());
        vm.prank(owner.addr);
        staking.setCommission(pool, 1_000);
        vm.warp(start + LEAST_DELAY - 1);
        vm.prank(owner.addr);
        staking.setCommission(pool, 900);
        vm.warp(start + LEAST_DELAY);
        assertEq(staking.poolOf(pool).commissionBps, 0);
        vm.warp(start + 2 * LEAST_DELAY - 1);
        assertEq(staking.poolOf(pool).commissionBps, 900);
    }

    function test_setCommission_StayingDropsARiseThatWaits() external {
        vm.startPrank(owner.addr);
        staking.setCommission(pool, 1_000);
        staking.setCommission(pool, 0);
        skip(2 * LEAST_DELAY);
        assertEq(staking.poolOf(pool).commissionBps, 0);
    }

    function test_setCommission_FollowsTheProvidersToken() external {
        vm.prank(owner.addr);
        IERC721(address(registry)).transferFrom(owner.addr, stranger, 1);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotPoolOwner.selector, pool, owner.addr));
        vm.prank(owner.addr);
        staking.setCommission(pool, 1);
        credit(pool, 3);
        assertEq(staking.claimable(stranger), 3);
    }

    // ------------------------------------------------------------------------------------------- setUnbondingDelay

    function test_setUnbondingDelay_RevertWhen_NotGovernance() external {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        staking.setUnbondingDelay(LEAST_DELAY);
    }

    function testFuzz_setUnbondingDelay(uint32 delay) external {
        bool within = delay >= LEAST_DELAY && delay <= 90 days;
        if (within) {
            vm.expectEmit(address(staking));
            emit IStaking.UnbondingDelayChanged(delay);
        } else {
            vm.expectRevert(
                abi.encodeWithSelector(IStaking.UnbondingDelayOutOfBounds.selector, delay, LEAST_DELAY, 90 days)
            );
        }
        vm.prank(governance);
        staking.setUnbondingDelay(delay);
        assertEq(staking.unbondingDelay(), within ? delay : LEAST_DELAY);
    }

    function _expectInvalidPool(uint256 unknown) internal {
        vm.expectRevert(abi.encodeWithSelector(IStaking.InvalidPool.selector, unknown));
        staking.stake(unknown, 1);
    }
}
