// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Terms} from "../../src/interfaces/Types.sol";
import {EscrowBase} from "./EscrowBase.sol";

/// @dev Ceilings for what a transaction costs: 21,000, its calldata, and what the call burns with everything cold.
contract EscrowGasTest is EscrowBase {
    function setUp() public override {
        vm.skip(vm.isContext(2)); // coverage runs code that is not optimised
        super.setUp();
        fund(payout, address(dollar), 1);
        fund(rewardWallet, address(dollar), 1);
    }

    function costOf(address from, bytes memory data) private returns (uint256 gas) {
        vm.cool(address(escrow));
        vm.cool(address(capacity));
        vm.cool(address(registry));
        gas = 21_000;
        for (uint256 i = 0; i < data.length; i++) {
            gas += data[i] == 0 ? 4 : 16;
        }
        vm.prank(from);
        uint256 before = gasleft();
        (bool ok,) = address(escrow).call(data);
        gas += before - gasleft() - 2_600; // a transaction's receiver is warm
        assertTrue(ok);
    }

    function test_settleByTime_Alone() external {
        (Terms memory terms,) = openByTime();
        skip(1 hours);
        assertLe(costOf(operator.addr, abi.encodeCall(escrow.settleByTime, (one(terms)))), 50_000);
        escrow.setFee(100);
        skip(5 hours);
        assertLe(costOf(payout, abi.encodeCall(escrow.settleByTime, (one(terms)))), 50_000, "with a fee");
    }

    function test_settleByTime_BatchOf32() external {
        Terms[] memory batch = new Terms[](32);
        for (uint256 i = 0; i < 32; i++) {
            (batch[i],) = openByTime();
        }
        skip(1 hours);
        assertLe(costOf(operator.addr, abi.encodeCall(escrow.settleByTime, (batch))), 32 * 15_000);
    }

    function test_close_WithRelease() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        skip(1 hours);
        assertLe(costOf(tenant.addr, abi.encodeCall(escrow.close, (terms))), 60_000);
        assertTrue(escrow.leaseOf(lease).released);
    }

    function test_wholeLease_GrowsWithNothing() external {
        uint256[2] memory costs;
        for (uint256 i = 0; i < 2; i++) {
            (Terms memory terms,) = openByTime();
            skip(i == 0 ? 1 hours : 9 hours);
            costs[i] = costOf(payout, abi.encodeCall(escrow.settleByTime, (one(terms))));
            for (uint256 j = 0; j < 20; j++) {
                openByTime();
            }
        }
        assertApproxEqAbs(costs[0], costs[1], 300, "neither with time nor with other leases");
    }
}
