// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobs} from "../../src/interfaces/IJobs.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {JobTerms, Kind, LeaseState, Terms} from "../../src/interfaces/Types.sol";
import {Market} from "../utils/Market.sol";
import {Vm} from "../utils/Vm.sol";
import {Wallet} from "../utils/Wallet.sol";
import {PlainToken, SilentToken} from "./Tokens.sol";

/// @title What an honest bookkeeper knows of the market
/// @notice Keeps its own books, from the events alone and with its own arithmetic, for the invariants to compare with the
/// contracts' state. Also remembers who signed and who consented to what.
abstract contract Ledger is Market {
    struct Buyer {
        address addr;
        uint256 key;
    }

    struct Entry {
        Terms terms;
        uint256 deposited;
        uint256 refunded;
        uint256 gross; // paid to provider and reward wallet
        uint40 secondsPaid;
        uint40 served; // the most that a leaf it was settled with said
        bool byTime;
        bool ended; // of a job: it was paid or refunded
        uint256 charged; // of a job: what its verifier has of the tenant's
        uint8 charges;
    }

    /// @dev What the operator signed.
    struct Signed {
        address operator;
        uint64 provider;
        uint32 units;
        uint96 price;
        bytes32 order;
    }

    uint32 internal constant CHALLENGE = 2 days;
    uint32 internal constant DRAW = 20 days;
    uint32 internal constant VERDICT = 8 days;

    IJobs internal jobs;
    Buyer[] internal buyers;
    address[] internal owners; // of providers, and who else may own one
    Seller[] internal sellers;
    address[] internal assets;
    mapping(address asset => uint96) internal dearest; // price
    address[] public accounts; // everyone who may have a balance

    bytes32[] internal leaseIds;
    mapping(bytes32 lease => Entry) internal entries;
    mapping(address account => mapping(address asset => uint256)) internal balances;
    mapping(bytes32 hash => JobTerms) internal jobTermsOf;
    mapping(address asset => uint256) internal strays; // sent to the escrow by mistake

    mapping(bytes32 offer => Signed) internal signedOffers;
    mapping(bytes32 offer => uint256) internal usedOf;
    mapping(bytes32 order => uint16) internal consented; // replicas
    mapping(bytes32 order => uint16) internal openedOf;
    mapping(bytes32 order => bool) internal isPosted;

    string[] public actions;
    mapping(string action => uint256) public calls;
    mapping(string action => uint256) public effects;

    function setUp() public virtual override {
        super.setUp();
        _addAsset(address(dollar), 20_000);
        _addAsset(address(new PlainToken(0)), 5);
        _addAsset(address(new PlainToken(18)), 2e16);
        _addAsset(address(new SilentToken()), 20_000);
        escrow.setVerifier(reports, true);
        escrow.setFee(100);
        bytes memory parts =
            abi.encode(manager, book, registry, escrow, reports, IJobs.Timing(CHALLENGE, DRAW, VERDICT));
        jobs = IJobs(vm.deployCode("Jobs.sol:Jobs", parts));
        escrow.setJobVerifier(address(jobs), true);
        accounts.push(address(jobs));

        for (uint256 i = 0; i < 3; i++) {
            Account memory account = makeAccount(string.concat("buyer ", vm.toString(i)));
            // The last one is a contract wallet.
            address addr = i == 2 ? address(new Wallet(account.addr)) : account.addr;
            buyers.push(Buyer(addr, account.key));
            accounts.push(addr);
        }
        for (uint256 i = 0; i < 6; i++) {
            owners.push(makeAddr(string.concat("owner ", vm.toString(i))));
            accounts.push(owners[i]);
        }
        accounts.push(address(rewards));
        accounts.push(address(book));
        accounts.push(tenant.addr);
        balances[tenant.addr][address(dollar)] = 1_000e6;
        vm.recordLogs();
    }

    function _addAsset(address asset, uint96 price) private {
        assets.push(asset);
        dearest[asset] = price;
        escrow.setAsset(asset, true);
    }

    // ------------------------------------------------------------------------------------------- counting

    /// @dev Names an action before it tries anything.
    modifier action(string memory name) {
        if (calls[name]++ == 0) actions.push(name);
        _;
    }

    /// @dev The action had its effect: count it and book what the contracts said.
    function _did(string memory name) internal {
        effects[name]++;
        _book();
    }

    /// @dev The action was refused. Its logs were recorded all the same.
    function _refused() internal {
        vm.getRecordedLogs();
    }

    function countActions() external view returns (uint256) {
        return actions.length;
    }

    // ------------------------------------------------------------------------------------------- booking

    function _book() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].emitter == address(escrow)) _bookOne(logs[i]);
        }
    }

    function _bookOne(Vm.Log memory entry) private {
        bytes32 kind = entry.topics[0];
        if (kind == ILeaseEscrow.LeaseOpened.selector) return _bookOpened(entry);
        if (kind == ILeaseEscrow.LeaseExtended.selector) return _bookExtended(entry);
        if (kind == ILeaseEscrow.LeaseSettled.selector) return _bookSettled(entry);
        if (kind == ILeaseEscrow.JobCharged.selector) return _bookCharged(entry);
        if (kind == ILeaseEscrow.LeaseEnded.selector) {
            _bookEnded(entry.topics[1]);
            (, uint256 refunded,) = abi.decode(entry.data, (uint40, uint256, bytes32));
            return _bookRefunded(entry.topics[1], refunded);
        }
        if (kind == ILeaseEscrow.LeaseResolved.selector) {
            return _bookRefunded(entry.topics[1], abi.decode(entry.data, (uint256)));
        }
        if (kind == ILeaseEscrow.FallbackEntered.selector) {
            entries[entry.topics[1]].byTime = true;
            return;
        }
        _bookBalance(kind, entry);
    }

    function _bookBalance(bytes32 kind, Vm.Log memory entry) private {
        if (kind == ILeaseEscrow.Given.selector) return _bookGiven(entry);
        bool into = kind == ILeaseEscrow.Deposited.selector || kind == ILeaseEscrow.Unreserved.selector;
        bool out = kind == ILeaseEscrow.Withdrawn.selector || kind == ILeaseEscrow.Reserved.selector;
        if (!into && !out) return;
        (address account, address asset) =
            (address(uint160(uint256(entry.topics[1]))), address(uint160(uint256(entry.topics[2]))));
        uint256 amount = _firstWord(entry.data);
        if (into) balances[account][asset] += amount;
        else balances[account][asset] -= amount;
        if (kind == ILeaseEscrow.Reserved.selector) balances[address(book)][asset] += amount;
        if (kind == ILeaseEscrow.Unreserved.selector) balances[address(book)][asset] -= amount;
    }

    /// @dev Law 3, at the moment a lease comes to be: its price is signed, the choice consented to, the order not used
    /// before, the offer's units not passed.
    function _bookOpened(Vm.Log memory log) private {
        (uint40 end, Terms memory terms) = abi.decode(log.data, (uint40, Terms));
        Signed memory offer = signedOffers[terms.offer];
        assertTrue(offer.operator != address(0), "law 3: an operator signed the offer");
        assertEq(offer.provider, terms.provider, "law 3: of this provider");
        assertEq(uint256(terms.rate), uint256(offer.price) * terms.units, "law 3: at this price");
        assertTrue(offer.order == 0 || offer.order == terms.order, "law 3: for this order, if for one");
        openedOf[terms.order]++;
        assertLe(openedOf[terms.order], consented[terms.order], "law 3: the tenant consented, once");
        usedOf[terms.offer] += terms.units;
        assertLe(usedOf[terms.offer], offer.units, "law 3: an offer at most for its units");

        bytes32 lease = log.topics[1];
        assertEq(lease, keccak256(abi.encode(terms)), "the id is the hash of the terms");
        assertEq(entries[lease].deposited, 0, "an id is new");
        leaseIds.push(lease);
        Entry storage entry = entries[lease];
        entry.terms = terms;
        entry.byTime = terms.uptimeBps == 0 && terms.kind == Kind.SERVICE;
        entry.deposited = _roundUp(uint256(terms.rate) * (end - terms.start));
        balances[isPosted[terms.order] ? address(book) : terms.tenant][terms.asset] -= entry.deposited;
    }

    function _bookExtended(Vm.Log memory log) private {
        (, uint256 amount) = abi.decode(log.data, (uint40, uint256));
        Entry storage entry = entries[log.topics[1]];
        entry.deposited += amount;
        balances[entry.terms.tenant][entry.terms.asset] -= amount;
    }

    function _bookSettled(Vm.Log memory log) private {
        (uint40 secondsPaid, uint256 paid, uint256 fee) = abi.decode(log.data, (uint40, uint256, uint256));
        Entry storage entry = entries[log.topics[1]];
        if (entry.terms.kind == Kind.JOB) {
            assertEq(secondsPaid, 0, "a job is not paid by the second");
            assertEq(entry.gross, 0, "a job pays at most once");
            assertFalse(entry.ended, "a job never pays after a refund");
        } else {
            assertGt(secondsPaid, entry.secondsPaid, "law 2: seconds paid only rise");
        }
        entry.secondsPaid = secondsPaid;
        entry.gross += paid + fee;
        assertLe(fee * 10_000, (paid + fee) * 200, "the fee is at most 2 %");
        balances[entry.terms.payout][entry.terms.asset] += paid;
        balances[address(rewards)][entry.terms.asset] += fee;
    }

    function _bookEnded(bytes32 lease) private {
        Entry storage entry = entries[lease];
        if (entry.terms.kind != Kind.JOB) return;
        assertFalse(entry.ended, "a job ends once");
        (entry.ended, entry.charged) = (true, 0);
    }

    function _bookCharged(Vm.Log memory log) private {
        Entry storage entry = entries[log.topics[1]];
        uint256 amount = abi.decode(log.data, (uint256));
        assertEq(amount, jobTermsOf[entry.terms.jobTerms].verifyFee, "what the tenant signed");
        assertLe(++entry.charges, 2, "the fee and one bond");
        entry.charged += amount;
        balances[entry.terms.tenant][entry.terms.asset] -= amount;
        balances[entry.terms.verifier][entry.terms.asset] += amount;
    }

    function _bookGiven(Vm.Log memory log) private {
        (address from, address to) = (address(uint160(uint256(log.topics[1]))), address(uint160(uint256(log.topics[2]))));
        address asset = address(uint160(uint256(log.topics[3])));
        uint256 amount = _firstWord(log.data);
        balances[from][asset] -= amount;
        balances[to][asset] += amount;
    }

    function _bookRefunded(bytes32 lease, uint256 refunded) private {
        Entry storage entry = entries[lease];
        entry.refunded += refunded;
        balances[entry.terms.tenant][entry.terms.asset] += refunded;
    }

    // ------------------------------------------------------------------------------------------- helpers

    function _draw(uint256 seed, string memory what, uint256 count) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what))) % count;
    }

    function _now() internal view returns (uint40) {
        return uint40(vm.getBlockTimestamp());
    }

    /// @dev Smallest units from rate times seconds.
    function _roundUp(uint256 rateSeconds) internal pure returns (uint256) {
        return (rateSeconds + 3599) / 3600;
    }

    function _firstWord(bytes memory data) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(data, 0x20))
        }
    }

    function _stopOf(LeaseState memory state) internal pure returns (uint40) {
        return state.closedAt != 0 && state.closedAt < state.end ? state.closedAt : state.end;
    }

    /// @dev Any lease that is a service, but mostly one that still holds something; zero if there is none.
    function _anyLease(uint256 seed) internal view returns (bytes32 lease) {
        uint256 first = leaseIds.length == 0 ? 0 : _draw(seed, "lease", leaseIds.length);
        bool any = _draw(seed, "resolved too", 4) == 0;
        for (uint256 i = 0; i < leaseIds.length; i++) {
            bytes32 next = leaseIds[(first + i) % leaseIds.length];
            if (entries[next].terms.kind != Kind.SERVICE) continue;
            lease = next;
            if (any || !escrow.leaseOf(lease).resolved) return lease;
        }
    }
}
