// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEraReports} from "../../src/interfaces/IEraReports.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {Report} from "../../src/interfaces/Types.sol";
import {EraBase} from "./EraBase.sol";

contract EraConsequencesTest is EraBase {
    bytes32 private constant LEASE = keccak256("lease");
    bytes32[] private _none;

    function setUp() public override {
        super.setUp();
        addMonitors(4);
    }

    /// @dev What all pools but one hold, and their locks.
    function othersThan(uint256 pool) private view returns (bytes32 all) {
        if (pool != providerPool()) all = keccak256(abi.encode(staking.poolOf(providerPool())));
        for (uint256 i = 0; i < monitors.length; i++) {
            uint256 other = poolOf(monitors[i].addr);
            if (other != pool) all = keccak256(abi.encode(all, staking.poolOf(other)));
        }
    }

    // ------------------------------------------------------------------------------------------- applyCredit

    function creditLeaf(uint256 amount) private view returns (bytes32) {
        return leafOf(abi.encode(2, LEASE, provider, tenant.addr, amount));
    }

    function applyCredit(uint64 era, uint256 amount) private returns (uint256) {
        return reports.applyCredit(era, LEASE, provider, tenant.addr, amount, proofOf(0));
    }

    function test_applyCredit_RevertWhen_NotInAReport() external {
        uint64 era = makeEffective(creditLeaf(5e18));
        bytes32[] memory proof = proofOf(0);
        bytes32 leaf = leafOf(abi.encode(2, LEASE, provider, stranger, 5e18));
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NoLeaf.selector, era, leaf));
        reports.applyCredit(era, LEASE, provider, stranger, 5e18, proof);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotEffective.selector, era + 1));
        reports.applyCredit(era + 1, LEASE, provider, tenant.addr, 5e18, proof);
        skip(1);
        postLeaves(leaves);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotEffective.selector, era + 1));
        reports.applyCredit(era + 1, LEASE, provider, tenant.addr, 5e18, proof);
    }

    function test_applyCredit() external {
        uint256 held = heldBy(providerPool());
        bytes32 others = othersThan(providerPool());
        uint64 era = makeEffective(creditLeaf(5e18));
        vm.expectEmit(address(reports));
        emit IEraReports.CreditApplied(LEASE, provider, tenant.addr, 5e18, 5e18);
        vm.prank(stranger);
        assertEq(applyCredit(era, 5e18), 5e18);
        assertEq(reports.creditedOf(LEASE), 5e18);
        assertEq(heldBy(providerPool()), held, "it changed hands inside the pool");
        assertEq(applyCredit(era, 5e18), 0, "once");

        skip(1);
        era = makeEffective(creditLeaf(7e18));
        assertEq(applyCredit(era, 7e18), 2e18, "what is new");
        skip(1);
        era = makeEffective(creditLeaf(1e18));
        assertEq(applyCredit(era, 1e18), 0, "it fell");
        assertEq(reports.creditedOf(LEASE), 7e18);

        skip(UNBONDING);
        vm.startPrank(tenant.addr);
        assertApproxEqAbs(staking.withdraw(1, tenant.addr) + staking.withdraw(2, tenant.addr), 7e18, 2);
        assertEq(othersThan(providerPool()), others);
    }

    function test_applyCredit_WhatCannotBePaidIsNotAskedAgain() external {
        uint256 held = heldBy(providerPool());
        uint64 era = makeEffective(creditLeaf(held + 50e18));
        assertEq(applyCredit(era, held + 50e18), held);
        stakeFor(owner, providerPool(), 20e18);
        assertEq(applyCredit(era, held + 50e18), 0);
        skip(1);
        era = makeEffective(creditLeaf(held + 51e18));
        assertEq(applyCredit(era, held + 51e18), 1e18);
    }

    // ------------------------------------------------------------------------------------------- applyProviderSlash

    function applyProviderSlash(uint64 era, uint256 slashed) private returns (uint256) {
        return reports.applyProviderSlash(era, provider, 5_000, 3e18, slashed, proofOf(0));
    }

    function providerLeaf(uint256 slashed) private view returns (bytes32) {
        return leafOf(abi.encode(3, provider, 5_000, 3e18, slashed));
    }

    function test_applyProviderSlash_RevertWhen_NotInAReport() external {
        uint64 era = makeEffective(providerLeaf(5e18));
        bytes32[] memory proof = proofOf(0);
        bytes32 leaf = leafOf(abi.encode(3, provider, 5_000, 4e18, 5e18));
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NoLeaf.selector, era, leaf));
        reports.applyProviderSlash(era, provider, 5_000, 4e18, 5e18, proof);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotEffective.selector, 9));
        reports.applyProviderSlash(9, provider, 5_000, 3e18, 5e18, proof);
    }

    function test_applyProviderSlash() external {
        uint256 held = heldBy(providerPool());
        bytes32 others = othersThan(providerPool());
        uint64 era = makeEffective(providerLeaf(5e18));
        vm.expectEmit(address(reports));
        emit IEraReports.ProviderSlashed(provider, 5e18, 5e18);
        vm.prank(stranger);
        assertEq(applyProviderSlash(era, 5e18), 5e18);
        assertEq(stakeToken.balanceOf(BURNT), 5e18);
        assertEq(heldBy(providerPool()), held - 5e18);
        assertFalse(registry.viewOf(provider).collateralised);
        assertEq(applyProviderSlash(era, 5e18), 0, "once");
        skip(1);
        assertEq(applyProviderSlash(makeEffective(providerLeaf(4e18)), 4e18), 0, "it fell");
        skip(1);
        assertEq(applyProviderSlash(makeEffective(providerLeaf(held * 9)), held * 9), held - 5e18, "all it holds");
        stakeFor(owner, providerPool(), 20e18);
        assertEq(applyProviderSlash(reports.lastEra(), held * 9), 0, "nothing is asked again");
        assertEq(reports.slashedOfProvider(provider), held * 9);
        assertEq(othersThan(providerPool()), others);
    }

    // ------------------------------------------------------------------------------------------- applyMonitorSlash

    /// @dev A report that says so much, and its application.
    function slashMonitor(address monitor, uint256 slashed) private returns (uint256) {
        skip(1);
        uint64 era = makeEffective(leafOf(abi.encode(5, monitor, slashed)));
        return reports.applyMonitorSlash(era, monitor, slashed, proofOf(0));
    }

    function test_applyMonitorSlash_RevertWhen_NotInAReport() external {
        uint64 era = makeEffective(leafOf(abi.encode(5, monitors[0].addr, 5e18)));
        bytes32[] memory proof = proofOf(0);
        bytes32 leaf = leafOf(abi.encode(5, monitors[1].addr, 5e18));
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NoLeaf.selector, era, leaf));
        reports.applyMonitorSlash(era, monitors[1].addr, 5e18, proof);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotEffective.selector, 9));
        reports.applyMonitorSlash(9, monitors[0].addr, 5e18, proof);
    }

    function test_applyMonitorSlash() external {
        address monitor = monitors[1].addr;
        bytes32 others = othersThan(poolOf(monitor));
        skip(1);
        uint64 era = makeEffective(leafOf(abi.encode(5, monitor, 4.5e18)));
        vm.expectEmit(address(reports));
        emit IEraReports.MonitorWeightChanged(1, monitor, 95, 95, 1);
        vm.expectEmit(address(reports));
        emit IEraReports.MonitorSlashed(monitor, 4.5e18, 4.5e18);
        vm.prank(stranger);
        assertEq(reports.applyMonitorSlash(era, monitor, 4.5e18, proofOf(0)), 4.5e18);
        assertEq(stakeToken.balanceOf(BURNT), 4.5e18);
        assertEq(weightOf(1), 95, "rounded up");
        assertEq(reports.totalWeight(), 395);
        assertEq(lockedOf(monitor), 95e18);
        assertEq(reports.applyMonitorSlash(era, monitor, 4.5e18, proofOf(0)), 0, "once");
        assertEq(slashMonitor(monitor, 4e18), 0, "it fell");
        assertEq(weightOf(1), 95);
        assertEq(slashMonitor(monitor, 1_000e18), 95.5e18, "all it holds");
        assertEq(weightOf(1), 0);
        assertEq(reports.totalWeight(), 300);
        assertEq(lockedOf(monitor), 0);
        assertEq(reports.slashedOfMonitor(monitor), 1_000e18);
        assertEq(othersThan(poolOf(monitor)), others);

        stakeFor(monitor, poolOf(monitor), 100e18);
        assertEq(slashMonitor(monitor, 1_000e18), 0, "nothing is asked again");
        setWeight(monitor, 100);
        passEra();
        assertEq(weightOf(1), 100);
    }

    function test_applyMonitorSlash_WhileAChangeWaits() external {
        address monitor = monitors[0].addr;
        stakeFor(monitor, poolOf(monitor), 500e18);
        setWeight(monitor, 600);
        slashMonitor(monitor, 10e18);
        assertEq(weightOf(0), 90);
        assertEq(reports.monitorAt(0).nextWeight, 590);
        assertEq(lockedOf(monitor), 590e18);
        assertEq(reports.totalWeight(), 390);
        passEra();
        assertEq(reports.totalWeight(), 890);
        setWeight(monitor, 100);
        slashMonitor(monitor, 110e18);
        assertEq(weightOf(0), 490);
        assertEq(reports.monitorAt(0).nextWeight, 0, "100 less 100");
        passEra();
        reports.unlock(0);
        assertEq(reports.monitorIndex(monitor), 0);
        assertEq(lockedOf(monitor), 0);
        assertEq(reports.totalWeight(), 300);
    }

    function test_applyMonitorSlash_ALockThatNoLongerCounts() external {
        address monitor = monitors[0].addr;
        stakeFor(monitor, poolOf(monitor), 100e18);
        setWeight(monitor, 200);
        passEra();
        setWeight(monitor, 120);
        passEra();
        assertEq(lockedOf(monitor), 200e18);
        slashMonitor(monitor, 10e18);
        assertEq(lockedOf(monitor), 110e18);
        assertEq(weightOf(0), 110);
        assertEq(reports.totalWeight(), 410);
    }

    function test_applyMonitorSlash_OfWhoIsNoMonitor() external {
        address monitor = monitors[3].addr;
        setWeight(monitor, 0);
        passEra();
        reports.unlock(3);
        vm.prank(monitor);
        staking.unstake(poolOf(monitor), 100e24);
        monitors.pop();
        assertEq(slashMonitor(monitor, 30e18), 30e18, "unbonding stake pays too");
        skip(UNBONDING);
        vm.prank(monitor);
        assertApproxEqAbs(staking.withdraw(1, monitor), 70e18, 1);
        assertEq(slashMonitor(stranger, 30e18), 0);
    }

    /// @dev Delegated and unbonding stake, any amount: never more than the pool holds, and what weighs is still there.
    function testFuzz_applyMonitorSlash(uint256 delegated, uint256 left, uint256 slashed, uint32 next) external {
        address monitor = monitors[2].addr;
        uint256 pool = poolOf(monitor);
        delegated = bound(delegated, 1e18, 1_000e18);
        stakeFor(stranger, pool, delegated);
        left = bound(left, 1, delegated);
        vm.prank(stranger);
        staking.unstake(pool, left * 1e6);
        uint256 free = staking.bondedOf(pool) / 1e18;
        setWeight(monitor, uint32(bound(next, 100, free)));
        uint256 held = heldBy(pool);
        slashed = bound(slashed, 1, 2_000e18);
        uint256 taken = slashMonitor(monitor, slashed);
        assertEq(taken, slashed < held ? slashed : held);
        assertEq(heldBy(pool), held - taken);
        IEraReports.Monitor memory m = reports.monitorAt(2);
        uint256 most = m.weight > m.nextWeight ? m.weight : m.nextWeight;
        assertEq(lockedOf(monitor), most * 1e18);
        assertGe(staking.bondedOf(pool) + 2, most * 1e18, "what weighs is there, but for rounding");
        assertEq(reports.totalWeight(), 300 + uint256(m.weight));
        passEra();
        assertEq(reports.totalWeight(), 300 + uint256(m.nextWeight));
        setWeight(monitor, 0);
        passEra();
        reports.unlock(2);
        assertEq(lockedOf(monitor), 0, "it can leave");
    }

    // ------------------------------------------------------------------------------------------- slashEquivocation

    /// @dev Two reports of an era that differ in their root, whatever else `b` is changed to.
    function twoReports() private view returns (Report memory a, Report memory b) {
        (a, b) = (draft("a"), draft("b"));
    }

    function equivocate(Account memory monitor, Report memory a, Report memory b) private returns (uint256) {
        bytes memory sa = signature(monitor.key, reports.hashReport(a));
        bytes memory sb = signature(monitor.key, reports.hashReport(b));
        return reports.slashEquivocation(a, sa, b, sb);
    }

    function equivocateAs(Account memory monitor, Report memory a, Report memory b) external {
        equivocate(monitor, a, b);
    }

    function test_slashEquivocation_RevertWhen_ForOtherReports() external {
        (Report memory a, Report memory b) = twoReports();
        b.reports = stranger;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.ForOtherReports.selector, stranger));
        this.equivocateAs(monitors[0], a, b);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.ForOtherReports.selector, stranger));
        this.equivocateAs(monitors[0], b, a);
    }

    function test_slashEquivocation_RevertWhen_NoEquivocation() external {
        (Report memory a, Report memory b) = twoReports();
        vm.expectRevert(IEraReports.NotEquivocation.selector);
        this.equivocateAs(monitors[0], a, a);
        b.era++;
        vm.expectRevert(IEraReports.NotEquivocation.selector);
        this.equivocateAs(monitors[0], a, b);
        (b.era, b.attempt) = (a.era, 1);
        vm.expectRevert(IEraReports.NotEquivocation.selector);
        this.equivocateAs(monitors[0], a, b);
        (b.attempt, b.round) = (a.attempt, 1);
        vm.expectRevert(IEraReports.NotEquivocation.selector);
        this.equivocateAs(monitors[0], a, b);
    }

    function test_slashEquivocation_RevertWhen_NotByOneKey() external {
        (Report memory a, Report memory b) = twoReports();
        bytes memory sa = signature(monitors[0].key, reports.hashReport(a));
        bytes memory sb = signature(monitors[1].key, reports.hashReport(b));
        vm.expectRevert(IEraReports.NotEquivocation.selector);
        reports.slashEquivocation(a, sa, b, sb);
        vm.expectRevert(IEraReports.NotEquivocation.selector);
        reports.slashEquivocation(a, sa, b, sa);
        vm.expectRevert(IEraReports.NotEquivocation.selector);
        reports.slashEquivocation(a, "", b, "");
        vm.expectRevert(IEraReports.NotEquivocation.selector);
        reports.slashEquivocation(a, new bytes(65), b, new bytes(65));
    }

    function test_slashEquivocation_RevertWhen_NeverAMonitor() external {
        (Report memory a, Report memory b) = twoReports();
        Account memory nobody = makeAccount("nobody");
        stakeFor(nobody.addr, poolOf(nobody.addr), 100e18);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotMonitor.selector, nobody.addr));
        this.equivocateAs(nobody, a, b);
        join(nobody.addr, 100);
    }

    function test_slashEquivocation_InAnyDifference() external {
        (Report memory a, Report memory b) = (draft("a"), draft("a"));
        b.coveredUntil--;
        assertEq(equivocate(monitors[0], a, b), 100e18);
        (b.coveredUntil, b.dataHash) = (a.coveredUntil, "other");
        assertEq(equivocate(monitors[1], b, a), 100e18);
    }

    function test_slashEquivocation() external {
        (Report memory a, Report memory b) = twoReports();
        address monitor = monitors[1].addr;
        stakeFor(monitor, poolOf(monitor), 50e18);
        bytes32 others = othersThan(poolOf(monitor));
        vm.expectEmit(address(reports));
        emit IEraReports.MonitorWeightChanged(1, monitor, 0, 0, 1);
        vm.expectEmit(address(reports));
        emit IEraReports.MonitorLeft(1, monitor);
        vm.expectEmit(address(reports));
        emit IEraReports.Equivocated(monitor, a.era, 100e18);
        vm.prank(stranger);
        assertEq(equivocate(monitors[1], a, b), 100e18);
        assertEq(stakeToken.balanceOf(BURNT), 100e18);
        assertEq(heldBy(poolOf(monitor)), 50e18, "what was not locked stays");
        assertEq(lockedOf(monitor), 0);
        assertEq(reports.totalWeight(), 300);
        assertEq(reports.monitorIndex(monitor), 0);
        assertEq(reports.monitorAt(1).key, address(0));
        assertTrue(reports.isEjected(monitor));
        assertEq(othersThan(poolOf(monitor)), others);

        vm.expectRevert(abi.encodeWithSelector(IEraReports.Ejected.selector, monitor));
        this.equivocateAs(monitors[1], a, b);
        stakeFor(monitor, poolOf(monitor), 100e18);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.Ejected.selector, monitor));
        join(monitor, 100);
        passEra();
        assertEq(reports.totalWeight(), 300);
    }

    function test_slashEquivocation_WhileAChangeWaits() external {
        (Report memory a, Report memory b) = twoReports();
        address monitor = monitors[0].addr;
        stakeFor(monitor, poolOf(monitor), 500e18);
        setWeight(monitor, 400);
        assertEq(equivocate(monitors[0], a, b), 400e18, "all that is locked");
        assertEq(reports.totalWeight(), 300);
        passEra();
        assertEq(reports.totalWeight(), 300);
        assertEq(lockedOf(monitor), 0);
    }

    function test_slashEquivocation_OfWhoLeft() external {
        (Report memory a, Report memory b) = twoReports();
        address monitor = monitors[0].addr;
        setWeight(monitor, 0);
        passEra();
        reports.unlock(0);
        vm.prank(monitor);
        staking.unstake(poolOf(monitor), 100e24);
        skip(UNBONDING - 1);
        assertEq(equivocate(monitors[0], a, b), 100e18, "it cannot be outrun");
        skip(1);
        vm.prank(monitor);
        assertEq(staking.withdraw(1, monitor), 0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.Ejected.selector, monitor));
        this.equivocateAs(monitors[0], a, b);
    }

    function test_slashEquivocation_OfWhoLoweredItsWeight() external {
        (Report memory a, Report memory b) = twoReports();
        address monitor = monitors[0].addr;
        stakeFor(monitor, poolOf(monitor), 900e18);
        setWeight(monitor, 1_000);
        passEra();
        setWeight(monitor, 500);
        passEra();
        reports.unlock(0);
        setWeight(monitor, 200);
        passEra();
        reports.unlock(0);
        assertEq(lockedOf(monitor), 200e18);
        assertEq(equivocate(monitors[0], a, b), 1_000e18, "the most that was locked");
    }

    function test_slashEquivocation_OfAWeightThatIsStillLocked() external {
        (Report memory a, Report memory b) = twoReports();
        setWeight(monitors[0].addr, 0);
        passEra();
        assertEq(equivocate(monitors[0], a, b), 100e18);
        assertEq(lockedOf(monitors[0].addr), 0);
        assertEq(reports.totalWeight(), 300);
    }

    function test_slashEquivocation_OfWhoLoweredItsWeightLongAgo() external {
        (Report memory a, Report memory b) = twoReports();
        address monitor = monitors[0].addr;
        stakeFor(monitor, poolOf(monitor), 900e18);
        setWeight(monitor, 1_000);
        passEra();
        setWeight(monitor, 200);
        passEra();
        reports.unlock(0);
        skip(UNBONDING);
        assertEq(equivocate(monitors[0], a, b), 200e18, "what is locked now");
    }

    function test_slashEquivocation_RevertWhen_ItsStakeMayBeGone() external {
        (Report memory a, Report memory b) = twoReports();
        address monitor = monitors[0].addr;
        setWeight(monitor, 0);
        passEra();
        reports.unlock(0);
        skip(UNBONDING);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotMonitor.selector, monitor));
        this.equivocateAs(monitors[0], a, b);
        join(monitor, 100);
        assertEq(equivocate(monitors[0], a, b), 100e18, "if it comes back, it answers for it");
    }

    function test_slashEquivocation_OfAPoolThatIsEmpty() external {
        (Report memory a, Report memory b) = twoReports();
        slashMonitor(monitors[3].addr, 100e18);
        assertEq(equivocate(monitors[3], a, b), 0);
        assertEq(reports.monitorIndex(monitors[3].addr), 0);
        assertEq(reports.totalWeight(), 300);
    }
}
