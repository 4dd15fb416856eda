// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IEraReports} from "../../src/interfaces/IEraReports.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {LeaseEnd, Reason, Report, Terms} from "../../src/interfaces/Types.sol";
import {Merkle} from "../utils/Merkle.sol";
import {EraBase} from "./EraBase.sol";

contract EraReportsTest is EraBase {
    bytes32 private constant ROOT = keccak256("root");

    function setUp() public override {
        super.setUp();
        addMonitors(4);
    }

    /// @dev Signed by the first `count` monitors.
    function post(Report memory report, uint256 count) private {
        (uint8[] memory signers, bytes[] memory signatures) = signBy(count, reports.hashReport(report));
        reports.postReport(report, signers, signatures);
    }

    function now_() private view returns (uint40) {
        return uint40(vm.getBlockTimestamp());
    }

    // ------------------------------------------------------------------------------------------- hash

    function test_hash_Frozen() external {
        assertEq(block.chainid, 31_337);
        bytes20 market = bytes20(bytes32(uint256(0xb0) * (type(uint256).max / 255)));
        book = address(market);
        reports = deployReports(IEraReports.Timing(ERA, DELAY, LIVENESS, VETOES));
        Report memory report = Report({
            reports: 0x0707070707070707070707070707070707070707,
            era: 2 ** 63 + 5,
            attempt: 1,
            round: 2,
            root: bytes32(uint256(14) * (type(uint256).max / 255)),
            coveredUntil: 1_800_003_600,
            dataHash: bytes32(uint256(15) * (type(uint256).max / 255))
        });
        assertEq(reports.hashReport(report), 0xdfac54a4af6b1416c0c7da7005ecf2d98c6edbdb1313309476c494f18ddd8c4e);
        LeaseEnd memory end = LeaseEnd({
            reports: 0x0707070707070707070707070707070707070707,
            lease: bytes32(uint256(13) * (type(uint256).max / 255)),
            endedAt: 1_800_002_000,
            evidence: bytes32(uint256(16) * (type(uint256).max / 255))
        });
        assertEq(reports.hashLeaseEnd(end), 0x255e9e75ba5b1be53256ced4102ecd5db48af6ba1bed0441eb06df3a8a305add);
    }

    function testFuzz_hash(Report memory r, LeaseEnd memory e) external view {
        bytes32 typeHash = keccak256(
            "Report(address reports,uint64 era,uint32 attempt,uint32 round,bytes32 root,uint40 coveredUntil,bytes32 dataHash)"
        );
        bytes memory words =
            abi.encode(typeHash, r.reports, r.era, r.attempt, r.round, r.root, r.coveredUntil, r.dataHash);
        assertEq(reports.hashReport(r), digestOf(keccak256(words)));
        typeHash = keccak256("LeaseEnd(address reports,bytes32 lease,uint40 endedAt,bytes32 evidence)");
        words = abi.encode(typeHash, e.reports, e.lease, e.endedAt, e.evidence);
        assertEq(reports.hashLeaseEnd(e), digestOf(keccak256(words)));
    }

    // ------------------------------------------------------------------------------------------- postReport

    function test_postReport_RevertWhen_ForOtherReports() external {
        Report memory report = draft(ROOT);
        report.reports = stranger;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.ForOtherReports.selector, stranger));
        this.post4(report);
    }

    function test_postReport_RevertWhen_WrongEraOrAttempt() external {
        Report memory report = draft(ROOT);
        report.era = 0;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.WrongEra.selector, 0, 1));
        this.post4(report);
        report.era = 2;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.WrongEra.selector, 2, 1));
        this.post4(report);
        (report.era, report.attempt) = (1, 1);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.WrongAttempt.selector, 1, 0));
        this.post4(report);
        report = draft(ROOT);
        post(report);
        skip(DELAY);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.WrongEra.selector, 1, 2));
        this.post4(report);
    }

    function test_postReport_RevertWhen_PreviousPending() external {
        post(draft(ROOT));
        uint40 effectiveAt = now_() + DELAY;
        skip(DELAY - 1);
        Report memory report = draft(ROOT);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.PreviousPending.selector, 1, effectiveAt));
        this.post4(report);
        skip(1);
        post(draft(ROOT));
        assertEq(reports.lastEra(), 2);
    }

    function test_postReport_RevertWhen_CoveredUntilIsOutOfBounds() external {
        Report memory report = draft(ROOT);
        bytes4 selector = IEraReports.CoveredUntilOutOfBounds.selector;
        report.coveredUntil = now_() + 1;
        vm.expectRevert(abi.encodeWithSelector(selector, now_() + 1, reports.genesis(), now_()));
        this.post4(report);
        report.coveredUntil = reports.genesis();
        vm.expectRevert(abi.encodeWithSelector(selector, reports.genesis(), reports.genesis(), now_()));
        this.post4(report);
        report.coveredUntil = reports.genesis() + 1;
        post(report);
        skip(DELAY);
        report = draft(ROOT);
        report.coveredUntil = reports.genesis() + 1;
        vm.expectRevert(abi.encodeWithSelector(selector, reports.genesis() + 1, reports.genesis() + 1, now_()));
        this.post4(report);
    }

    function test_postReport_RevertWhen_LengthsDiffer() external {
        Report memory report = draft(ROOT);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.LengthMismatch.selector, 3, 4));
        reports.postReport(report, new uint8[](3), new bytes[](4));
    }

    function test_postReport_RevertWhen_SignersDoNotRise() external {
        Report memory report = draft(ROOT);
        (uint8[] memory signers, bytes[] memory signatures) = signBy(4, reports.hashReport(report));
        (signers[1], signatures[1]) = (signers[2], signatures[2]);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.SignersNotRising.selector, 2));
        reports.postReport(report, signers, signatures);
        (signers[2], signatures[2]) = (signers[0], signatures[0]);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.SignersNotRising.selector, 2));
        reports.postReport(report, signers, signatures);
    }

    function test_postReport_RevertWhen_ThereIsNoSuchMonitor() external {
        Report memory report = draft(ROOT);
        (uint8[] memory signers, bytes[] memory signatures) = signBy(4, reports.hashReport(report));
        for (uint256 i = 4; i < 260; i += 31) {
            signers[3] = uint8(i);
            vm.expectRevert(abi.encodeWithSelector(IEraReports.UnknownMonitor.selector, uint8(i)));
            reports.postReport(report, signers, signatures);
        }
        signers[3] = 255;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.UnknownMonitor.selector, 255));
        reports.postReport(report, signers, signatures);
    }

    function test_postReport_RevertWhen_ASignatureIsInvalid() external {
        Report memory report = draft(ROOT);
        bytes32 digest = reports.hashReport(report);
        (uint8[] memory signers, bytes[] memory signatures) = signBy(4, digest);
        bytes memory good = signatures[2];
        bytes[5] memory bad =
            [bytes(""), bytes.concat(good, "0"), new bytes(65), signature(monitors[1].key, digest), bytes.concat(good)];
        bad[4][64] = 0x1d;
        for (uint256 i = 0; i < bad.length; i++) {
            signatures[2] = bad[i];
            vm.expectRevert(abi.encodeWithSelector(IEraReports.InvalidSignature.selector, monitors[2].addr));
            reports.postReport(report, signers, signatures);
        }
        signatures[2] = good;
        report.dataHash = 0;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.InvalidSignature.selector, monitors[0].addr));
        reports.postReport(report, signers, signatures);
    }

    function test_postReport_RevertWhen_QuorumIsMissing() external {
        Report memory report = draft(ROOT);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.QuorumMissing.selector, 0, 400));
        this.postBy(report, 0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.QuorumMissing.selector, 200, 400));
        this.postBy(report, 2);
        addMonitors(2);
        report = draft(ROOT);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.QuorumMissing.selector, 400, 600));
        this.postBy(report, 4);
        post(report, 5);
    }

    function test_postReport_RevertWhen_NobodyHasWeight() external {
        for (uint256 i = 0; i < 4; i++) {
            setWeight(monitors[i].addr, 0);
        }
        passEra();
        Report memory report = draft(ROOT);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.QuorumMissing.selector, 0, 0));
        this.post4(report);
    }

    function test_postReport() external {
        Report memory report = draft(ROOT);
        report.round = 7;
        uint40 effectiveAt = now_() + DELAY;
        vm.expectEmit(address(reports));
        emit IEraReports.ReportPosted(1, 0, 7, ROOT, report.coveredUntil, keccak256("data"), effectiveAt, 7);
        vm.prank(stranger);
        this.postBy(report, 3);
        assertEq(reports.lastEra(), 1);
        assertEq(reports.lastEffectiveEra(), 0);
        IEraReports.Posted memory posted = reports.reportOf(1);
        assertEq(posted.root, ROOT);
        assertEq(posted.coveredUntil, report.coveredUntil);
        assertEq(posted.effectiveAt, effectiveAt);
        (uint64 era, uint32 attempt, uint40 after_) = reports.nextReport();
        assertEq(era, 2);
        assertEq(attempt, 0);
        assertEq(after_, report.coveredUntil);
        skip(DELAY - 1);
        assertEq(reports.lastEffectiveEra(), 0);
        skip(1);
        assertEq(reports.lastEffectiveEra(), 1);
    }

    function test_postReport_OnlyWeightsOfNowCount() external {
        setWeight(monitors[0].addr, 0);
        addMonitor("newcomer", 1_000);
        Report memory report = draft(ROOT);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.QuorumMissing.selector, 200, 400));
        this.postBy(report, 2);
        post(report, 3);
        passEra();
        report = draft(ROOT);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.QuorumMissing.selector, 300, 1_300));
        this.postBy(report, 4);
    }

    function test_postReport_NewcomersReviveADeadSet() external {
        skip(100 days);
        for (uint256 i = 0; i < 3; i++) {
            addMonitor(string.concat("newcomer ", vm.toString(i)), 300);
        }
        passEra();
        Report memory report = draft(ROOT);
        bytes32 digest = reports.hashReport(report);
        uint8[] memory signers = new uint8[](3);
        bytes[] memory signatures = new bytes[](3);
        for (uint8 i = 0; i < 3; i++) {
            (signers[i], signatures[i]) = (i + 4, signature(monitors[i + 4].key, digest));
        }
        reports.postReport(report, signers, signatures);
        assertEq(reports.reportOf(1).coveredUntil, now_(), "one report covers the whole gap");
    }

    /// @dev More than two thirds, whatever the weights and whoever signs.
    function testFuzz_postReport_Quorum(uint32[8] memory weights, uint8 who) external {
        uint256 total = 400;
        uint256 weight = 0;
        uint256 count = 0;
        for (uint256 i = 0; i < 8; i++) {
            weights[i] = uint32(bound(weights[i], 100, 1_000_000));
            addMonitor(string.concat("random ", vm.toString(i)), weights[i]);
            total += weights[i];
            if (who >> i & 1 == 1) (weight, count) = (weight + weights[i], count + 1);
        }
        passEra();
        assertEq(reports.totalWeight(), total);
        Report memory report = draft(ROOT);
        uint8[] memory signers = new uint8[](count);
        bytes[] memory signatures = new bytes[](count);
        count = 0;
        for (uint8 i = 0; i < 8; i++) {
            if (who >> i & 1 == 0) continue;
            signers[count] = i + 4;
            signatures[count++] = signature(monitors[i + 4].key, reports.hashReport(report));
        }
        if (weight * 3 <= total * 2) {
            vm.expectRevert(abi.encodeWithSelector(IEraReports.QuorumMissing.selector, weight, total));
        }
        reports.postReport(report, signers, signatures);
    }

    function post4(Report memory report) external {
        post(report, 4);
    }

    function postBy(Report memory report, uint256 count) external {
        post(report, count);
    }

    // ------------------------------------------------------------------------------------------- veto

    function test_veto_RevertWhen_NotGovernance() external {
        post(draft(ROOT));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        reports.veto(1);
    }

    function test_veto_RevertWhen_NotPending() external {
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotPending.selector, 0));
        reports.veto(0);
        post(draft(ROOT));
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotPending.selector, 2));
        reports.veto(2);
        skip(DELAY);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotPending.selector, 1));
        reports.veto(1);
        post(draft(ROOT));
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotPending.selector, 1));
        reports.veto(1);
        reports.veto(2);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotPending.selector, 2));
        reports.veto(2);
    }

    function test_veto() external {
        uint64 era = makeEffective(ROOT);
        uint40 covered = reports.reportOf(era).coveredUntil;
        skip(ERA);
        Report memory report = draft(ROOT);
        post(report);
        vm.expectEmit(address(reports));
        emit IEraReports.ReportVetoed(2, 0);
        reports.veto(2);
        assertEq(reports.lastEra(), 1);
        assertEq(reports.lastEffectiveEra(), 1);
        assertEq(reports.lastCoveredUntil(), covered);
        assertEq(keccak256(abi.encode(reports.reportOf(2))), keccak256(abi.encode(0, 0, 0)), "there is none");
        (uint64 next, uint32 attempt, uint40 after_) = reports.nextReport();
        assertEq(next, 2);
        assertEq(attempt, 1);
        assertEq(after_, covered);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.WrongAttempt.selector, 0, 1));
        this.post4(report);
        (uint8[] memory signers, bytes[] memory signatures) = signBy(4, reports.hashReport(report));
        report.attempt = 1;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.InvalidSignature.selector, monitors[0].addr));
        reports.postReport(report, signers, signatures);
        post(report);
        skip(DELAY);
        assertEq(reports.lastEffectiveEra(), 2);
    }

    function test_veto_OfTheFirst() external {
        post(draft(ROOT));
        reports.veto(1);
        assertEq(uint256(reports.lastEra()) + reports.lastEffectiveEra() + reports.lastCoveredUntil(), 0);
        (uint64 era, uint32 attempt, uint40 after_) = reports.nextReport();
        assertEq(era, 1);
        assertEq(attempt, 1);
        assertEq(after_, reports.genesis());
    }

    function test_veto_RevertWhen_VetoesAreSpent() external {
        for (uint64 era = 1; era <= 3; era++) {
            skip(1);
            for (uint32 i = 0; i < VETOES; i++) {
                post(draft(ROOT));
                reports.veto(era);
                (, uint32 attempt,) = reports.nextReport();
                assertEq(attempt, i + 1);
            }
            post(draft(ROOT));
            vm.expectRevert(abi.encodeWithSelector(IEraReports.VetoesSpent.selector, era, VETOES));
            reports.veto(era);
            skip(DELAY);
            assertEq(reports.lastEffectiveEra(), era);
        }
    }

    // ------------------------------------------------------------------------------------------- fallbackOpen

    function test_fallbackOpen_NoReportEver() external {
        vm.warp(reports.genesis() + LIVENESS * ERA);
        assertFalse(reports.fallbackOpen());
        skip(1);
        assertTrue(reports.fallbackOpen());
    }

    function test_fallbackOpen_AfterAReport() external {
        skip(LIVENESS * ERA);
        assertTrue(reports.fallbackOpen());
        post(draft(ROOT));
        assertFalse(reports.fallbackOpen(), "one is about to be effective");
        skip(DELAY + LIVENESS * ERA);
        assertFalse(reports.fallbackOpen());
        skip(1);
        assertTrue(reports.fallbackOpen());
    }

    function test_fallbackOpen_AfterAVeto() external {
        makeEffective(ROOT);
        skip(LIVENESS * ERA);
        post(draft(ROOT));
        skip(DELAY - 1);
        reports.veto(2);
        assertFalse(reports.fallbackOpen(), "a veto alone opens nothing");
        skip(LIVENESS * ERA);
        assertFalse(reports.fallbackOpen(), "the vetoed era's time does not count");
        skip(1);
        assertTrue(reports.fallbackOpen());
    }

    /// @dev The worst that monitors and governance can do together within the rules: every report comes as late as may be, and
    /// every one is vetoed that can be.
    function test_fallbackOpen_BeforeLeasesCanBeFinished() external {
        uint32 grace = (VETOES + 2) * (LIVENESS * ERA + DELAY);
        post(draft(ROOT));
        uint256 stop = vm.getBlockTimestamp(); // of a lease
        skip(DELAY);
        for (uint256 i = 0; i < VETOES; i++) {
            skip(LIVENESS * ERA);
            assertFalse(reports.fallbackOpen());
            post(draft(ROOT));
            skip(DELAY - 1);
            reports.veto(2);
        }
        skip(LIVENESS * ERA + 1);
        assertTrue(reports.fallbackOpen());
        assertGe(stop + grace - vm.getBlockTimestamp(), LIVENESS * ERA, "time is left to claim");
    }

    // ------------------------------------------------------------------------------------------- endLease

    function endLease(Terms memory terms, LeaseEnd memory message, uint256 count) private {
        (uint8[] memory signers, bytes[] memory signatures) = signBy(count, reports.hashLeaseEnd(message));
        reports.endLease(terms, message, signers, signatures);
    }

    function endBy(Terms memory terms, LeaseEnd memory message, uint256 count) external {
        endLease(terms, message, count);
    }

    function test_endLease_RevertWhen_ForOthers() external {
        (Terms memory terms, bytes32 lease) = openLease();
        LeaseEnd memory message = LeaseEnd(stranger, lease, now_(), 0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.ForOtherReports.selector, stranger));
        this.endBy(terms, message, 4);
        message = LeaseEnd(address(reports), "other", now_(), 0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.LeaseMismatch.selector, lease, bytes32("other")));
        this.endBy(terms, message, 4);
    }

    function test_endLease_RevertWhen_QuorumIsMissing() external {
        (Terms memory terms, bytes32 lease) = openLease();
        LeaseEnd memory message = LeaseEnd(address(reports), lease, now_(), 0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.QuorumMissing.selector, 200, 400));
        this.endBy(terms, message, 2);
        (uint8[] memory signers, bytes[] memory signatures) = signBy(4, reports.hashReport(draft(ROOT)));
        vm.expectRevert(abi.encodeWithSelector(IEraReports.InvalidSignature.selector, monitors[0].addr));
        reports.endLease(terms, message, signers, signatures);
    }

    function test_endLease_RevertWhen_TheEscrowRefuses() external {
        Terms memory terms = monitoredTerms();
        bytes32 lease = escrow.leaseIdOf(terms);
        LeaseEnd memory message = LeaseEnd(address(reports), lease, now_(), 0);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, lease));
        this.endBy(terms, message, 4);
        open(terms);
        message.endedAt = now_() + 1;
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.EndOutOfBounds.selector, lease, now_() + 1, terms.start, now_())
        );
        this.endBy(terms, message, 4);
    }

    function test_endLease() external {
        (Terms memory terms, bytes32 lease) = openLease();
        uint256 before = balance(tenant.addr);
        skip(1 hours);
        LeaseEnd memory message = LeaseEnd(address(reports), lease, now_() - 60, "evidence");
        uint256 refund = hold(RATE, DURATION) - hold(RATE, 1 hours - 60);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseEnded(lease, Reason.ENDED_BY_MONITORS, now_() - 60, refund, "evidence");
        vm.prank(stranger);
        this.endBy(terms, message, 3);
        assertEq(balance(tenant.addr), before + refund);
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.EndOutOfBounds.selector, lease, now_() - 60, terms.start, now_() - 61)
        );
        this.endBy(terms, message, 4);
    }
}
