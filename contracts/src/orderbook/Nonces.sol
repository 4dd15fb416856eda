// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrderBook} from "../interfaces/IOrderBook.sol";

/// @title Orders are used once
/// @notice One bit per tenant and nonce, flipped by a match, a post or a cancellation. Nonces need not be in order; those
/// that share all but their lowest byte share a slot.
abstract contract Nonces is IOrderBook {
    mapping(address tenant => mapping(uint256 word => uint256 bits)) private _nonces;

    /// @inheritdoc IOrderBook
    function isNonceUsed(address tenant, uint256 nonce) external view returns (bool) {
        return _nonces[tenant][nonce >> 8] & _bit(nonce) != 0;
    }

    function _useNonce(address tenant, uint256 nonce) internal {
        // Flipped in place, which finds the slot once; a bit that is clear now was used before.
        uint256 bits = _nonces[tenant][nonce >> 8] ^= _bit(nonce);
        if (bits & _bit(nonce) == 0) revert NonceUsed(tenant, nonce);
    }

    function _bit(uint256 nonce) private pure returns (uint256) {
        return 1 << (nonce & 0xff);
    }
}
