// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {JobTerms, Terms} from "../../src/interfaces/Types.sol";
import {JobsBase} from "./JobsBase.sol";

/// @dev Ceilings for what a transaction costs: 21,000, its calldata, and what the call burns with everything cold.
contract JobGasTest is JobsBase {
    event log_named_uint(string key, uint256 value);

    function setUp() public override {
        vm.skip(vm.isContext(2)); // coverage runs code that is not optimised
        super.setUp();
        escrow.setFee(100);
    }

    function costOf(address from, bytes memory data) private returns (uint256 gas) {
        address[6] memory all =
            [address(escrow), address(capacity), address(registry), address(staking), address(reports), address(jobs)];
        for (uint256 i = 0; i < all.length; i++) {
            vm.cool(all[i]);
        }
        uint256 zeros = 0;
        for (uint256 i = 0; i < data.length; i++) {
            if (data[i] == 0) zeros++;
        }
        gas = 21_000 + 4 * zeros + 16 * (data.length - zeros);
        address target = address(jobs);
        vm.prank(from);
        bool ok;
        uint256 spent;
        assembly ("memory-safe") {
            spent := gas()
            ok := call(gas(), target, 0, add(data, 0x20), mload(data), 0, 0)
            spent := sub(spent, gas())
        }
        gas += spent - 2_600; // a transaction's receiver is warm
        assertTrue(ok);
    }

    /// @dev A whole job of three validators, all of which sign. The second time, as in daily use, no balance is new.
    function test_wholeJob() external {
        addMonitors(7);
        uint256[4] memory costs;
        for (uint256 round = 0; round < 6; round++) {
            (Terms memory terms,) = openJob();
            JobTerms memory j = jobTerms();
            costs[0] = costOf(operator.addr, abi.encodeCall(jobs.begin, (terms, j)));
            costs[1] = costOf(operator.addr, abi.encodeCall(jobs.submit, (terms, j, ROOT, CID)));
            roll(3);
            uint256 snapshot = vm.snapshotState();
            address[] memory drawn = draw(terms, j);
            vm.revertToState(snapshot);
            costs[2] = costOf(stranger, abi.encodeCall(jobs.draw, (terms, j, none())));
            skip(CHALLENGE);
            (uint8[] memory signers, bytes[] memory signatures) = signed(terms, true, drawn, 3);
            costs[3] =
                costOf(stranger, abi.encodeCall(jobs.resolve, (terms, j, true, drawn, signers, signatures)));
        }
        emit log_named_uint("begin", costs[0]);
        emit log_named_uint("submit", costs[1]);
        emit log_named_uint("draw of 3 from 7", costs[2]);
        emit log_named_uint("resolve by 3", costs[3]);
        emit log_named_uint("in all", costs[0] + costs[1] + costs[2] + costs[3]);
        assertLe(costs[0] + costs[1] + costs[2] + costs[3], 390_000);
    }

    function costOfDraw(uint8 validators) private returns (uint256) {
        JobTerms memory j = jobTerms();
        j.validators = validators;
        (Terms memory terms,) = openJob(j);
        begin(terms, j);
        submit(terms, j);
        roll(3);
        return costOf(stranger, abi.encodeCall(jobs.draw, (terms, j, none())));
    }

    function test_draw_From128() external {
        addMonitors(128);
        uint256 three = costOfDraw(3);
        emit log_named_uint("draw of 3 from 128", three);
        assertLe(three, 530_000);
        uint256 all = costOfDraw(255);
        emit log_named_uint("draw of 128 from 128", all);
        assertLe(all, 3_500_000);
    }

    /// @dev Law 9: neither the number of jobs nor their length makes the next one dearer.
    function test_GrowsWithNothing() external {
        addMonitors(5);
        JobTerms memory j = jobTerms();
        uint256[2] memory costs;
        for (uint256 i = 0; i < 30; i++) {
            (Terms memory terms,) = openJob();
            costs[1] = costOf(operator.addr, abi.encodeCall(jobs.begin, (terms, j)));
            costs[1] += costOf(operator.addr, abi.encodeCall(jobs.submit, (terms, j, ROOT, CID)));
            costs[1] += costOf(tenant.addr, abi.encodeCall(jobs.accept, (terms, j, none())));
            if (i == 1) costs[0] = costs[1];
            skip(i * 1 hours);
        }
        assertApproxEqAbs(costs[0], costs[1], 1_500);
    }
}
