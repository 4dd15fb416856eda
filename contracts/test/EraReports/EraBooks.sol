// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEraReports} from "../../src/interfaces/IEraReports.sol";
import {LeaseState, Report, Terms} from "../../src/interfaces/Types.sol";
import {Merkle} from "../utils/Merkle.sol";
import {EraBase} from "./EraBase.sol";

/// @title What an honest bookkeeper knows of monitors, reports and leases
/// @notice Keeps its own books, with its own arithmetic, for the invariants to compare with the contracts' state.
abstract contract EraBooks is EraBase {
    /// @dev What a key should weigh.
    struct Weight {
        uint32 now_; // until `from`
        uint32 next;
        uint256 from; // era by the clock
        uint32 locked; // the larger of both when somebody last came by
        bool ejected;
    }

    /// @dev A leaf of a report: who or what it is about, and its figure.
    struct Item {
        uint8 kind;
        bytes32 id;
        uint256 value;
        bytes32 leaf;
    }

    struct Entry {
        Terms terms;
        uint40 heard; // the most that a leaf it was settled with said
        uint40 secondsPaid;
        bool byTime;
    }

    uint256 internal constant ACTORS = 10;

    Account[] internal actors;
    mapping(address key => Weight) internal weights;

    bytes32[] internal leaseIds;
    mapping(bytes32 lease => Entry) internal entries;

    Item[][] internal items; // by the number of the posting
    mapping(uint64 era => uint256) internal postingOf;
    mapping(uint64 era => bytes32) internal rootOf; // of effective ones
    uint40 internal effectiveAt; // of the last that was not vetoed, or the deployment
    uint40 internal vetoedAt;
    uint40 internal covered; // by the last one
    uint32 internal attempt; // of the one to come
    uint32 internal postedUnder; // attempt of the last one
    uint64 internal last; // era

    mapping(bytes32 lease => uint256) internal credited;
    mapping(address monitor => uint256) internal slashed;
    uint256 internal slashedProvider;
    uint256 internal openBonds;
    uint64 internal disputeCount;

    string[] public actions;
    mapping(string action => uint256) public calls;
    mapping(string action => uint256) public effects;

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i = 0; i < ACTORS; i++) {
            actors.push(makeAccount(string.concat("actor ", vm.toString(i))));
            stakeFor(actors[i].addr, poolOf(actors[i].addr), (1_000 + 700 * i) * 1e18);
        }
        effectiveAt = covered = start;
        escrow.setFee(100);
        stakeToken.transfer(tenant.addr, 1e30);
        vm.prank(tenant.addr);
        stakeToken.approve(address(reports), type(uint256).max);
    }

    /// @dev Names an action before it tries anything.
    modifier action(string memory name) {
        if (calls[name]++ == 0) actions.push(name);
        _;
    }

    function countActions() external view returns (uint256) {
        return actions.length;
    }

    function draw(uint256 seed, string memory what, uint256 count) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what))) % count;
    }

    function now_() internal view returns (uint40) {
        return uint40(vm.getBlockTimestamp());
    }

    function clock() internal view returns (uint256) {
        return (now_() - start) / ERA;
    }

    // ------------------------------------------------------------------------------------------- weights

    function weighs(address key) internal view returns (uint32) {
        Weight memory w = weights[key];
        return clock() < w.from ? w.now_ : w.next;
    }

    function willWeigh(address key, uint32 weight) internal {
        uint32 weight_ = weighs(key);
        weights[key] = Weight(weight_, weight, clock() + 1, weight_ > weight ? weight_ : weight, weights[key].ejected);
    }

    function loses(address key, uint256 tokens) internal {
        Weight memory w = weights[key];
        uint32 weight = weighs(key);
        w.now_ = uint32(weight > tokens ? weight - tokens : 0);
        w.next = uint32(w.next > tokens ? w.next - tokens : 0);
        w.locked = w.now_ > w.next ? w.now_ : w.next;
        weights[key] = w;
    }

    function totalWeight() internal view returns (uint256 sum) {
        for (uint256 i = 0; i < ACTORS; i++) {
            sum += weighs(actors[i].addr);
        }
    }

    // ------------------------------------------------------------------------------------------- reports

    function isEffective(uint64 era) internal view returns (bool) {
        return era != 0 && (era < last || (era == last && now_() >= effectiveAt));
    }

    function lastEffective() internal view returns (uint64) {
        return isEffective(last) ? last : last == 0 ? 0 : last - 1;
    }

    /// @dev Any posted era, mostly one of the newest; 0 if there is none.
    function anyEra(uint256 seed) internal view returns (uint64) {
        if (last == 0) return 0;
        uint64 back = uint64(draw(seed, "era", draw(seed, "old", 3) == 0 ? last : 2));
        return back < last ? last - back : last;
    }

    function proofOf(uint64 era, uint256 index) internal view returns (bytes32[] memory) {
        return Merkle.proofOf(treeOf(era), index);
    }

    function treeOf(uint64 era) internal view returns (bytes32[] memory tree) {
        Item[] storage said = items[postingOf[era]];
        tree = new bytes32[](said.length);
        for (uint256 i = 0; i < said.length; i++) {
            tree[i] = said[i].leaf;
        }
    }

    /// @dev The index of such an item, starting somewhere; the number of items if there is none.
    function find(uint64 era, uint8 kind, bytes32 id, uint256 seed) internal view returns (uint256) {
        Item[] storage said = items[postingOf[era]];
        for (uint256 i = 0; i < said.length; i++) {
            uint256 position = (i + seed % said.length) % said.length;
            if (said[position].kind == kind && (id == 0 || said[position].id == id)) return position;
        }
        return said.length;
    }

    function add(Item[] storage said, uint8 kind, bytes32 id, uint256 value) internal {
        bytes memory words;
        if (kind == 1) words = abi.encode(1, id, value);
        if (kind == 2) words = abi.encode(2, id, provider, tenant.addr, value);
        if (kind == 3) words = abi.encode(3, provider, 5_000, 0, value);
        if (kind == 5) words = abi.encode(5, id, value);
        if (kind == 6) words = abi.encode(6, id, value);
        said.push(Item(kind, id, value, leafOf(words)));
    }

    // ------------------------------------------------------------------------------------------- leases

    /// @dev Any lease, but mostly one that still holds something; zero if there is none.
    function anyLease(uint256 seed) internal view returns (bytes32 lease) {
        uint256 first = leaseIds.length == 0 ? 0 : draw(seed, "lease", leaseIds.length);
        for (uint256 i = 0; i < leaseIds.length; i++) {
            lease = leaseIds[(first + i) % leaseIds.length];
            if (draw(seed, "resolved too", 4) == 0 || !escrow.leaseOf(lease).resolved) return lease;
        }
    }

    function stopOf(LeaseState memory state) internal pure returns (uint40) {
        return state.closedAt != 0 && state.closedAt < state.end ? state.closedAt : state.end;
    }

    /// @dev Law 2, after whatever paid the lease.
    function paidTo(bytes32 lease) internal {
        Entry storage entry = entries[lease];
        uint40 paid = escrow.leaseOf(lease).secondsPaid;
        assertGe(paid, entry.secondsPaid, "law 2: seconds paid never fall");
        entry.secondsPaid = paid;
    }

    // ------------------------------------------------------------------------------------------- pools

    /// @dev What all pools but one hold and have locked.
    function othersThan(uint256 pool) internal view returns (bytes32 all) {
        if (pool != providerPool()) all = keccak256(abi.encode(staking.poolOf(providerPool())));
        for (uint256 i = 0; i < ACTORS; i++) {
            uint256 other = poolOf(actors[i].addr);
            if (other != pool) all = keccak256(abi.encode(all, staking.poolOf(other)));
        }
    }
}
