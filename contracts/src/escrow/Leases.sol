// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LeaseId} from "../LeaseId.sol";
import {Money} from "../Money.sol";
import {ICapacityRegistry} from "../interfaces/ICapacityRegistry.sol";
import {ILeaseEscrow} from "../interfaces/ILeaseEscrow.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {LeaseState, Terms} from "../interfaces/Types.sol";
import {Balances} from "./Balances.sol";
import {LeaseMath} from "./LeaseMath.sol";
import {LeaseSlot} from "./LeaseSlot.sol";

/// @title What all endings and settlements share
/// @notice A lease's slot is read once, changed on the way through, and written once by {_save}.
abstract contract Leases is Balances {
    using LeaseMath for LeaseSlot;

    /// @dev What one call pays, gathered while payout and asset repeat, so that a batch writes their balances once.
    struct Tally {
        uint256 feeBps;
        address payout;
        address asset;
        uint256 earned; // by payout, not written yet
        uint256 fees; // in asset, not written yet
        uint256 paid; // written, net of fees
    }

    uint16 internal constant BPS = 10_000;

    IProviderRegistry internal immutable REGISTRY;
    ICapacityRegistry internal immutable CAPACITY;
    address internal immutable REWARD_WALLET;

    /// @inheritdoc ILeaseEscrow
    uint16 public feeBps;

    mapping(bytes32 lease => LeaseSlot slot) private _slots;

    constructor(IProviderRegistry registry, ICapacityRegistry capacity, address rewardWallet) {
        REGISTRY = registry;
        CAPACITY = capacity;
        REWARD_WALLET = rewardWallet;
    }

    /// @inheritdoc ILeaseEscrow
    function leaseOf(bytes32 lease) external view returns (LeaseState memory) {
        return _slots[lease].unpack();
    }

    function _exists(bytes32 lease) internal view returns (bool) {
        return _slots[lease].end() != 0;
    }

    function _load(Terms calldata terms) internal view returns (bytes32 lease, LeaseSlot slot) {
        lease = LeaseId.hash(terms);
        slot = _slots[lease];
        if (slot.end() == 0) revert UnknownLease(lease);
    }

    /// @dev Refuses jobs: they are nobody's to settle, end or extend but their verifier's.
    function _loadService(Terms calldata terms) internal view returns (bytes32 lease, LeaseSlot slot) {
        (lease, slot) = _load(terms);
        if (slot.isJob()) revert IsJob(lease);
    }

    function _loadUnresolved(Terms calldata terms) internal view returns (bytes32 lease, LeaseSlot slot) {
        (lease, slot) = _loadService(terms);
        if (slot.resolved()) revert AlreadyResolved(lease);
    }

    /// @dev Writes the slot as it is.
    function _write(bytes32 lease, LeaseSlot slot) internal {
        _slots[lease] = slot;
    }

    /// @dev Writes the slot. Whatever touches a lease that is over also gives its units back.
    function _save(Terms calldata terms, bytes32 lease, LeaseSlot slot) internal {
        if (!slot.released() && slot.stopOf() <= _now()) _release(terms, lease, slot);
        else _slots[lease] = slot;
    }

    function _release(Terms calldata terms, bytes32 lease, LeaseSlot slot) internal {
        // Effect
        _slots[lease] = slot.withReleased();
        emit LeaseReleased(lease);
        // Interaction
        CAPACITY.free(terms.provider, terms.resource, terms.units);
    }

    /// @dev Makes the lease end at `stop`, which must be sooner than an earlier decision, and at most where it ends anyway.
    /// Nobody can end a lease before what was settled, so nothing that was paid is taken back.
    /// @return slot changed, for the caller to save @return refunded what is no longer needed, credited to the tenant
    function _endAt(Terms calldata terms, bytes32 lease, LeaseSlot before, uint40 stop, uint8 reason, bytes32 evidence)
        internal
        returns (LeaseSlot slot, uint256 refunded)
    {
        // Check
        (uint128 rate, uint40 start, uint40 stopBefore) = (terms.rate, terms.start, before.stopOf());
        if (stop >= stopBefore) {
            if (before.closedAt() != 0) revert AlreadyEnding(lease, stopBefore);
            stop = stopBefore;
        }
        // Effect
        refunded = Money.holdUp(rate, stopBefore - start) - Money.holdUp(rate, stop - start);
        slot = before.withClosedAt(stop);
        emit LeaseEnded(lease, reason, stop, refunded, evidence);
        _credit(terms.tenant, terms.asset, refunded);
        if (slot.settledTo(start) == stop) {
            uint256 rest;
            (slot, rest) = _resolve(terms, lease, slot);
            refunded += rest;
        }
    }

    /// @dev Pays the lease's seconds up to `secondsPaid`, cumulative.
    function _pay(Terms calldata terms, bytes32 lease, LeaseSlot slot, uint40 secondsPaid, Tally memory tally)
        internal
        returns (LeaseSlot)
    {
        uint40 before = slot.secondsPaid();
        if (secondsPaid == before) return slot;

        (uint128 rate, address payout, address asset) = (terms.rate, terms.payout, terms.asset);
        if (tally.payout != payout || tally.asset != asset) {
            _flush(tally);
            (tally.payout, tally.asset) = (payout, asset);
        }
        unchecked {
            // secondsPaid never falls; amounts are below 2^168 and a batch below 2^40 leases, so no product or sum overflows
            uint256 net = Money.owedDown(rate, secondsPaid) - Money.owedDown(rate, before);
            uint256 fee = net * tally.feeBps / BPS;
            net -= fee;
            tally.earned += net;
            tally.fees += fee;
            emit LeaseSettled(lease, secondsPaid, net, fee);
        }
        return slot.withSecondsPaid(secondsPaid);
    }

    function _newTally() internal view returns (Tally memory tally) {
        tally.feeBps = feeBps;
    }

    /// @dev Writes what was gathered. @return paid by the call so far, net of fees
    function _flush(Tally memory tally) internal returns (uint256 paid) {
        _credit(tally.payout, tally.asset, tally.earned);
        _credit(REWARD_WALLET, tally.asset, tally.fees);
        paid = tally.paid += tally.earned;
        (tally.earned, tally.fees) = (0, 0);
    }

    /// @dev Pays what a report proves, and resolves the lease if the report covers its stop. A verifier's word counts for no
    /// more than the time that really went by.
    function _payServed(
        Terms calldata terms,
        bytes32 lease,
        LeaseSlot slot,
        uint40 served,
        uint40 coveredUntil,
        Tally memory tally
    ) internal returns (LeaseSlot) {
        uint40 covered = LeaseMath.earlier(coveredUntil, _now());
        slot = _pay(terms, lease, slot, slot.secondsServed(terms.start, served, covered), tally);
        if (covered >= slot.stopOf()) (slot,) = _resolve(terms, lease, slot);
        return slot;
    }

    /// @dev Pays what one settlement by time reaches, and resolves the lease if it is over.
    function _payByTime(Terms calldata terms, bytes32 lease, LeaseSlot slot, Tally memory tally)
        internal
        returns (LeaseSlot)
    {
        uint40 stop = slot.stopOf();
        (uint40 from, uint40 to) = slot.reach(stop, terms.maxSilence, _now());
        uint40 secondsPaid = slot.secondsPaid();
        unchecked {
            secondsPaid += to - from; // from <= to, and start + secondsPaid <= to
        }
        slot = _pay(terms, lease, slot.withSettledUntil(to), secondsPaid, tally);
        if (to == stop) (slot,) = _resolve(terms, lease, slot);
        return slot;
    }

    /// @dev From here on the lease holds nothing. @return rest what it held, credited to the tenant
    function _resolve(Terms calldata terms, bytes32 lease, LeaseSlot slot) internal returns (LeaseSlot, uint256 rest) {
        rest = slot.held(terms.rate, terms.start);
        _credit(terms.tenant, terms.asset, rest);
        emit LeaseResolved(lease, rest);
        return (slot.withResolved(), rest);
    }

    function _now() internal view returns (uint40) {
        return uint40(block.timestamp); // below 2^40 until the year 36,812
    }
}
