// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEraReports} from "../interfaces/IEraReports.sol";
import {Weights} from "./Weights.sol";

/// @title What a monitor does for itself
abstract contract Monitors is Weights {
    uint256 private constant PUBLIC_KEY_BYTES = 33;
    /// @dev A handful of multiaddrs.
    uint256 private constant MOST_ADDRESSES_BYTES = 512;

    /// @inheritdoc IEraReports
    function join(uint32 weight, bytes calldata publicKey, string calldata addresses) external returns (uint8 index) {
        // Check
        if (monitorIndex[msg.sender] != 0) revert AlreadyMonitor(msg.sender);
        if (isEjected(msg.sender)) revert Ejected(msg.sender);
        _checkWeight(weight);
        // Effect
        index = uint8(_enter(msg.sender, weight)); // below 128
        _tellContact(index, publicKey, addresses);
        // Effect, interaction: only with our own staking
        _schedule(index, weight);
    }

    /// @inheritdoc IEraReports
    function setWeight(uint32 weight) external {
        // Check
        uint256 index = _indexOfCaller();
        if (weight != 0) _checkWeight(weight);
        // Effect, interaction: only with our own staking
        _schedule(index, weight);
    }

    /// @inheritdoc IEraReports
    function unlock(uint8 index) external {
        // Check, effect, interaction: only with our own staking
        if (index >= MOST_MONITORS) revert UnknownMonitor(index);
        Monitor memory m = _settled(index);
        if (m.key == address(0)) revert UnknownMonitor(index);
        // Who joined and left at once keeps its index until it would have counted: no stake makes room twice in an era.
        bool waits = m.weight != m.nextWeight || (m.weight == 0 && clockEra() < m.nextFrom);
        if (waits) revert StillCounted(index, m.nextFrom, clockEra());
        if (m.weight == 0) _leave(index, m.key);
    }

    /// @inheritdoc IEraReports
    function setContact(bytes calldata publicKey, string calldata addresses) external {
        _tellContact(_indexOfCaller(), publicKey, addresses);
    }

    /// @dev Who holds the private key of `publicKey` is for peers to find out when they dial it.
    function _tellContact(uint256 index, bytes calldata publicKey, string calldata addresses) private {
        if (publicKey.length != PUBLIC_KEY_BYTES) revert InvalidPublicKey(publicKey.length);
        uint256 length = bytes(addresses).length;
        if (length > MOST_ADDRESSES_BYTES) revert ContactTooLong(length, MOST_ADDRESSES_BYTES);
        emit MonitorContact(uint8(index), msg.sender, publicKey, addresses); // index < 128
    }

    function _indexOfCaller() private view returns (uint256) {
        uint256 indexPlusOne = monitorIndex[msg.sender];
        if (indexPlusOne == 0) revert NotMonitor(msg.sender);
        return indexPlusOne - 1;
    }

    function _checkWeight(uint32 weight) private view {
        uint32 least = policy().minWeight;
        if (weight < least) revert WeightTooLow(weight, least);
    }
}
