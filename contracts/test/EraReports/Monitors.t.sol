// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEraReports} from "../../src/interfaces/IEraReports.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {Report} from "../../src/interfaces/Types.sol";
import {EraBase} from "./EraBase.sol";

contract EraMonitorsTest is EraBase {
    Account private monitor;
    uint256 private pool;

    function setUp() public override {
        super.setUp();
        monitor = makeAccount("monitor");
        pool = poolOf(monitor.addr);
        stakeFor(monitor.addr, pool, 1_000e18);
    }

    function assertWeights(uint256 index, uint32 weight, uint32 next) private view {
        IEraReports.Monitor memory m = reports.monitorAt(index);
        assertEq(m.weight, weight, "now");
        assertEq(m.nextWeight, next, "next");
    }

    function monitorLocked() private view returns (uint256) {
        return staking.poolOf(pool).locked;
    }

    // ------------------------------------------------------------------------------------------- constructor

    function test_constructor_RevertWhen_TimingIsZero() external {
        IEraReports.Timing memory timing = IEraReports.Timing(0, DELAY, LIVENESS, VETOES);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.InvalidTiming.selector, timing));
        this.deploy(timing);
        timing = IEraReports.Timing(ERA, DELAY, 0, VETOES);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.InvalidTiming.selector, timing));
        this.deploy(timing);
    }

    function test_constructor_RevertWhen_StakeUnbondsTooSoon() external {
        IEraReports.Timing memory timing = IEraReports.Timing(UNBONDING / 6 - 9, 10, 1, 2);
        uint256 least = UNBONDING + 6;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.UnbondingDelayTooShort.selector, UNBONDING, least));
        this.deploy(timing);
        timing.eraSeconds--;
        assertEq(this.deploy(timing).timing().eraSeconds, UNBONDING / 6 - 10, "just enough");
    }

    function test_constructor_RevertWhen_LeasesFinishTooSoon() external {
        vm.mockCall(address(escrow), abi.encodeCall(ILeaseEscrow.finalGrace, ()), abi.encode(14_999));
        IEraReports.Timing memory timing = IEraReports.Timing(600, 100, 4, 2);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.FinalGraceTooShort.selector, 14_999, 15_000));
        this.deploy(timing);
        vm.mockCall(address(escrow), abi.encodeCall(ILeaseEscrow.finalGrace, ()), abi.encode(15_000));
        assertEq(this.deploy(timing).timing().livenessEras, 4, "just enough");
    }

    /// @dev A lease stops right after what a report covers, that report comes as late and is vetoed as often as can be, and so is
    /// the next one, the first to reach the lease's stop. No provider can be paid sooner, so nobody may finish the lease sooner.
    function test_constructor_LeasesFinishAfterTwoErasOfVetoes() external {
        addMonitors(1);
        uint40 stop = reports.genesis() + 2;
        reportAtWorst(stop - 1);
        reportAtWorst(reports.genesis() + 1 days);
        uint32 passed = uint32(vm.getBlockTimestamp() - stop);
        vm.mockCall(address(escrow), abi.encodeCall(ILeaseEscrow.finalGrace, ()), abi.encode(passed));
        vm.expectPartialRevert(IEraReports.FinalGraceTooShort.selector);
        this.deploy(IEraReports.Timing(ERA, DELAY, LIVENESS, VETOES));
    }

    /// @dev Each attempt in the last second in which no fallback opens, and vetoed in the last one in which it can be.
    function reportAtWorst(uint40 coveredUntil) private {
        for (uint256 attempt = 0; attempt <= VETOES; attempt++) {
            skip(LIVENESS * ERA - (reports.clockEra() == 1 ? ERA : 0));
            assertFalse(reports.fallbackOpen());
            Report memory report = draft("");
            if (coveredUntil < report.coveredUntil) report.coveredUntil = coveredUntil;
            post(report);
            skip(DELAY - 1);
            if (attempt < VETOES) reports.veto(report.era);
            else skip(1);
        }
    }

    function test_constructor() external {
        skip(7 * ERA);
        reports = this.deploy(IEraReports.Timing(ERA, DELAY, LIVENESS, VETOES));
        assertEq(keccak256(abi.encode(reports.timing())), keccak256(abi.encode(ERA, DELAY, LIVENESS, VETOES)));
        assertEq(reports.genesis(), vm.getBlockTimestamp());
        assertEq(reports.clockEra(), 0);
        (uint64 era, uint32 attempt, uint40 after_) = reports.nextReport();
        assertEq(era, 1);
        assertEq(attempt, 0);
        assertEq(after_, reports.genesis());
        assertEq(uint256(reports.lastEra()) + reports.lastEffectiveEra() + reports.lastCoveredUntil(), 0);
        assertEq(reports.monitorCount() + reports.totalWeight(), 0);
        IEraReports.Policy memory policy = reports.policy();
        assertEq(keccak256(abi.encode(policy)), keccak256(abi.encode(100, 1_000, 100e18)));
        skip(2 * ERA - 1);
        assertEq(reports.clockEra(), 1);
        skip(1);
        assertEq(reports.clockEra(), 2);
    }

    function deploy(IEraReports.Timing memory timing) external returns (IEraReports) {
        return deployReports(timing);
    }

    // ------------------------------------------------------------------------------------------- join

    function test_join_RevertWhen_AlreadyMonitor() external {
        join(monitor.addr, 100);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.AlreadyMonitor.selector, monitor.addr));
        join(monitor.addr, 100);
        setWeight(monitor.addr, 0);
        passEra();
        vm.expectRevert(abi.encodeWithSelector(IEraReports.AlreadyMonitor.selector, monitor.addr));
        join(monitor.addr, 100);
    }

    function test_join_RevertWhen_WeightTooLow() external {
        vm.expectRevert(abi.encodeWithSelector(IEraReports.WeightTooLow.selector, 99, 100));
        join(monitor.addr, 99);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.WeightTooLow.selector, 0, 100));
        join(monitor.addr, 0);
    }

    function test_join_RevertWhen_ContactIsMalformed() external {
        vm.startPrank(monitor.addr);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.InvalidPublicKey.selector, 32));
        reports.join(100, new bytes(32), "");
        vm.expectRevert(abi.encodeWithSelector(IEraReports.ContactTooLong.selector, 513, 512));
        reports.join(100, new bytes(33), string(new bytes(513)));
        reports.join(100, new bytes(33), string(new bytes(512)));
    }

    function test_join_RevertWhen_StakeIsMissing() external {
        vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientStake.selector, pool, 1_001e18, 1_000e18));
        join(monitor.addr, 1_001);
        join(monitor.addr, 1_000);
    }

    function test_join_RevertWhen_ThereAreTooMany() external {
        addMonitors(128);
        assertEq(reports.monitorCount(), 128);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.TooManyMonitors.selector, 128));
        join(monitor.addr, 100);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.TooManyMonitors.selector, 128));
        join(monitor.addr, 200);
        setWeight(monitors[77].addr, 0);
        passEra();
        reports.unlock(77);
        assertEq(join(monitor.addr, 100), 77, "the vacant one");
        assertEq(reports.monitorIndex(monitor.addr), 78);
    }

    /// @dev 128 small monitors keep nobody away.
    function test_join_MakesRoom() external {
        addMonitors(128);
        for (uint256 i = 0; i < 128; i++) {
            if (i == 77) continue;
            stakeFor(monitors[i].addr, poolOf(monitors[i].addr), 1e18);
            setWeight(monitors[i].addr, 101);
        }
        address displaced = monitors[77].addr;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.TooManyMonitors.selector, 128));
        join(monitor.addr, 200);
        vm.expectEmit(address(reports));
        emit IEraReports.MonitorLeft(77, displaced);
        assertEq(join(monitor.addr, 201), 77, "of who weighs least");
        assertEq(reports.monitorIndex(displaced), 0);
        assertEq(lockedOf(displaced), 0);
        assertWeights(77, 0, 201);
        assertEq(reports.totalWeight(), 127 * 100);
        passEra();
        assertEq(reports.totalWeight(), 127 * 101 + 201);
        assertEq(reports.monitorCount(), 128);
    }

    /// @dev Nobody escapes what it signed by being displaced.
    function test_join_WhoMadeRoomAnswersStill() external {
        addMonitors(128);
        join(monitor.addr, 201);
        Account memory displaced = monitors[0];
        Report memory a = draft("a");
        Report memory b = draft("b");
        bytes memory sa = signature(displaced.key, reports.hashReport(a));
        bytes memory sb = signature(displaced.key, reports.hashReport(b));
        skip(UNBONDING - 1);
        assertEq(reports.slashEquivocation(a, sa, b, sb), 100e18);
    }

    function test_join() external {
        addMonitors(1);
        vm.expectEmit(address(reports));
        emit IEraReports.MonitorJoined(1, monitor.addr);
        vm.expectEmit(address(reports));
        emit IEraReports.MonitorContact(1, monitor.addr, publicKey(), "/ip4/192.0.2.1/tcp/4001");
        vm.expectEmit(address(reports));
        emit IEraReports.MonitorWeightChanged(1, monitor.addr, 0, 900, 2);
        assertEq(join(monitor.addr, 900), 1);
        assertEq(monitorLocked(), 900e18, "locked at once");
        assertEq(reports.monitorCount(), 2);
        assertEq(reports.monitorIndex(monitor.addr), 2);
        assertWeights(1, 0, 900);
        assertEq(reports.totalWeight(), 100);
        skip(ERA - 1);
        assertEq(reports.totalWeight(), 100);
        skip(1);
        assertWeights(1, 900, 900);
        assertEq(reports.totalWeight(), 1_000);
    }

    // ------------------------------------------------------------------------------------------- setWeight

    function test_setWeight_RevertWhen_NotMonitor() external {
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotMonitor.selector, monitor.addr));
        setWeight(monitor.addr, 100);
    }

    function test_setWeight_RevertWhen_WeightTooLow() external {
        join(monitor.addr, 100);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.WeightTooLow.selector, 99, 100));
        setWeight(monitor.addr, 99);
    }

    function test_setWeight_Rises() external {
        join(monitor.addr, 100);
        passEra();
        vm.expectEmit(address(reports));
        emit IEraReports.MonitorWeightChanged(0, monitor.addr, 100, 500, 2);
        setWeight(monitor.addr, 500);
        assertEq(monitorLocked(), 500e18);
        assertWeights(0, 100, 500);
        vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientStake.selector, pool, 501e18, 500e18));
        setWeight(monitor.addr, 1_001);
        passEra();
        assertWeights(0, 500, 500);
        assertEq(reports.totalWeight(), 500);
    }

    function test_setWeight_Falls() external {
        join(monitor.addr, 500);
        passEra();
        setWeight(monitor.addr, 200);
        assertWeights(0, 500, 200);
        assertEq(monitorLocked(), 500e18);
        passEra();
        assertWeights(0, 200, 200);
        assertEq(monitorLocked(), 500e18, "until somebody comes by");
        setWeight(monitor.addr, 300);
        assertWeights(0, 200, 300);
        assertEq(monitorLocked(), 300e18);
    }

    function test_setWeight_SeveralTimesBeforeItCounts() external {
        join(monitor.addr, 500);
        setWeight(monitor.addr, 900);
        assertEq(monitorLocked(), 900e18);
        setWeight(monitor.addr, 150);
        assertEq(monitorLocked(), 150e18, "what never counted is free at once");
        passEra();
        setWeight(monitor.addr, 1_000);
        setWeight(monitor.addr, 120);
        assertEq(monitorLocked(), 150e18);
        assertEq(reports.totalWeight(), 150);
        passEra();
        assertEq(reports.totalWeight(), 120);
        assertWeights(0, 120, 120);
    }

    function test_setWeight_GovernanceEjectsNobody() external {
        join(monitor.addr, 500);
        passEra();
        reports.setPolicy(IEraReports.Policy(1_000_000, 0, 1));
        passEra();
        assertEq(reports.totalWeight(), 500);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.WeightTooLow.selector, 600, 1_000_000));
        setWeight(monitor.addr, 600);
        setWeight(monitor.addr, 0);
        passEra();
        reports.unlock(0);
        assertEq(monitorLocked(), 0);
    }

    /// @dev Any changes of three monitors at any times.
    function testFuzz_setWeight(uint256[20] calldata seeds) external {
        addMonitors(3);
        uint32[3] memory now_ = [uint32(100), 100, 100];
        uint32[3] memory next = [uint32(100), 100, 100];
        for (uint256 i = 0; i < 3; i++) {
            stakeFor(monitors[i].addr, poolOf(monitors[i].addr), 10_000e18);
        }
        for (uint256 i = 0; i < seeds.length; i++) {
            uint256 era = reports.clockEra();
            skip(bound(seeds[i] >> 64, 0, 2) * ERA / 2);
            if (reports.clockEra() != era) (now_[0], now_[1], now_[2]) = (next[0], next[1], next[2]);
            uint256 who = seeds[i] % 3;
            if (seeds[i] >> 200 & 3 == 0 && next[who] == now_[who]) {
                reports.unlock(uint8(who));
                assertEq(lockedOf(monitors[who].addr), uint256(now_[who]) * 1e18);
            } else {
                next[who] = uint32(bound(seeds[i] >> 128, 100, 10_100));
                setWeight(monitors[who].addr, next[who]);
                uint32 most = now_[who] > next[who] ? now_[who] : next[who];
                assertEq(lockedOf(monitors[who].addr), uint256(most) * 1e18, "the larger of both is locked");
            }
            assertEq(reports.totalWeight(), uint256(now_[0]) + now_[1] + now_[2], "total");
            for (uint256 j = 0; j < 3; j++) {
                assertWeights(j, now_[j], next[j]);
            }
        }
        passEra();
        assertEq(reports.totalWeight(), uint256(next[0]) + next[1] + next[2], "total from the next era on");
    }

    // ------------------------------------------------------------------------------------------- unlock

    function test_unlock_RevertWhen_UnknownMonitor() external {
        vm.expectRevert(abi.encodeWithSelector(IEraReports.UnknownMonitor.selector, 0));
        reports.unlock(0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.UnknownMonitor.selector, 128));
        reports.unlock(128);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.UnknownMonitor.selector, 128));
        reports.monitorAt(128);
    }

    function test_unlock_RevertWhen_StillCounted() external {
        join(monitor.addr, 500);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.StillCounted.selector, 0, 1, 0));
        reports.unlock(0);
        passEra();
        setWeight(monitor.addr, 0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.StillCounted.selector, 0, 2, 1));
        reports.unlock(0);
    }

    /// @dev Else one stake could displace monitor after monitor in one transaction.
    function test_unlock_RevertWhen_ItHasJustJoined() external {
        join(monitor.addr, 500);
        setWeight(monitor.addr, 0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.StillCounted.selector, 0, 1, 0));
        reports.unlock(0);
        passEra();
        reports.unlock(0);
        assertEq(reports.monitorCount(), 0);
    }

    function test_unlock_OfNothing() external {
        join(monitor.addr, 500);
        passEra();
        reports.unlock(0);
        reports.unlock(0);
        assertEq(monitorLocked(), 500e18);
        assertWeights(0, 500, 500);
    }

    function test_unlock_WhatNoLongerCounts() external {
        join(monitor.addr, 500);
        passEra();
        setWeight(monitor.addr, 100);
        passEra();
        vm.prank(stranger);
        reports.unlock(0);
        assertEq(monitorLocked(), 100e18);
        assertWeights(0, 100, 100);
        vm.prank(monitor.addr);
        staking.unstake(pool, 900e24);
        assertEq(staking.bondedOf(pool), 100e18);
    }

    function test_unlock_WhoLeft() external {
        join(monitor.addr, 500);
        passEra();
        setWeight(monitor.addr, 0);
        passEra();
        assertEq(reports.totalWeight(), 0);
        vm.expectEmit(address(reports));
        emit IEraReports.MonitorLeft(0, monitor.addr);
        vm.prank(stranger);
        reports.unlock(0);
        assertEq(monitorLocked() + reports.monitorCount() + reports.monitorIndex(monitor.addr), 0);
        assertEq(reports.monitorAt(0).key, address(0));
        addMonitor("another", 100);
        assertEq(reports.monitorAt(0).key, monitors[0].addr);
        assertEq(join(monitor.addr, 700), 1, "it may come back");
    }

    // ------------------------------------------------------------------------------------------- setContact

    function test_setContact_RevertWhen_NotMonitor() external {
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotMonitor.selector, monitor.addr));
        vm.prank(monitor.addr);
        reports.setContact(publicKey(), "");
    }

    function test_setContact_RevertWhen_Malformed() external {
        join(monitor.addr, 100);
        vm.startPrank(monitor.addr);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.InvalidPublicKey.selector, 34));
        reports.setContact(new bytes(34), "");
        vm.expectRevert(abi.encodeWithSelector(IEraReports.ContactTooLong.selector, 513, 512));
        reports.setContact(new bytes(33), string(new bytes(513)));
    }

    function test_setContact() external {
        addMonitors(1);
        join(monitor.addr, 100);
        vm.expectEmit(address(reports));
        emit IEraReports.MonitorContact(1, monitor.addr, publicKey(), "/dns4/example.org");
        vm.prank(monitor.addr);
        reports.setContact(publicKey(), "/dns4/example.org");
    }
}
