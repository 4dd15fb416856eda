// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {ServedLeaf, Terms} from "../../src/interfaces/Types.sol";
import {ScriptedReports} from "../utils/ScriptedReports.sol";
import {Test} from "../utils/Test.sol";

contract ScriptedReportsTest is Test {
    ScriptedReports private reports;

    function setUp() external {
        reports = new ScriptedReports(vm.deployCode("AccessManager.sol:AccessManager", abi.encode(address(this))));
    }

    function test_onlyWhoMayWrites() external {
        address stranger = makeAddr("stranger");
        bytes memory refused = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        Terms memory terms;
        vm.startPrank(stranger);
        vm.expectRevert(refused);
        reports.setScore(1, 9_000, 5);
        vm.expectRevert(refused);
        reports.setServed("lease", 1, 10);
        vm.expectRevert(refused);
        reports.setEra(1, 20);
        vm.expectRevert(refused);
        reports.setFallback(true);
        vm.expectRevert(refused);
        reports.end(ILeaseEscrow(address(0)), terms, 0, 0, 0);
    }

    function test_provenScore() external {
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoScore.selector, 1));
        reports.provenScore(1, "");
        reports.setScore(1, 9_000, 5);
        (uint16 score, uint40 asOf) = reports.provenScore(1, "");
        assertEq(score, 9_000);
        assertEq(asOf, 5);
    }

    function test_verifyServed_OnlyWhatWasWritten() external {
        bytes32[] memory none = new bytes32[](0);
        reports.setServed("lease", 1, 0);
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoReport.selector, 1));
        reports.verifyServed("lease", ServedLeaf(1, 0), none);
        reports.setEra(1, 20);
        assertEq(reports.verifyServed("lease", ServedLeaf(1, 0), none), 20, "no seconds is an answer");
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.NoLeaf.selector, bytes32("other"), 1, 0));
        reports.verifyServed("other", ServedLeaf(1, 0), none);
        assertEq(reports.lastCoveredUntil(), 20);
        assertFalse(reports.fallbackOpen());
        reports.setFallback(true);
        assertTrue(reports.fallbackOpen());
    }

    function test_verifyServedMany_RevertWhen_LengthsDiffer() external {
        vm.expectRevert(abi.encodeWithSelector(ScriptedReports.LengthMismatch.selector, 1, 2));
        reports.verifyServedMany(new bytes32[](1), 1, new uint40[](2), new bytes32[](0), new bool[](0));
    }
}

interface ITestDollar is IERC20Metadata {
    function mint(address to, uint256 amount) external;
}

contract TestDollarTest is Test {
    function test_anyoneMints() external {
        ITestDollar dollar = ITestDollar(vm.deployCode("TestDollar.sol:TestDollar"));
        vm.prank(makeAddr("anyone"));
        dollar.mint(address(this), 5e6);
        assertEq(dollar.balanceOf(address(this)), 5e6);
        assertEq(dollar.decimals(), 6);
        assertEq(keccak256(bytes(dollar.symbol())), keccak256("USDC"));
    }
}
