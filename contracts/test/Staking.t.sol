// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IStaking} from "../src/interfaces/IStaking.sol";
import {PoolKind} from "../src/interfaces/Types.sol";
import {Providers} from "./utils/Providers.sol";

contract StakingTest is Providers {
    uint256 internal constant ONE = 1e18;

    Account internal owner = makeAccount("owner");
    address internal delegator = makeAddr("delegator");
    address internal stranger = makeAddr("stranger");
    address internal victim = makeAddr("victim");
    uint256 internal pool;

    function setUp() external {
        deployProviders();
        pool = poolOf(register(owner));
    }

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
        _credit(pool, earned);
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

        _credit(pool, donation);
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
        _lock(pool, locked);
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
        uint256 request = _stakeAndUnstake(ONE);
        skip(LEAST_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotRequester.selector, request, stranger));
        vm.prank(stranger);
        staking.withdraw(request, stranger);
    }

    function test_withdraw_RevertWhen_StillBonded() external {
        uint256 request = _stakeAndUnstake(ONE);
        uint40 availableAt = uint40(vm.getBlockTimestamp()) + LEAST_DELAY;
        vm.warp(availableAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IStaking.StillBonded.selector, request, availableAt, availableAt - 1));
        vm.prank(owner.addr);
        staking.withdraw(request, owner.addr);
    }

    function test_withdraw_RevertWhen_PaidBefore() external {
        uint256 request = _stakeAndUnstake(ONE);
        stake(delegator, pool, ONE);
        skip(LEAST_DELAY);
        vm.startPrank(owner.addr);
        staking.withdraw(request, owner.addr);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotRequester.selector, request, owner.addr));
        staking.withdraw(request, owner.addr);
    }

    function test_withdraw() external {
        uint256 request = _stakeAndUnstake(ONE);
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
        uint256 request = _stakeAndUnstake(ONE);
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
        _credit(pool, earned);
        uint256 taken = _slash(pool, slashed, victim);
        mine = staking.sharesOf(pool, owner.addr);
        theirs = staking.sharesOf(pool, delegator);
        uint256 paid;
        if (mine > 0) paid += _leave(owner.addr, mine);
        if (theirs > 0) paid += _leave(delegator, theirs);
        assertEq(token.balanceOf(address(staking)), uint256(first) + second + earned - paid);
        assertLe(paid + taken, uint256(first) + second + earned);
        assertEq(staking.poolOf(pool).shares, 0);
        assertEq(staking.poolOf(pool).assets, uint256(first) + second + earned - paid - taken);
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
        _lock(pool, ONE / 2);
        vm.prank(owner.addr);
        staking.unstake(pool, shares / 4);
        vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientStake.selector, pool, ONE / 4 + 1, ONE / 4));
        _lock(pool, ONE / 4 + 1);
    }

    function test_lock() external {
        stake(owner.addr, pool, ONE);
        vm.expectEmit(address(staking));
        emit IStaking.Locked(pool, ONE / 2, ONE / 2);
        _lock(pool, ONE / 2);
        _lock(pool, ONE / 2);
        assertEq(staking.poolOf(pool).locked, ONE);
        assertTrue(registry.viewOf(1).collateralised);
    }

    function test_unlock_RevertWhen_LessIsLocked() external {
        stake(owner.addr, pool, ONE);
        _lock(pool, 5);
        vm.expectRevert(abi.encodeWithSelector(IStaking.UnlockExceedsLock.selector, pool, 6, 5));
        vm.prank(reports);
        staking.unlock(pool, 6);
    }

    function test_unlock_MakesCollateralisedAgain() external {
        stake(owner.addr, pool, ONE);
        _lock(pool, ONE);
        _slash(pool, ONE / 2, victim);
        assertFalse(registry.viewOf(1).collateralised);
        vm.expectEmit(address(staking));
        emit IStaking.Unlocked(pool, ONE / 2 - 1, ONE / 2 + 1);
        vm.prank(reports);
        staking.unlock(pool, ONE / 2 - 1);
        assertFalse(registry.viewOf(1).collateralised);
        vm.prank(reports);
        staking.unlock(pool, 2); // the slash leaves half a unit less than half to who staked: the virtual share's
        assertTrue(registry.viewOf(1).collateralised);
    }

    // ------------------------------------------------------------------------------------------- slash

    function testFuzz_slash_RevertWhen_NotASlasher(address caller) external {
        vm.assume(caller != address(capacity) && caller != reports);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotSlasher.selector, caller));
        vm.prank(caller);
        staking.slash(pool, 1, caller);
    }

    function testFuzz_slash_TakesAtMostWhatThePoolHolds(uint96 assets, uint256 asked) external {
        assets = uint96(bound(assets, 1, type(uint96).max));
        stake(owner.addr, pool, assets);
        uint256 expected = asked < assets ? asked : assets;
        vm.expectEmit(address(staking));
        emit IStaking.Slashed(pool, asked, expected, victim);
        assertEq(_slash(pool, asked, victim), expected);
        assertEq(staking.poolOf(pool).assets, assets - expected);
        assertEq(staking.claimable(victim), expected);
    }

    /// @dev Law 8: pro rata, unbonding shares included, no other pool, no way round it by leaving first.
    function testFuzz_slash_IsBorneProRata(uint96 first, uint96 second, uint96 slashed, bool leaves) external {
        first = uint96(bound(first, 1e6, 1e27));
        second = uint96(bound(second, 1e6, 1e27));
        uint256 total = uint256(first) + second;
        slashed = uint96(bound(slashed, 0, total * 999 / 1000));
        uint256 otherPool = staking.poolId(PoolKind.MONITOR, uint160(stranger));
        uint256 otherShares = stake(stranger, otherPool, ONE);
        uint256 mine = stake(owner.addr, pool, first);
        uint256 theirs = stake(delegator, pool, second);
        uint256 request;
        if (leaves) {
            vm.prank(delegator);
            request = staking.unstake(pool, theirs);
        }

        _slash(pool, slashed, victim);
        uint256 left = total - slashed;
        assertApproxEqAbs(staking.assetsOf(pool, mine), left * first / total, 2);
        assertApproxEqAbs(staking.assetsOf(pool, theirs), left * second / total, 2);
        assertEq(staking.assetsOf(otherPool, otherShares), ONE);
        if (leaves) {
            skip(LEAST_DELAY);
            vm.prank(delegator);
            assertApproxEqAbs(staking.withdraw(request, delegator), left * second / total, 2);
        }
    }

    function test_slash_AnEmptiedPoolStartsAgain() external {
        uint256 shares = stake(owner.addr, pool, ONE);
        stake(delegator, pool, ONE);
        vm.prank(owner.addr);
        uint256 request = staking.unstake(pool, shares / 2);
        _lock(pool, ONE);

        vm.expectEmit(address(staking));
        emit IStaking.GenerationEnded(pool, 0);
        _slash(pool, 3 * ONE, victim);
        IStaking.Pool memory p = staking.poolOf(pool);
        assertEq(p.generation, 1);
        assertEq(p.shares, 0);
        assertEq(p.unbonding, 0);
        assertEq(p.assets, 0);
        assertEq(p.locked, ONE, "the locks stay");
        assertFalse(registry.viewOf(1).collateralised);
        assertEq(staking.sharesOf(pool, owner.addr), 0);

        uint256 newShares = stake(stranger, pool, ONE);
        assertEq(staking.assetsOf(pool, newShares), ONE, "the new one's stake is its own");
        assertTrue(registry.viewOf(1).collateralised, "and covers the locks again");
        vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientShares.selector, pool, delegator, 1, 0));
        vm.prank(delegator);
        staking.unstake(pool, 1);
        skip(LEAST_DELAY);
        vm.prank(owner.addr);
        assertEq(staking.withdraw(request, owner.addr), 0);
        assertEq(staking.poolOf(pool).shares, newShares);
        assertEq(staking.assetsOf(pool, newShares), ONE);
    }

    /// @dev A slash that leaves dust must not leave shares so cheap that the next stake overflows its type.
    function testFuzz_slash_WhateverIsLeftThePoolTakesStake(uint96 assets, uint96 left, uint96 next) external {
        assets = uint96(bound(assets, ONE, 1e27));
        left = uint96(bound(left, 0, assets));
        next = uint96(bound(next, ONE, 1e27));
        stake(owner.addr, pool, assets);
        _slash(pool, assets - left, victim);
        assertEq(staking.poolOf(pool).generation, uint256(left) * 1e6 < assets ? 1 : 0);
        uint256 shares = stake(delegator, pool, next);
        assertApproxEqAbs(staking.assetsOf(pool, shares), next, uint256(left) / 1e6 + 2);
    }

    function test_slash_MakesUnderCollateralised() external {
        stake(owner.addr, pool, 2 * ONE);
        _lock(pool, ONE);
        _slash(pool, ONE - 2, victim);
        assertTrue(registry.viewOf(1).collateralised);
        _slash(pool, 3, victim);
        assertFalse(registry.viewOf(1).collateralised);
        stake(delegator, pool, 2);
        assertTrue(registry.viewOf(1).collateralised);
    }

    function test_slash_OfAMonitorTellsNobody() external {
        uint256 monitor = staking.poolId(PoolKind.MONITOR, 1);
        stake(stranger, monitor, ONE);
        _lock(monitor, ONE);
        _slash(monitor, ONE, victim);
        assertTrue(registry.viewOf(1).collateralised, "provider 1 is another pool");
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
        _commission(bps);
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
        _credit(pool, 7);
        assertEq(staking.claimable(owner.addr), 7);
        assertEq(staking.poolOf(pool).assets, 0);
        uint256 monitor = staking.poolId(PoolKind.MONITOR, uint160(stranger));
        _credit(monitor, 9);
        assertEq(staking.claimable(stranger), 9);
    }

    function test_credit_MakesCollateralisedAgain() external {
        stake(owner.addr, pool, ONE);
        _lock(pool, ONE);
        _slash(pool, 10, victim);
        assertFalse(registry.viewOf(1).collateralised);
        _credit(pool, 11);
        assertTrue(registry.viewOf(1).collateralised);
    }

    function test_claim_RevertWhen_Nothing() external {
        vm.expectRevert(IStaking.ZeroAmount.selector);
        staking.claim(stranger);
    }

    function test_claim() external {
        stake(owner.addr, pool, ONE);
        _slash(pool, 5, victim);
        _slash(pool, 2, victim);
        vm.expectEmit(address(staking));
        emit IStaking.Claimed(victim, 7, stranger);
        vm.startPrank(victim);
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
        _credit(pool, 100);
        assertEq(staking.claimable(owner.addr), 0);
        vm.warp(start + LEAST_DELAY);
        _credit(pool, 100);
        assertEq(staking.claimable(owner.addr), 10);
        assertEq(staking.poolOf(pool).commissionBps, 1_000);
        assertEq(staking.poolOf(pool).nextCommissionFrom, 0);

        vm.prank(owner.addr);
        staking.setCommission(pool, 500);
        _credit(pool, 100);
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
        _credit(pool, 3);
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

    // ------------------------------------------------------------------------------------------- helpers

    function _lock(uint256 pool_, uint256 amount) internal {
        vm.prank(reports);
        staking.lock(pool_, amount);
    }

    function _slash(uint256 pool_, uint256 amount, address beneficiary) internal returns (uint256) {
        vm.prank(reports);
        return staking.slash(pool_, amount, beneficiary);
    }

    function _credit(uint256 pool_, uint256 amount) internal {
        token.mint(address(staking), amount);
        vm.prank(rewards);
        staking.credit(pool_, amount);
    }

    function _commission(uint16 bps) internal {
        vm.prank(owner.addr);
        staking.setCommission(pool, bps);
        skip(LEAST_DELAY);
    }

    function _stakeAndUnstake(uint256 assets) internal returns (uint256 request) {
        uint256 shares = stake(owner.addr, pool, assets);
        vm.prank(owner.addr);
        return staking.unstake(pool, shares);
    }

    function _leave(address account, uint256 shares) internal returns (uint256 assets) {
        vm.startPrank(account);
        uint256 request = staking.unstake(pool, shares);
        skip(LEAST_DELAY);
        assets = staking.withdraw(request, account);
        vm.stopPrank();
    }

    function _expectInvalidPool(uint256 unknown) internal {
        vm.expectRevert(abi.encodeWithSelector(IStaking.InvalidPool.selector, unknown));
        staking.stake(unknown, 1);
    }
}
