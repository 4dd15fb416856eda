// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";

/// @dev Counts what an invariant run calls.
contract Counter {
    uint256 public wanted;
    uint256 public unwanted;
    address public lastSender;

    function want() external {
        wanted++;
        lastSender = msg.sender;
    }

    function avoid() external {
        unwanted++;
    }
}

/// @dev The base itself: an invariant run really calls what is targeted, and only that, and assertions really fail.
contract TestTest is Test {
    Counter internal counter;
    address internal onlySender;

    function setUp() external {
        counter = new Counter();
        onlySender = makeAddr("only sender");
        targetContract(address(counter));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = Counter.want.selector;
        targetSelector(FuzzSelector({addr: address(counter), selectors: selectors}));
        targetSender(onlySender);
    }

    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_onlyTargetsAreCalled() external view {
        assertEq(counter.unwanted(), 0);
        if (counter.wanted() > 0) assertEq(counter.lastSender(), onlySender);
    }

    function afterInvariant() external view {
        assertEq(counter.wanted(), 100, "every call of the run reached the target");
    }

    function testFuzz_boundStaysWithin(uint256 value, uint256 min, uint256 max) external pure {
        if (min > max) (min, max) = (max, min);
        uint256 bounded = bound(value, min, max);
        assertGe(bounded, min);
        assertLe(bounded, max);
        if (value >= min && value <= max) assertEq(bounded, value);
    }

    function assertOneIsTwo() external pure {
        assertEq(uint256(1), 2, "one is two");
    }

    function test_assertionsFail() external {
        vm.expectRevert(bytes("one is two: 1 != 2"));
        this.assertOneIsTwo();
    }

    function test_signatureRecovers() external {
        Account memory account = makeAccount("signer");
        bytes memory signed = signature(account.key, keccak256("message"));
        assertEq(signed.length, 65);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(account.key, keccak256("message"));
        assertEq(ecrecover(keccak256("message"), v, r, s), account.addr);
        assertEq(signed, abi.encodePacked(r, s, v));
    }

    function test_skipMovesTime() external {
        uint256 before = vm.getBlockTimestamp();
        skip(10);
        assertEq(block.timestamp, before + 10);
    }
}
