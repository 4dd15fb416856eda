// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IEraReports} from "../../src/interfaces/IEraReports.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {Terms} from "../../src/interfaces/Types.sol";
import {EraBase} from "./EraBase.sol";

contract EraDisputesTest is EraBase {
    uint96 private constant BOND = 100e18;

    Terms private _terms;
    bytes32 private _lease;
    uint64 private _era;

    function setUp() public override {
        super.setUp();
        addMonitors(3);
        (_terms, _lease) = openLease();
        skip(ERA);
        _era = makeEffective(leafOf("of no kind"));
        skip(1);
        address[3] memory parties = [tenant.addr, owner, operator.addr];
        for (uint256 i = 0; i < 3; i++) {
            stakeToken.transfer(parties[i], BOND);
            vm.prank(parties[i]);
            stakeToken.approve(address(reports), BOND);
        }
    }

    function open(address opener) private returns (uint64) {
        vm.prank(opener);
        return reports.openDispute(_terms, _era, "evidence");
    }

    function verdict(uint64 dispute, bool upheld) private pure returns (bytes32) {
        return leafOf(abi.encode(6, dispute, upheld));
    }

    function balanceOf(address account) private view returns (uint256) {
        return stakeToken.balanceOf(account);
    }

    // ------------------------------------------------------------------------------------------- openDispute

    function test_openDispute_RevertWhen_NotALeaseOfTheseMonitors() external {
        Terms memory terms = monitoredTerms();
        bytes32 lease = escrow.leaseIdOf(terms);
        vm.startPrank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, lease));
        reports.openDispute(terms, _era, 0);
        vm.stopPrank();
        (terms.verifier, terms.uptimeBps) = (address(0), 0);
        lease = open(terms);
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotVerifier.selector, lease, address(reports), address(0)));
        reports.openDispute(terms, _era, 0);
    }

    function test_openDispute_RevertWhen_NotParty() external {
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotParty.selector, _lease, stranger));
        open(stranger);
    }

    function test_openDispute_RevertWhen_NotEffective() external {
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotEffective.selector, _era + 1));
        reports.openDispute(_terms, _era + 1, 0);
    }

    function test_openDispute_RevertWhen_TheBondIsMissing() external {
        reports.setPolicy(IEraReports.Policy(100, 0, BOND + 1));
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(reports), BOND, BOND + 1)
        );
        open(tenant.addr);
    }

    function test_openDispute() external {
        vm.expectEmit(address(reports));
        emit IEraReports.DisputeOpened(1, _lease, _era, tenant.addr, BOND, "evidence");
        assertEq(open(tenant.addr), 1);
        assertEq(balanceOf(address(reports)), BOND);
        IEraReports.Dispute memory dispute = reports.disputeOf(1);
        assertEq(dispute.opener, tenant.addr);
        assertEq(dispute.bond, BOND);
        assertEq(dispute.openedIn, _era);
        assertEq(open(owner), 2);
        assertEq(open(operator.addr), 3);
        assertEq(balanceOf(address(reports)), 3 * BOND);
    }

    // ------------------------------------------------------------------------------------------- resolveDispute

    function test_resolveDispute_RevertWhen_NotInAReport() external {
        open(tenant.addr);
        uint64 era = makeEffective(verdict(1, false));
        bytes32[] memory proof = proofOf(0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NoLeaf.selector, era, verdict(1, true)));
        reports.resolveDispute(1, true, era, proof);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotEffective.selector, era + 1));
        reports.resolveDispute(1, true, era + 1, proof);
    }

    function test_resolveDispute_RevertWhen_NotOpen() external {
        uint64 era = makeEffective(verdict(1, true));
        bytes32[] memory proof = proofOf(0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.UnknownDispute.selector, 1));
        reports.resolveDispute(1, true, era, proof);
        open(tenant.addr);
        reports.resolveDispute(1, true, era, proof);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.UnknownDispute.selector, 1));
        reports.resolveDispute(1, true, era, proof);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.UnknownDispute.selector, 1));
        reports.expireDispute(1);
    }

    function test_resolveDispute_Upheld() external {
        open(tenant.addr);
        reports.setPolicy(IEraReports.Policy(100, 0, 1));
        uint64 era = makeEffective(verdict(1, true));
        vm.expectEmit(address(reports));
        emit IEraReports.DisputeResolved(1, true, BOND);
        vm.prank(stranger);
        reports.resolveDispute(1, true, era, proofOf(0));
        assertEq(balanceOf(tenant.addr), BOND);
        assertEq(balanceOf(address(reports)), 0);
        assertEq(reports.disputeOf(1).bond, 0);
    }

    function test_resolveDispute_NotUpheld() external {
        open(tenant.addr);
        open(owner);
        uint64 era = makeEffective(verdict(1, false));
        vm.expectEmit(address(reports));
        emit IEraReports.DisputeResolved(1, false, 0);
        reports.resolveDispute(1, false, era, proofOf(0));
        assertEq(balanceOf(tenant.addr), 0);
        assertEq(balanceOf(BURNT), BOND);
        assertEq(balanceOf(address(reports)), BOND, "the other one's");
    }

    // ------------------------------------------------------------------------------------------- expireDispute

    function test_expireDispute_RevertWhen_Unknown() external {
        vm.expectRevert(abi.encodeWithSelector(IEraReports.UnknownDispute.selector, 1));
        reports.expireDispute(1);
    }

    /// @dev Opened when an era is over and its report not posted yet, a dispute is of the era after that one. Its recount comes with
    /// the second report, and there is an era in which the opener cannot have the bond back in spite of it.
    function test_expireDispute_AfterThreeEras() external {
        open(tenant.addr);
        makeEffective(leafOf("of an era that was over"));
        skip(1);
        uint64 recount = makeEffective(verdict(1, false));
        assertEq(recount, _era + 2);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.DisputeOpen.selector, 1, _era + 3));
        reports.expireDispute(1);
        skip(1);
        postLeaves(leaves);
        skip(DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.DisputeOpen.selector, 1, _era + 3));
        reports.expireDispute(1);
        skip(1);
        vm.expectEmit(address(reports));
        emit IEraReports.DisputeResolved(1, false, BOND);
        vm.prank(stranger);
        reports.expireDispute(1);
        assertEq(balanceOf(tenant.addr), BOND);
    }

    function test_expireDispute_WhenMonitorsAreDead() external {
        open(tenant.addr);
        skip(LIVENESS * ERA - 1);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.DisputeOpen.selector, 1, _era + 3));
        reports.expireDispute(1);
        skip(1);
        reports.expireDispute(1);
        assertEq(balanceOf(tenant.addr), BOND);
    }

    // ------------------------------------------------------------------------------------------- attest, governance

    function test_attest() external {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotAuditor.selector, stranger));
        reports.attest(provider, 9_000, "audit", 1);
        vm.expectEmit(address(reports));
        emit IEraReports.AuditorChanged(stranger, true);
        reports.setAuditor(stranger, true);
        assertTrue(reports.isAuditor(stranger));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.InvalidBps.selector, 10_001));
        reports.attest(provider, 10_001, "audit", 1);
        vm.expectEmit(address(reports));
        emit IEraReports.ProviderAttested(provider, stranger, 10_000, "audit", 1);
        vm.prank(stranger);
        reports.attest(provider, 10_000, "audit", 1);
        reports.setAuditor(stranger, false);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NotAuditor.selector, stranger));
        reports.attest(provider, 9_000, "audit", 1);
    }

    function test_governance_RevertWhen_AnotherCalls() external {
        bytes memory refused = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(refused);
        reports.setAuditor(stranger, true);
        vm.expectRevert(refused);
        reports.setPolicy(IEraReports.Policy(1, 1, 1));
    }

    function test_setPolicy_RevertWhen_OutOfBounds() external {
        IEraReports.Policy[5] memory bad = [
            IEraReports.Policy(0, 0, 1),
            IEraReports.Policy(1_000_001, 0, 1),
            IEraReports.Policy(1, 10_001, 1),
            IEraReports.Policy(1, 0, 0),
            IEraReports.Policy(1, 0, 10_000e18 + 1)
        ];
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IEraReports.InvalidPolicy.selector, bad[i]));
            reports.setPolicy(bad[i]);
        }
    }

    function test_setPolicy() external {
        IEraReports.Policy[2] memory good =
            [IEraReports.Policy(1, 0, 1), IEraReports.Policy(1_000_000, 10_000, 10_000e18)];
        for (uint256 i = 0; i < good.length; i++) {
            vm.expectEmit(address(reports));
            emit IEraReports.PolicyChanged(good[i]);
            reports.setPolicy(good[i]);
            assertEq(keccak256(abi.encode(reports.policy())), keccak256(abi.encode(good[i])));
        }
    }

    function test_governance_MovesNothing() external {
        bytes32 before = _everything();
        postLeaves(leaves);
        reports.veto(_era + 1);
        reports.setPolicy(IEraReports.Policy(1_000_000, 10_000, 10_000e18));
        reports.setAuditor(stranger, true);
        escrow.setVerifier(address(reports), false);
        assertEq(_everything(), before);
        assertFalse(reports.fallbackOpen());
        skip(1);
        assertEq(makeEffective(leafOf("the monitors go on")), _era + 1);
        setWeight(monitors[0].addr, 0);
        passEra();
        reports.unlock(0);
        assertEq(lockedOf(monitors[0].addr), 0, "and can leave");
    }

    function _everything() private view returns (bytes32) {
        bytes32 stakes = keccak256(abi.encode(staking.poolOf(providerPool()), staking.poolOf(poolOf(monitors[0].addr))));
        return keccak256(
            abi.encode(
                stakes,
                balance(tenant.addr),
                balance(payout),
                balance(address(rewards)),
                escrow.heldOf(_terms),
                escrow.leaseOf(_lease),
                reports.totalWeight()
            )
        );
    }
}
