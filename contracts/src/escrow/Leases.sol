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

/// @title What all endings and settlements share
/// @notice States travel in memory and are written once, by {_save}.
abstract contract Leases is Balances {
    using LeaseMath for LeaseState;

    /// @dev What one call pays, gathered while payout and asset repeat, so that a batch writes their balances once.
    struct Tally {
        address payout;
        address asset;
        uint256 earned; // by payout, not written yet
        uint256 fees; // in asset, not written yet
        uint256 paid; // by the whole call, net of fees
    }

    uint16 internal constant BPS = 10_000;

    IProviderRegistry internal immutable REGISTRY;
    ICapacityRegistry internal immutable CAPACITY;
    address internal immutable REWARD_WALLET;

    /// @inheritdoc ILeaseEscrow
    uint16 public feeBps;

    mapping(bytes32 lease => LeaseState state) private _leases;

    constructor(IProviderRegistry registry, ICapacityRegistry capacity, address rewardWallet) {
        REGISTRY = registry;
        CAPACITY = capacity;
        REWARD_WALLET = rewardWallet;
    }

    /// @inheritdoc ILeaseEscrow
    function leaseOf(bytes32 lease) public view returns (LeaseState memory) {
        return _leases[lease];
    }

    function _load(Terms calldata terms) internal view returns (bytes32 lease, LeaseState memory state) {
        lease = LeaseId.hash(terms);
        state = _leases[lease];
        if (state.end == 0) revert UnknownLease(lease);
    }

    function _loadUnresolved(Terms calldata terms) internal view returns (bytes32 lease, LeaseState memory state) {
        (lease, state) = _load(terms);
        if (state.resolved) revert AlreadyResolved(lease);
    }

    /// @dev Writes the state. Whatever touches a lease that is over also gives its units back.
    function _save(Terms calldata terms, bytes32 lease, LeaseState memory state) internal {
        if (!state.released && state.stopOf() <= _now()) return _release(terms, lease, state);
        _leases[lease] = state;
    }

    function _release(Terms calldata terms, bytes32 lease, LeaseState memory state) internal {
        // Effect
        state.released = true;
        _leases[lease] = state;
        emit LeaseReleased(lease);
        // Interaction
        CAPACITY.free(terms.provider, terms.resource, terms.units);
    }

    /// @dev Makes the lease end at `stop`, which must be sooner than an earlier decision, and at most where it ends anyway.
    /// Nobody can end a lease before what was settled, so nothing that was earned and paid is taken back.
    /// @return refunded what is no longer needed, credited to the tenant
    function _endAt(
        Terms calldata terms,
        bytes32 lease,
        LeaseState memory state,
        uint40 stop,
        uint8 reason,
        bytes32 evidence
    ) internal returns (uint256 refunded) {
        // Check
        uint40 before = state.stopOf();
        if (stop >= before) {
            if (state.closedAt != 0) revert AlreadyEnding(lease, before);
            stop = before;
        }
        // Effect
        (uint128 rate, uint40 start) = (terms.rate, terms.start);
        refunded = Money.holdUp(rate, before - start) - Money.holdUp(rate, stop - start);
        state.closedAt = stop;
        emit LeaseEnded(lease, reason, stop, refunded, evidence);
        if (state.settledTo(start) == stop) refunded += _resolve(terms, lease, state);
        _credit(terms.tenant, terms.asset, refunded);
        // Effect, interaction
        _save(terms, lease, state);
    }

    /// @dev Pays the lease's seconds up to `secondsPaid`, cumulative.
    function _pay(Terms calldata terms, bytes32 lease, LeaseState memory state, uint40 secondsPaid, Tally memory tally)
        internal
    {
        if (secondsPaid == state.secondsPaid) return;
        uint256 gross = Money.owedDown(terms.rate, secondsPaid) - Money.owedDown(terms.rate, state.secondsPaid);
        uint256 fee = gross * feeBps / BPS;
        state.secondsPaid = secondsPaid;
        emit LeaseSettled(lease, secondsPaid, gross - fee, fee);

        (address payout, address asset) = (terms.payout, terms.asset);
        if (tally.payout != payout || tally.asset != asset) {
            _flush(tally);
            (tally.payout, tally.asset, tally.earned, tally.fees) = (payout, asset, 0, 0);
        }
        tally.earned += gross - fee;
        tally.fees += fee;
        tally.paid += gross - fee;
    }

    /// @dev Writes what was gathered.
    function _flush(Tally memory tally) internal {
        _credit(tally.payout, tally.asset, tally.earned);
        _credit(REWARD_WALLET, tally.asset, tally.fees);
    }

    /// @dev Pays what a report proves, and resolves the lease if the report covers its stop. A verifier's word counts for no
    /// more than the time that really went by.
    function _payServed(
        Terms calldata terms,
        bytes32 lease,
        LeaseState memory state,
        uint40 served,
        uint40 coveredUntil,
        Tally memory tally
    ) internal {
        uint40 covered = LeaseMath.earlier(coveredUntil, _now());
        _pay(terms, lease, state, state.secondsServed(terms.start, served, covered), tally);
        if (covered >= state.stopOf()) _credit(terms.tenant, terms.asset, _resolve(terms, lease, state));
    }

    /// @dev Pays what one settlement by time reaches, and resolves the lease if it is over.
    function _payByTime(Terms calldata terms, bytes32 lease, LeaseState memory state, Tally memory tally) internal {
        (uint40 from, uint40 to) = state.reach(terms.maxSilence, _now());
        state.settledUntil = to;
        _pay(terms, lease, state, state.secondsPaid + (to - from), tally);
        if (to == state.stopOf()) _credit(terms.tenant, terms.asset, _resolve(terms, lease, state));
    }

    /// @dev From here on the lease holds nothing. @return rest what it held, for the caller to credit to the tenant
    function _resolve(Terms calldata terms, bytes32 lease, LeaseState memory state) internal returns (uint256 rest) {
        rest = state.held(terms.rate, terms.start);
        state.resolved = true;
        emit LeaseResolved(lease, rest);
    }

    function _now() internal view returns (uint40) {
        return uint40(block.timestamp); // below 2^40 until the year 36,812
    }
}
