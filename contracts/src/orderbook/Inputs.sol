// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Offer, Order} from "../interfaces/Types.sol";

/// @title Orders and offers, taken from calldata into memory
/// @notice A struct's words are the same in both, so they are copied as they stand, and that each is within its type is
/// checked for all at once. The compiler's decoder takes member by member, which costs a match 1,850 gas more. As with it, a
/// malformed message reverts without a reason. One order or offer comes in a list of one: a struct that a function returns is
/// first filled with zeros.
library Inputs {
    uint256 private constant ORDER_SIZE = 24 * 32;
    uint256 private constant OFFER_SIZE = 13 * 32;

    function load(Order calldata from) internal pure returns (Order[] memory list) {
        bytes2[] memory countries = from.countries;
        uint256 p;
        assembly ("memory-safe") {
            list := mload(0x40)
            p := add(list, 0x40)
            mstore(list, 1)
            mstore(add(list, 0x20), p)
            calldatacopy(p, from, ORDER_SIZE)
            mstore(add(p, 0x1e0), countries)
            mstore(0x40, add(p, ORDER_SIZE))
        }
        uint256 excess = (_word(p, 0) | _word(p, 1) | _word(p, 2) | _word(p, 16)) >> 160; // tenant, agent, asset, verifier
        excess |= _word(p, 8) >> 96; // maxPrice
        excess |= (_word(p, 21) | _word(p, 22)) >> 40; // auctionEnd, expiry
        // units, duration, maxMinSeconds, maxSilence, handoverSeconds
        excess |= (_word(p, 6) | _word(p, 9) | _word(p, 10) | _word(p, 12) | _word(p, 20)) >> 32;
        excess |= (_word(p, 7) | _word(p, 11)) >> 16; // replicas, uptimeBps
        excess |= (_word(p, 4) | _word(p, 5) | _word(p, 13) | _word(p, 14)) >> 8; // kind, tier, worstLevel, spread
        if (excess != 0) revert();
    }

    function load(Offer calldata from) internal pure returns (Offer[] memory list) {
        Offer[] calldata fromList;
        assembly ("memory-safe") {
            fromList.offset := from
            fromList.length := 1
        }
        return load(fromList);
    }

    function load(Offer[] calldata from) internal pure returns (Offer[] memory list) {
        uint256 p;
        uint256 end;
        assembly ("memory-safe") {
            // Pointers to the offers, then the offers.
            list := mload(0x40)
            mstore(list, from.length)
            let pointer := add(list, 0x20)
            p := add(pointer, shl(5, from.length))
            end := add(p, mul(from.length, OFFER_SIZE))
            calldatacopy(p, from.offset, sub(end, p))
            for { let at := p } lt(at, end) { at := add(at, OFFER_SIZE) } {
                mstore(pointer, at)
                pointer := add(pointer, 0x20)
            }
            mstore(0x40, end)
        }
        while (p < end) {
            _checkOffer(p);
            unchecked {
                p += OFFER_SIZE; // within memory
            }
        }
    }

    function _checkOffer(uint256 p) private pure {
        uint256 excess = _word(p, 4) >> 160; // asset
        excess |= _word(p, 7) >> 96; // price
        excess |= _word(p, 0) >> 64; // provider
        excess |= _word(p, 11) >> 40; // expiry
        // offerEpoch, units, minSeconds, maxDuration, noticeSeconds
        excess |= (_word(p, 1) | _word(p, 6) | _word(p, 8) | _word(p, 9) | _word(p, 10)) >> 32;
        excess |= _word(p, 5) >> 8; // tier
        if (excess != 0) revert();
    }

    /// @dev A member as it lies in memory, with whatever its type has no room for.
    function _word(uint256 p, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(p, shl(5, index)))
        }
    }
}
