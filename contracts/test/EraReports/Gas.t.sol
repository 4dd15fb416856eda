// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Report, ServedLeaf, Terms} from "../../src/interfaces/Types.sol";
import {Merkle} from "../utils/Merkle.sol";
import {EraBase} from "./EraBase.sol";

/// @dev Ceilings for what a transaction costs: 21,000, its calldata, and what the call burns with everything cold.
contract EraGasTest is EraBase {
    event log_named_uint(string key, uint256 value);

    /// @dev A tree of a million leaves is so deep. Its other hashes are of no matter.
    uint256 private constant DEPTH = 20;

    function setUp() public override {
        vm.skip(vm.isContext(2)); // coverage runs code that is not optimised
        super.setUp();
    }

    function costOf(address target, bytes memory data) private returns (uint256 gas) {
        address[5] memory all =
            [address(escrow), address(capacity), address(registry), address(staking), address(reports)];
        for (uint256 i = 0; i < all.length; i++) {
            vm.cool(all[i]);
        }
        uint256 zeros = 0;
        for (uint256 i = 0; i < data.length; i++) {
            if (data[i] == 0) zeros++;
        }
        gas = 21_000 + 4 * zeros + 16 * (data.length - zeros);
        vm.prank(stranger);
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

    function costOfPost() private returns (uint256) {
        Report memory report = draft(keccak256(abi.encode(vm.getBlockTimestamp())));
        (uint8[] memory signers, bytes[] memory signatures) = signBy(monitors.length, reports.hashReport(report));
        return costOf(address(reports), abi.encodeCall(reports.postReport, (report, signers, signatures)));
    }

    function test_postReport() external {
        uint256[3] memory counts = [uint256(4), 16, 64];
        uint256[3] memory costs;
        for (uint256 i = 0; i < 3; i++) {
            addMonitors(counts[i] - monitors.length);
            costOfPost();
            skip(ERA);
            costs[i] = costOfPost();
            emit log_named_uint(string.concat("post of ", vm.toString(counts[i])), costs[i]);
            skip(ERA);
        }
        // A signer cannot cost less than its slot (2,100), its recovery (3,100) and its calldata (about 1,600).
        assertLe((costs[2] - costs[1]) / 48, 7_600, "a signer more");
        assertLe(costs[0], 112_000);
        assertLe(costs[2], 565_000);
    }

    /// @dev Law 9: neither the number of reports nor what they are of makes the next one dearer.
    function test_postReport_GrowsWithNothing() external {
        addMonitors(4);
        costOfPost();
        skip(ERA);
        uint256 early = costOfPost();
        for (uint256 i = 0; i < 100; i++) {
            skip(ERA);
            costOfPost();
            if (i < 40) openLease();
        }
        skip(ERA);
        assertApproxEqAbs(early, costOfPost(), 300);
    }

    /// @dev A root over `tree`, itself a part of a tree of a million leaves. @return path from there up
    function rootOfMillion(bytes32[] memory tree) private pure returns (bytes32 root, bytes32[] memory path) {
        root = Merkle.rootOf(tree);
        uint256 depth = 0;
        while (1 << depth < tree.length) depth++;
        path = new bytes32[](DEPTH - depth);
        for (uint256 i = 0; i < path.length; i++) {
            path[i] = keccak256(abi.encode("sibling", i));
            root = root < path[i] ? keccak256(bytes.concat(root, path[i])) : keccak256(bytes.concat(path[i], root));
        }
    }

    function leasesOf(uint256 count)
        private
        returns (Terms[] memory batch, uint40[] memory served, bytes32[] memory tree)
    {
        (batch, served, tree) = (new Terms[](count), new uint40[](count), new bytes32[](count));
        for (uint256 i = 0; i < count; i++) {
            (Terms memory terms, bytes32 lease) = openLease();
            (batch[i], served[i], tree[i]) = (terms, 1_800, leafOf(abi.encode(1, lease, 1_800)));
        }
        skip(1 hours);
    }

    function test_settle_OfAMillion() external {
        addMonitors(4);
        (Terms[] memory batch,, bytes32[] memory tree) = leasesOf(2);
        (bytes32 root, bytes32[] memory path) = rootOfMillion(tree);
        post(draft(root));
        skip(DELAY);
        for (uint256 i = 0; i < 2; i++) {
            bytes32[] memory proof = new bytes32[](DEPTH);
            proof[0] = tree[1 - i];
            for (uint256 j = 1; j < DEPTH; j++) {
                proof[j] = path[j - 1];
            }
            uint256 cost =
                costOf(address(escrow), abi.encodeCall(escrow.settle, (batch[i], ServedLeaf(1, 1_800), proof)));
            if (i == 0) continue; // the payout's balance was zero
            emit log_named_uint("settle of a million", cost);
            assertLe(cost, 66_000);
        }
    }

    function test_settleMany_32OfAMillion() external {
        addMonitors(4);
        (Terms[] memory batch, uint40[] memory served, bytes32[] memory tree) = leasesOf(32);
        (bytes32 root, bytes32[] memory path) = rootOfMillion(tree);
        post(draft(root));
        skip(DELAY);
        bool[] memory flags = new bool[](31 + path.length);
        for (uint256 i = 0; i < 31; i++) {
            flags[i] = true;
        }
        uint256 cost = costOf(address(escrow), abi.encodeCall(escrow.settleMany, (batch, 1, served, path, flags)));
        emit log_named_uint("settle, of 32 with one multiproof of a million, each", cost / 32);
        assertLe(cost / 32, 20_000);
        assertEq(balance(payout), 32 * owed(RATE, 1_800));
    }
}
