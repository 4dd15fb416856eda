// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEraReports} from "../interfaces/IEraReports.sol";
import {PoolKind} from "../interfaces/Types.sol";
import {Rules} from "./Rules.sol";

/// @title Who the monitors are and what each one's word weighs
/// @notice A weight is `weight` until the era `nextFrom` by the clock, then `nextWeight`. Nobody has to come by when that era
/// begins: whoever reads a weight takes the one that counts, and whoever changes it writes that down first. What is locked
/// of a monitor's pool is the larger of the two as they are written, so a lock outlasts its weight until it is written down.
abstract contract Weights is Rules {
    /// @dev All weights together; each change is made here too. 128 weights of 32 bits fit 39.
    struct Total {
        uint40 weight;
        uint40 nextWeight;
        uint32 nextFrom;
        uint128 taken; // bit i: there is a monitor of index i
    }

    /// @dev What is remembered of a key after its stake was unlocked.
    struct Past {
        uint32 weight; // the most that was unlocked and may still be in its pool
        uint40 until; // when that may be gone
        bool ejected;
    }

    uint256 internal constant MOST_MONITORS = 128;
    uint256 private constant WHOLE_TOKEN = 1e18;

    Monitor[MOST_MONITORS] private _monitors;
    Total private _total;
    mapping(address key => Past) private _past;

    /// @inheritdoc IEraReports
    mapping(address key => uint256 indexPlusOne) public monitorIndex;

    // Views

    /// @inheritdoc IEraReports
    function monitorCount() public view returns (uint256) {
        uint256 taken = _total.taken;
        return taken == 0 ? 0 : Math.log2(taken) + 1;
    }

    /// @inheritdoc IEraReports
    function monitorAt(uint256 index) external view returns (Monitor memory m) {
        if (index >= MOST_MONITORS) revert UnknownMonitor(index);
        m = _monitors[index];
        if (clockEra() >= m.nextFrom) m.weight = m.nextWeight;
    }

    /// @inheritdoc IEraReports
    function electorate() external view returns (address[] memory keys, uint256[] memory weights) {
        uint256 count = monitorCount();
        uint256 era = clockEra();
        (keys, weights) = (new address[](count), new uint256[](count));
        for (uint256 i = 0; i < count; ++i) {
            // As {_signer} does it; but were that called from two places, every signature of a report would be 80 gas dearer.
            Monitor storage m = _monitors[i];
            uint256 slot;
            assembly ("memory-safe") {
                slot := sload(m.slot)
            }
            keys[i] = address(uint160(slot)); // the lowest bits
            weights[i] = era < slot >> 224 ? uint32(slot >> 160) : uint32(slot >> 192); // the 32 bits of each
        }
    }

    /// @inheritdoc IEraReports
    function totalWeight() public view returns (uint256) {
        Total storage total = _total;
        return clockEra() < total.nextFrom ? total.weight : total.nextWeight;
    }

    /// @inheritdoc IEraReports
    function isEjected(address key) public view returns (bool) {
        return _past[key].ejected;
    }

    // Inside

    function _poolOf(address key) internal pure returns (uint256) {
        return uint256(PoolKind.MONITOR) << 160 | uint160(key);
    }

    /// @dev The index must be below {MOST_MONITORS}. Reads the slot as it stands, without a copy: quorums are many.
    /// @return key zero if there is no monitor @return weight what counts now
    function _signer(uint256 index, uint256 era) internal view returns (address key, uint256 weight) {
        Monitor storage m = _monitors[index];
        uint256 slot;
        assembly ("memory-safe") {
            slot := sload(m.slot)
        }
        key = address(uint160(slot)); // the lowest bits
        weight = era < slot >> 224 ? uint32(slot >> 160) : uint32(slot >> 192); // the 32 bits of each
    }

    /// @dev Puts the key on the list, without a weight. @param weight what it is going to weigh
    function _enter(address key, uint32 weight) internal returns (uint256 index) {
        uint256 vacant = ~uint256(_total.taken);
        index = Math.log2(vacant & ~(vacant - 1)); // the lowest bit; those from 128 on are never taken
        if (index >= MOST_MONITORS) index = _makeRoom(weight);
        _total.taken |= uint128(1 << index); // index < 128
        _monitors[index].key = key;
        monitorIndex[key] = index + 1;
        emit MonitorJoined(uint8(index), key); // index < 128
    }

    /// @dev Takes the monitor off a full list that is going to weigh least, if that is less than half of `weight`. Who wants others
    /// away must bring more than they had, and so could have outweighed them.
    function _makeRoom(uint32 weight) private returns (uint256 index) {
        uint256 least = Math.ceilDiv(weight, 2);
        index = MOST_MONITORS;
        for (uint256 i = 0; i < MOST_MONITORS; ++i) {
            uint256 next = _monitors[i].nextWeight;
            if (next < least) (index, least) = (i, next);
        }
        if (index == MOST_MONITORS) revert TooManyMonitors(MOST_MONITORS);
        address key = _monitors[index].key;
        _remember(key, _drop(index, key));
    }

    /// @dev Takes the monitor off the list at once. @return locked what was locked
    function _drop(uint256 index, address key) private returns (uint32 locked) {
        locked = _lockedOf(_settled(index));
        _reduce(index, locked);
        _leave(index, key);
    }

    function _leave(uint256 index, address key) internal {
        _total.taken &= ~uint128(1 << index); // index < 128
        delete _monitors[index];
        delete monitorIndex[key];
        emit MonitorLeft(uint8(index), key); // index < 128
    }

    /// @dev Changes what the monitor weighs from the next era by the clock.
    function _schedule(uint256 index, uint32 weight) internal {
        Monitor memory m = _settled(index);
        Total memory total = _settledTotal();
        uint32 nextFrom = uint32(clockEra() + 1); // eras of one second fit 32 bits for 136 years
        total.nextWeight = total.nextWeight - m.nextWeight + weight;
        total.nextFrom = nextFrom;
        _total = total;
        uint32 lockedBefore = _lockedOf(m);
        (m.nextWeight, m.nextFrom) = (weight, nextFrom);
        _save(index, m);
        _relock(m.key, lockedBefore, _lockedOf(m));
    }

    /// @dev Takes so much off the monitor's weight at once. The stake is gone, so its lock goes too.
    function _reduce(uint256 index, uint256 weight) internal {
        Monitor memory m = _settled(index);
        uint32 lockedBefore = _lockedOf(m);
        uint32 now_ = uint32(Math.saturatingSub(m.weight, weight)); // <= weight
        uint32 next = uint32(Math.saturatingSub(m.nextWeight, weight)); // <= nextWeight
        Total memory total = _settledTotal();
        total.weight -= m.weight - now_;
        total.nextWeight -= m.nextWeight - next;
        _total = total;
        (m.weight, m.nextWeight) = (now_, next);
        _save(index, m);
        _relock(m.key, lockedBefore, _lockedOf(m));
    }

    /// @dev Takes the monitor off the list for good. @return weight what is locked, or was and may still be in its pool
    function _eject(address key) internal returns (uint32 weight) {
        uint256 indexPlusOne = monitorIndex[key];
        if (indexPlusOne != 0) weight = _drop(indexPlusOne - 1, key);
        Past memory past = _past[key];
        if (past.until > _now() && past.weight > weight) weight = past.weight;
        _past[key] = Past(0, 0, true);
    }

    /// @dev The monitor, with a change whose era has begun written down and what no longer counts unlocked.
    function _settled(uint256 index) internal returns (Monitor memory m) {
        m = _monitors[index];
        if (m.weight == m.nextWeight || clockEra() < m.nextFrom) return m;
        uint32 lockedBefore = _lockedOf(m);
        m.weight = m.nextWeight;
        _monitors[index] = m;
        if (m.weight < lockedBefore) {
            _remember(m.key, lockedBefore);
            _relock(m.key, lockedBefore, m.weight);
        }
    }

    function _save(uint256 index, Monitor memory m) private {
        _monitors[index] = m;
        emit MonitorWeightChanged(uint8(index), m.key, m.weight, m.nextWeight, m.nextFrom); // index < 128
    }

    /// @dev Unlocked stake takes the unbonding delay to leave, and until then answers for what its monitor signed.
    function _remember(address key, uint32 weight) private {
        Past memory past = _past[key];
        if (past.until > _now() && past.weight > weight) weight = past.weight;
        _past[key] = Past(weight, _now() + STAKING.unbondingDelay(), past.ejected);
    }

    function _relock(address key, uint256 before, uint256 weight) private {
        if (weight > before) STAKING.lock(_poolOf(key), (weight - before) * WHOLE_TOKEN);
        if (weight < before) STAKING.unlock(_poolOf(key), (before - weight) * WHOLE_TOKEN);
    }

    function _settledTotal() private view returns (Total memory total) {
        total = _total;
        if (clockEra() >= total.nextFrom) total.weight = total.nextWeight;
    }

    function _lockedOf(Monitor memory m) private pure returns (uint32) {
        return m.weight > m.nextWeight ? m.weight : m.nextWeight;
    }
}
