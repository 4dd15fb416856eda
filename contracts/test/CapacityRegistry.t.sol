// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {ICapacityRegistry} from "../src/interfaces/ICapacityRegistry.sol";
import {IStaking} from "../src/interfaces/IStaking.sol";
import {Tier} from "../src/interfaces/Types.sol";
import {compensationOf} from "./utils/compensationOf.sol";
import {Providers} from "./utils/Providers.sol";

contract CapacityRegistryTest is Providers {
    uint96 internal constant PER_UNIT = 10e18;
    uint256 internal constant STAKE = 1_000e18;

    Account internal owner = makeAccount("owner");
    address internal stranger = makeAddr("stranger");
    address internal tenant = makeAddr("tenant");
    uint64 internal provider;
    uint256 internal pool;
    uint40 internal until;

    function setUp() external {
        deployProviders();
        provider = register(owner);
        pool = poolOf(provider);
        until = uint40(vm.getBlockTimestamp()) + 30 days;
        stake(owner.addr, pool, STAKE);
        _list(PER_UNIT);
    }

    // ------------------------------------------------------------------------------------------- commit

    function test_commit_RevertWhen_NeitherOwnerNorOperator() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.NotOwnerOrOperator.selector, provider, stranger));
        vm.prank(stranger);
        capacity.commit(provider, CU, 1, until);
    }

    function test_commit_RevertWhen_NotListed() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.ResourceNotListed.selector, bytes32("gpu")));
        vm.prank(owner.addr);
        capacity.commit(provider, "gpu", 1, until);
    }

    function test_commit_RevertWhen_NoUnits() external {
        vm.expectRevert(ICapacityRegistry.ZeroUnits.selector);
        _commit(0, until);
    }

    function test_commit_RevertWhen_UntilIsInThePast() external {
        uint40 now_ = uint40(vm.getBlockTimestamp());
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.UntilTooEarly.selector, now_ - 1, now_));
        _commit(1, now_ - 1);
    }

    function test_commit_RevertWhen_UntilMovesBack() external {
        _commit(1, until);
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.UntilTooEarly.selector, until - 1, until));
        _commit(1, until - 1);
    }

    function test_commit_RevertWhen_StakeDoesNotCover() external {
        vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientStake.selector, pool, STAKE + PER_UNIT, STAKE));
        _commit(101, until);
    }

    function testFuzz_commit(uint32 first, uint32 second, uint40 later) external {
        first = uint32(bound(first, 1, 50));
        second = uint32(bound(second, 0, 50));
        later = uint40(bound(later, 0, 3650 days));
        vm.expectEmit(address(capacity));
        emit ICapacityRegistry.Committed(provider, CU, first, PER_UNIT, until);
        _commit(first, until);
        vm.prank(operatorOf(owner).addr);
        capacity.commit(provider, CU, second, until + later);
        _assertCommitment(first + second, 0, PER_UNIT, until + later);
        assertEq(_locked(), uint256(first + second) * PER_UNIT);
    }

    /// @dev What is locked is always units times the stake per unit that the slot says.
    function testFuzz_commit_LocksAllUnitsAtThePresentStake(uint32 first, uint32 second, uint96 perUnit) external {
        first = uint32(bound(first, 1, 50));
        second = uint32(bound(second, 0, 50));
        perUnit = uint96(bound(perUnit, 0, PER_UNIT));
        _commit(first, until);
        _list(perUnit);
        _commit(second, until);
        _assertCommitment(first + second, 0, perUnit, until);
        assertEq(_locked(), uint256(first + second) * perUnit);
    }

    function test_commit_RevertWhen_TheStakePerUnitRoseTooHigh() external {
        _commit(50, until);
        _list(3 * PER_UNIT);
        vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientStake.selector, pool, STAKE, STAKE / 2));
        _commit(0, until);
    }

    function test_commit_ClassesAndProvidersAreApart() external {
        vm.prank(governance);
        capacity.setResource("gpu", true, 1);
        _commit(3, until);
        vm.prank(owner.addr);
        capacity.commit(provider, "gpu", 5, until + 1);
        _assertCommitment(3, 0, PER_UNIT, until);
        assertEq(_locked(), 3 * uint256(PER_UNIT) + 5);
        assertEq(capacity.commitmentOf(provider + 1, CU).committed, 0);
    }

    // ------------------------------------------------------------------------------------------- uncommit

    function test_uncommit_RevertWhen_NeitherOwnerNorOperator() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.NotOwnerOrOperator.selector, provider, stranger));
        vm.prank(stranger);
        capacity.uncommit(provider, CU, 1);
    }

    function test_uncommit_RevertWhen_Zero() external {
        vm.expectRevert(ICapacityRegistry.ZeroUnits.selector);
        _uncommit(0);
    }

    function testFuzz_uncommit_RevertWhen_Leased(uint32 leased, uint32 units) external {
        leased = uint32(bound(leased, 0, 10));
        units = uint32(bound(units, 11 - leased, type(uint32).max));
        _commit(10, until);
        _allocate(leased, until);
        vm.expectRevert(
            abi.encodeWithSelector(ICapacityRegistry.UnitsLeased.selector, provider, CU, units, 10 - leased)
        );
        _uncommit(units);
    }

    function testFuzz_uncommit(uint32 committed, uint32 leased, uint32 units) external {
        committed = uint32(bound(committed, 1, 100));
        leased = uint32(bound(leased, 0, committed - 1));
        units = uint32(bound(units, 1, committed - leased));
        _commit(committed, until);
        _allocate(leased, until);
        vm.prank(governance);
        capacity.setResource(CU, false, 5 * PER_UNIT);

        vm.expectEmit(address(capacity));
        emit ICapacityRegistry.Committed(provider, CU, committed - units, PER_UNIT, until);
        _uncommit(units);
        assertEq(_locked(), uint256(committed - units) * PER_UNIT);
        if (units < committed) _assertCommitment(committed - units, leased, PER_UNIT, until);
        else _assertCommitment(0, 0, 0, 0);
    }

    function test_uncommit_ThenUntilMayBeChosenAnew() external {
        _commit(10, until);
        _uncommit(10);
        _commit(10, until - 1 days);
        _assertCommitment(10, 0, PER_UNIT, until - 1 days);
    }

    /// @dev A buyer of the provider's token takes its capacity over; the seller has no say any more.
    function test_uncommit_FollowsTheProvidersToken() external {
        _commit(10, until);
        vm.prank(owner.addr);
        IERC721(address(registry)).transferFrom(owner.addr, stranger, provider);
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.NotOwnerOrOperator.selector, provider, owner.addr));
        _uncommit(10);
        vm.prank(stranger);
        capacity.uncommit(provider, CU, 10);
        assertEq(_locked(), 0);
    }

    // ------------------------------------------------------------------------------------------- allocate, free

    function testFuzz_allocate_RevertWhen_NotTheOrderBook(address caller) external {
        vm.assume(caller != orderBook);
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.NotOrderBook.selector, caller));
        vm.prank(caller);
        capacity.allocate(provider, CU, 1, until);
    }

    /// @dev Law 4: whatever is asked, leased units never pass committed units, and no lease ends after `until`.
    function testFuzz_allocate(uint32 committed, uint32[4] calldata units, uint40[4] calldata ends) external {
        committed = uint32(bound(committed, 1, 100));
        _commit(committed, until);
        uint32 leased;
        for (uint256 i = 0; i < 4; i++) {
            uint32 asked = i == 3 ? units[i] : uint32(bound(units[i], 0, 60));
            uint40 end = uint40(bound(ends[i], until - 10, until + 2));
            (bool ok, uint32 free, uint40 until_) = _allocate(asked, end);
            assertEq(free, committed - leased);
            assertEq(until_, until);
            assertEq(ok, asked <= committed - leased && end <= until);
            if (ok) leased += asked;
            _assertCommitment(committed, leased, PER_UNIT, until);
        }
    }

    function test_allocate_NothingCommitted() external {
        (bool ok, uint32 free, uint40 until_) = _allocate(1, 1);
        assertFalse(ok);
        assertEq(free, 0);
        assertEq(until_, 0);
    }

    function testFuzz_free_RevertWhen_NeitherOrderBookNorEscrow(address caller) external {
        vm.assume(caller != orderBook && caller != escrow);
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.NotEscrow.selector, caller));
        vm.prank(caller);
        capacity.free(provider, CU, 1);
    }

    function test_free_RevertWhen_FewerAreLeased() external {
        _commit(10, until);
        _allocate(3, until);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        vm.prank(escrow);
        capacity.free(provider, CU, 4);
    }

    function test_free() external {
        _commit(10, until);
        _allocate(10, until);
        vm.prank(escrow);
        capacity.free(provider, CU, 4);
        _assertCommitment(10, 6, PER_UNIT, until);
        vm.prank(orderBook);
        capacity.free(provider, CU, 6);
        _assertCommitment(10, 0, PER_UNIT, until);
    }

    // ------------------------------------------------------------------------------------------- penalise

    function testFuzz_penalise_RevertWhen_NotTheEscrow(address caller) external {
        vm.assume(caller != escrow);
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.NotEscrow.selector, caller));
        vm.prank(caller);
        capacity.penalise(provider, CU, 1, Tier.STANDARD, tenant);
    }

    function testFuzz_penalise(uint32 units, uint8 tier, uint16 bps) external {
        units = uint32(bound(units, 1, 100));
        tier = uint8(bound(tier, Tier.INTERRUPTIBLE, Tier.PREMIUM));
        bps = uint16(bound(bps, 0, 10_000));
        vm.prank(governance);
        capacity.setPenalty(tier, bps);
        _commit(100, until);
        _allocate(units, until);
        uint256 amount = uint256(units) * PER_UNIT * bps / 10_000;
        assertEq(capacity.penaltyOf(provider, CU, units, tier), amount);
        vm.expectEmit(address(capacity));
        emit ICapacityRegistry.Penalised(provider, CU, amount, tenant);
        vm.prank(escrow);
        assertEq(capacity.penalise(provider, CU, units, tier, tenant), amount);

        assertEq(compensationOf(staking, tenant), amount);
        assertEq(staking.bondedOf(pool), STAKE - amount);
        assertEq(registry.viewOf(provider).collateralised, amount == 0);
        _assertCommitment(100, units, PER_UNIT, until);
        assertEq(_locked(), 100 * uint256(PER_UNIT));
    }

    function test_penalise_TakesNoMoreThanThePoolHolds() external {
        _commit(100, until);
        vm.prank(governance);
        capacity.setPenalty(Tier.PREMIUM, 10_000);
        vm.startPrank(escrow);
        assertEq(capacity.penalise(provider, CU, 80, Tier.PREMIUM, tenant), 800e18);
        assertEq(compensationOf(staking, tenant), 800e18);
        assertEq(capacity.penalise(provider, CU, 80, Tier.PREMIUM, tenant), 800e18, "200 of the owner, 600 burnt");
        assertApproxEqAbs(compensationOf(staking, tenant), 400e18, 2, "which the compensated bear as well");
        assertEq(capacity.penalise(provider, CU, 80, Tier.PREMIUM, tenant), 400e18, "all burnt");
        assertEq(capacity.penalise(provider, CU, 80, Tier.PREMIUM, tenant), 0);
        assertEq(compensationOf(staking, tenant), 0);
    }

    function test_penaltyOf_ByTier() external {
        _commit(100, until);
        assertEq(capacity.penaltyOf(provider, CU, 10, Tier.INTERRUPTIBLE), 5e18);
        assertEq(capacity.penaltyOf(provider, CU, 10, Tier.STANDARD), 20e18);
        assertEq(capacity.penaltyOf(provider, CU, 10, Tier.PREMIUM), 50e18);
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.InvalidTier.selector, 3));
        capacity.penaltyOf(provider, CU, 10, 3);
    }

    // ------------------------------------------------------------------------------------------- governance

    function test_setResource_RevertWhen_NotGovernance() external {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        capacity.setResource(CU, true, 1);
    }

    function testFuzz_setResource(bytes32 resource, bool listed, uint96 perUnit) external {
        vm.prank(governance);
        if (perUnit > 1e24) {
            vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.StakePerUnitTooHigh.selector, perUnit, 1e24));
            capacity.setResource(resource, listed, perUnit);
            return;
        }
        vm.expectEmit(address(capacity));
        emit ICapacityRegistry.ResourceChanged(resource, listed, perUnit);
        capacity.setResource(resource, listed, perUnit);
        (bool listed_, uint96 perUnit_) = capacity.resourceOf(resource);
        assertEq(listed_, listed);
        assertEq(perUnit_, perUnit);
    }

    function test_setResource_WhatIsCommittedStaysAsLocked() external {
        _commit(10, until);
        _list(7);
        _assertCommitment(10, 0, PER_UNIT, until);
        _uncommit(5);
        assertEq(_locked(), 5 * uint256(PER_UNIT));
    }

    function test_setPenalty_RevertWhen_NotGovernance() external {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        capacity.setPenalty(Tier.STANDARD, 1);
    }

    function testFuzz_setPenalty_RevertWhen_NoSuchTier(uint8 tier) external {
        tier = uint8(bound(tier, Tier.PREMIUM + 1, type(uint8).max));
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.InvalidTier.selector, tier));
        vm.prank(governance);
        capacity.setPenalty(tier, 1);
    }

    function testFuzz_setPenalty_RevertWhen_MoreThanEverything(uint16 bps) external {
        bps = uint16(bound(bps, 10_001, type(uint16).max));
        vm.expectRevert(abi.encodeWithSelector(ICapacityRegistry.PenaltyTooHigh.selector, bps, 10_000));
        vm.prank(governance);
        capacity.setPenalty(Tier.STANDARD, bps);
    }

    function test_setPenalty() external {
        _commit(100, until);
        vm.expectEmit(address(capacity));
        emit ICapacityRegistry.PenaltyChanged(Tier.STANDARD, 10_000);
        vm.prank(governance);
        capacity.setPenalty(Tier.STANDARD, 10_000);
        assertEq(capacity.penaltyOf(provider, CU, 10, Tier.STANDARD), 100e18);
        assertEq(capacity.penaltyOf(provider, CU, 10, Tier.PREMIUM), 50e18);
    }

    // ------------------------------------------------------------------------------------------- helpers

    function _list(uint96 perUnit) internal {
        vm.prank(governance);
        capacity.setResource(CU, true, perUnit);
    }

    function _commit(uint32 units, uint40 until_) internal {
        vm.prank(owner.addr);
        capacity.commit(provider, CU, units, until_);
    }

    function _uncommit(uint32 units) internal {
        vm.prank(owner.addr);
        capacity.uncommit(provider, CU, units);
    }

    function _allocate(uint32 units, uint40 end) internal returns (bool, uint32, uint40) {
        vm.prank(orderBook);
        return capacity.allocate(provider, CU, units, end);
    }

    function _locked() internal view returns (uint256) {
        return staking.poolOf(pool).locked;
    }

    function _assertCommitment(uint32 committed, uint32 leased, uint96 perUnit, uint40 until_) internal view {
        ICapacityRegistry.Commitment memory c = capacity.commitmentOf(provider, CU);
        assertEq(c.committed, committed, "committed");
        assertEq(c.leased, leased, "leased");
        assertEq(c.stakePerUnit, perUnit, "stake per unit");
        assertEq(c.until, until_, "until");
    }
}
