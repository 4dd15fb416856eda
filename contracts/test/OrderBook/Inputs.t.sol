// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrderBook} from "../../src/interfaces/IOrderBook.sol";
import {Award, Offer, Order, Terms} from "../../src/interfaces/Types.sol";
import {Market} from "../utils/Market.sol";

/// @dev Branches of inputs.tree. The widths are Types.sol's, member by member; 256 where every word is valid.
contract InputsTest is Market {
    /// @dev Of 24 members; `countries` is an offset, which is another matter.
    uint256[24] private orderBits =
        [160, 160, 160, 256, 8, 8, 32, 16, 96, 32, 32, 16, 32, 8, 8, 256, 160, 256, 256, 256, 32, 40, 40, 256];
    uint256[13] private offerBits = [64, 32, 256, 256, 160, 8, 32, 96, 32, 32, 32, 40, 256];

    Order private order;
    Offer private offer;

    function setUp() public override {
        super.setUp();
        Seller memory seller = makeSeller("seller", "DE", 100);
        order = makeOrder();
        order.countries = [bytes2("DE"), "FR"];
        offer = makeBid(seller, order, 10_000);
    }

    function test_AcceptsTheLargestOrderOfEveryType() public view {
        bytes memory data = abi.encodeCall(IOrderBook.hashOrder, (order));
        for (uint256 i = 0; i < 24; i++) {
            if (i != 15) _put(data, 0x24 + 0x20 * i, type(uint256).max >> (256 - orderBits[i]));
        }
        assertTrue(_succeeds(data));
    }

    function test_AcceptsTheLargestOfferOfEveryType() public view {
        bytes memory data = abi.encodeCall(IOrderBook.hashOffer, (offer));
        for (uint256 i = 0; i < 13; i++) {
            _put(data, 4 + 0x20 * i, type(uint256).max >> (256 - offerBits[i]));
        }
        assertTrue(_succeeds(data));
    }

    function test_RevertsForAnOrderWithAWordBeyondItsType() public view {
        for (uint256 i = 0; i < 24; i++) {
            for (uint256 bit = orderBits[i]; bit < 256; bit++) {
                bytes memory data = abi.encodeCall(IOrderBook.hashOrder, (order));
                _flip(data, 0x24 + 0x20 * i, bit);
                assertFalse(_succeeds(data), "order");
            }
        }
    }

    function test_RevertsForAnOfferWithAWordBeyondItsType() public view {
        for (uint256 i = 0; i < 13; i++) {
            for (uint256 bit = offerBits[i]; bit < 256; bit++) {
                bytes memory data = abi.encodeCall(IOrderBook.hashOffer, (offer));
                _flip(data, 4 + 0x20 * i, bit);
                assertFalse(_succeeds(data), "offer");
            }
        }
    }

    function test_RevertsForAMalformedOfferInAList() public {
        Offer[] memory offers = new Offer[](2);
        (offers[0], offers[1]) = (offer, offer);
        bytes[] memory signatures = new bytes[](2);
        Award memory none;
        bytes memory data =
            abi.encodeCall(IOrderBook.matchOrder, (order, offers, signatures, none, "", new Terms[](0)));
        vm.prank(tenant.addr);
        (bool ok, bytes memory failure) = address(book).call(data);
        assertFalse(ok);
        assertGt(failure.length, 0, "well-formed: refused with a reason");

        // The head has eight words; the order has 24 and the countries' count and two; then the offers' count.
        _flip(data, 4 + 0x20 * (8 + 24 + 3 + 1 + 13 + 6), 32);
        vm.prank(tenant.addr);
        (ok, failure) = address(book).call(data);
        assertFalse(ok);
        assertEq(failure.length, 0, "malformed: without a reason");
    }

    function _succeeds(bytes memory data) private view returns (bool ok) {
        bytes memory answer;
        (ok, answer) = address(book).staticcall(data);
        if (!ok) assertEq(answer.length, 0);
    }

    function _flip(bytes memory data, uint256 offset, uint256 bit) private pure {
        assembly ("memory-safe") {
            let place := add(add(data, 0x20), offset)
            mstore(place, xor(mload(place), shl(bit, 1)))
        }
    }

    function _put(bytes memory data, uint256 offset, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(add(add(data, 0x20), offset), word)
        }
    }
}
