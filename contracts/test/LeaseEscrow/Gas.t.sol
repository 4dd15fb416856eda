// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Terms} from "../../src/interfaces/Types.sol";
import {EscrowBase} from "./EscrowBase.sol";

/// @dev What a transaction costs: 21,000, its calldata and what the call burns, from cold storage.
contract EscrowGasTest is EscrowBase {
    function costOf(address from, bytes memory data) internal returns (uint256 gas) {
        vm.cool(address(escrow));
        vm.cool(address(capacity));
        vm.cool(address(registry));
        vm.cool(address(reports));
        gas = 21_000;
        for (uint256 i = 0; i < data.length; i++) {
            gas += data[i] == 0 ? 4 : 16;
        }
        vm.prank(from);
        uint256 before = gasleft();
        (bool ok,) = address(escrow).call(data);
        gas += before - gasleft() - 2_600;
        assertTrue(ok);
    }

    event log_named_uint(string key, uint256 val);

    function test_gas() external {
        escrow.setFee(100);
        fund(payout, address(dollar), 1);
        fund(rewardWallet, address(dollar), 1);
        (Terms memory first,) = openByTime();
        Terms memory t = byTimeTerms();
        vm.prank(book);
        capacity.allocate(t.provider, t.resource, t.units, t.start);
        emit log_named_uint("open", costOf(book, abi.encodeCall(escrow.open, (t, DURATION, false))));
        skip(1 hours);
        emit log_named_uint("settleByTime.payout", costOf(payout, abi.encodeCall(escrow.settleByTime, (one(t)))));
        skip(1 hours);
        emit log_named_uint(
            "settleByTime.operator", costOf(operator.addr, abi.encodeCall(escrow.settleByTime, (one(t))))
        );
        skip(1 hours);
        emit log_named_uint("close", costOf(tenant.addr, abi.encodeCall(escrow.close, (t))));
        Terms[] memory many = new Terms[](32);
        for (uint256 i; i < 32; i++) {
            (many[i],) = openByTime();
        }
        skip(1 hours);
        emit log_named_uint(
            "settleByTime.32 each", costOf(operator.addr, abi.encodeCall(escrow.settleByTime, (many))) / 32
        );
        skip(10 days);
        emit log_named_uint(
            "settleByTime.32 final each", costOf(operator.addr, abi.encodeCall(escrow.settleByTime, (many))) / 32
        );
        emit log_named_uint("release", costOf(operator.addr, abi.encodeCall(escrow.release, (first))));
    }
}
