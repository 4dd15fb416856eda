// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IEraReports} from "../../src/interfaces/IEraReports.sol";
import {ServedLeaf} from "../../src/interfaces/Types.sol";
import {Merkle} from "../utils/Merkle.sol";
import {EraBase} from "./EraBase.sol";

contract EraVerifyTest is EraBase {
    bytes32 private constant LEASE = keccak256("lease");

    function setUp() public override {
        super.setUp();
        addMonitors(1);
    }

    function leaseLeaf(bytes32 lease, uint40 served) private pure returns (bytes32) {
        return leafOf(abi.encode(1, lease, served));
    }

    function proven(uint64 era, uint16 score, bytes32[] memory proof) private pure returns (bytes memory) {
        return abi.encode(era, score, uint256(5), uint256(6), proof);
    }

    function lists(uint256 size) private pure returns (bytes32[] memory leases, uint40[] memory served) {
        return (new bytes32[](size), new uint40[](size));
    }

    function assertNotEffective(uint64 era) private {
        bytes memory expected = abi.encodeWithSelector(IEraReports.NotEffective.selector, era);
        bytes32[] memory proof = new bytes32[](0);
        (bytes32[] memory leases, uint40[] memory served) = lists(1);
        vm.expectRevert(expected);
        reports.verifyLeaf(era, "leaf", proof);
        vm.expectRevert(expected);
        reports.verifyServed(LEASE, ServedLeaf(era, 1), proof);
        vm.expectRevert(expected);
        reports.verifyServedMany(leases, era, served, proof, new bool[](0));
        bytes memory score = proven(era, 1, proof);
        vm.expectRevert(expected);
        reports.provenScore(provider, score);
    }

    function test_verify_RevertWhen_NotEffective() external {
        assertNotEffective(0);
        assertNotEffective(1);
        bytes32[] memory one = new bytes32[](1);
        one[0] = leaseLeaf(LEASE, 1);
        postLeaves(one);
        skip(DELAY - 1);
        assertNotEffective(1);
        reports.veto(1);
        skip(DELAY);
        assertNotEffective(1);
    }

    function test_verify_RevertWhen_NotInIt() external {
        uint64 era = makeEffective(leaseLeaf(LEASE, 100));
        bytes32[] memory proof = proofOf(0);
        bytes4 no = IEraReports.NoLeaf.selector;
        vm.expectRevert(abi.encodeWithSelector(no, era, leaseLeaf(LEASE, 101)));
        reports.verifyServed(LEASE, ServedLeaf(era, 101), proof);
        vm.expectRevert(abi.encodeWithSelector(no, era, leaseLeaf("other", 100)));
        reports.verifyServed("other", ServedLeaf(era, 100), proof);
        bytes32[] memory wrong = proofOf(1);
        vm.expectRevert(abi.encodeWithSelector(no, era, leaseLeaf(LEASE, 100)));
        reports.verifyServed(LEASE, ServedLeaf(era, 100), wrong);
        bytes memory score = proven(era, 100, proof);
        vm.expectRevert(abi.encodeWithSelector(no, era, leafOf(abi.encode(3, provider, 100, uint256(5), uint256(6)))));
        reports.provenScore(provider, score);
        skip(1);
        makeEffective(leaseLeaf(LEASE, 200));
        vm.expectRevert(abi.encodeWithSelector(no, era + 1, leaseLeaf(LEASE, 100)));
        reports.verifyServed(LEASE, ServedLeaf(era + 1, 100), proof);
        assertEq(reports.verifyServed(LEASE, ServedLeaf(era, 100), proof), reports.reportOf(era).coveredUntil);
    }

    /// @dev What hashes to the root is no leaf: leaves are hashed twice.
    function test_verify_RevertWhen_AnInnerHashPosesAsLeaf() external {
        makeEffective(leaseLeaf(LEASE, 100));
        bytes32 root = reports.reportOf(1).root;
        assertEq(reports.verifyLeaf(1, root, new bytes32[](0)), reports.lastCoveredUntil(), "the caller hashes leaves");
        bytes32[] memory nothing = new bytes32[](0);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NoLeaf.selector, 1, leaseLeaf(root, 0)));
        reports.verifyServed(root, ServedLeaf(1, 0), nothing);
    }

    function test_verifyServedMany_RevertWhen_OfNothing() external {
        makeEffective(leaseLeaf(LEASE, 100));
        (bytes32[] memory leases, uint40[] memory served) = lists(0);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = reports.reportOf(1).root;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NoLeaf.selector, 1, bytes32(0)));
        reports.verifyServedMany(leases, 1, served, proof, new bool[](0));
    }

    function test_verifyServedMany_RevertWhen_LengthsDiffer() external {
        makeEffective(leaseLeaf(LEASE, 100));
        (bytes32[] memory leases,) = lists(2);
        vm.expectRevert(abi.encodeWithSelector(IEraReports.LengthMismatch.selector, 2, 1));
        reports.verifyServedMany(leases, 1, new uint40[](1), new bytes32[](0), new bool[](0));
    }

    function test_verifyServedMany_RevertWhen_Malformed() external {
        makeEffective(leaseLeaf(LEASE, 100));
        (bytes32[] memory leases, uint40[] memory served) = lists(1);
        (leases[0], served[0]) = (LEASE, 100);
        bytes32[] memory proof = proofOf(0);
        vm.expectRevert(MerkleProof.MerkleProofInvalidMultiproof.selector);
        reports.verifyServedMany(leases, 1, served, proof, new bool[](0));
        vm.expectRevert(MerkleProof.MerkleProofInvalidMultiproof.selector);
        reports.verifyServedMany(leases, 1, served, proof, new bool[](2));
        bool[] memory flags = new bool[](1);
        assertEq(reports.verifyServedMany(leases, 1, served, proof, flags), reports.lastCoveredUntil());
        served[0] = 99;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NoLeaf.selector, 1, leaseLeaf(LEASE, 99)));
        reports.verifyServedMany(leases, 1, served, proof, flags);
    }

    /// @dev Any tree, any leaf of it, any choice of several.
    function testFuzz_verify(uint8 size, uint256 chosen) external {
        size = uint8(bound(size, 1, 40));
        bytes32[] memory all = new bytes32[](size);
        uint256 count = 0;
        for (uint256 i = 0; i < size; i++) {
            all[i] = leaseLeaf(bytes32(i), uint40(i * i));
            if (chosen >> i & 1 == 1) count++;
        }
        uint64 era = makeEffective(all);
        uint40 covered = reports.lastCoveredUntil();
        uint256[] memory indices = new uint256[](count);
        (bytes32[] memory leases, uint40[] memory served) = lists(count);
        count = 0;
        for (uint256 i = 0; i < size; i++) {
            assertEq(reports.verifyServed(bytes32(i), ServedLeaf(era, uint40(i * i)), proofOf(i)), covered);
            if (chosen >> i & 1 == 0) continue;
            (indices[count], leases[count], served[count]) = (i, bytes32(i), uint40(i * i));
            count++;
        }
        if (count == 0) return;
        (bytes32[] memory proof, bool[] memory flags) = Merkle.multiproofOf(all, indices);
        assertEq(reports.verifyServedMany(leases, era, served, proof, flags), covered);
        served[chosen % count]++;
        vm.expectRevert(abi.encodeWithSelector(IEraReports.NoLeaf.selector, era, leaseLeaf(leases[0], served[0])));
        reports.verifyServedMany(leases, era, served, proof, flags);
    }

    function test_provenScore() external {
        skip(1 hours);
        uint64 era = makeEffective(leafOf(abi.encode(3, provider, 9_100, uint256(5), uint256(6))));
        uint40 covered = reports.reportOf(era).coveredUntil;
        (uint16 score, uint40 asOf) = reports.provenScore(provider, proven(era, 9_100, proofOf(0)));
        assertEq(score, 9_100);
        assertEq(asOf, covered);
        assertEq(registry.updateTrust(provider, proven(era, 9_100, proofOf(0))), 1, "the registry takes it");
        bytes memory other = proven(era, 9_101, proofOf(0));
        vm.expectRevert();
        registry.updateTrust(provider, other);
        vm.expectRevert();
        reports.provenScore(provider, "garbage");
    }

    function test_lastCoveredUntil() external {
        assertEq(reports.lastCoveredUntil(), 0);
        bytes32[] memory one = new bytes32[](1);
        postLeaves(one);
        assertEq(reports.lastCoveredUntil(), 0, "pending");
        uint40 covered = reports.reportOf(1).coveredUntil;
        skip(DELAY);
        assertEq(reports.lastCoveredUntil(), covered);
        postLeaves(one);
        assertEq(reports.lastCoveredUntil(), covered, "the next is pending");
        skip(DELAY);
        assertEq(reports.lastCoveredUntil(), covered + DELAY);
    }
}
