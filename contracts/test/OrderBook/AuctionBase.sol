// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrderBook} from "../../src/interfaces/IOrderBook.sol";
import {Award, Offer, Order, Terms} from "../../src/interfaces/Types.sol";
import {Market} from "../utils/Market.sol";

/// @dev What the tests of auctions on chain share.
abstract contract AuctionBase is Market {
    Seller[] internal sellers;
    Order internal order;
    bytes32 internal orderHash;

    function setUp() public virtual override {
        super.setUp();
        sellers.push(makeSeller("anna", "DE", 100));
        sellers.push(makeSeller("bert", "DE", 100));
        sellers.push(makeSeller("carl", "FR", 100));
        order = makeOrder();
    }

    function post() internal {
        vm.prank(order.tenant);
        orderHash = book.post(order, "");
    }

    /// @dev A bid for the posted order, entered by nobody in particular.
    function bid(Seller memory seller, uint96 price) internal returns (Offer memory offer) {
        offer = makeBid(seller, order, price);
        book.bid(order, offer, signOffer(seller, offer));
    }

    function refuse(Seller memory seller, Offer memory offer, bytes memory failure) internal {
        bytes memory offerSignature = signOffer(seller, offer);
        vm.expectRevert(failure);
        book.bid(order, offer, offerSignature);
    }

    function award(Offer[] memory offers) internal returns (bytes32[] memory leases) {
        return book.award(order, offers, new Terms[](0));
    }

    function rankOf(uint96 price, uint8 level, uint32 arrival) internal view returns (uint136) {
        uint256 forgiven = uint256(price) * book.policy().advantageBps[level - 1] / 10_000;
        return uint136((price - forgiven) << 40 | uint256(level) << 32 | arrival);
    }

    function assertKept(bytes32[] memory expected) internal view {
        IOrderBook.Kept[] memory kept = book.keptOf(orderHash);
        assertEq(kept.length, expected.length, "kept");
        for (uint256 i = 0; i < expected.length; i++) {
            assertEq(kept[i].offer, expected[i]);
        }
    }

    function list(Offer memory a, Offer memory b) internal pure returns (Offer[] memory offers) {
        offers = new Offer[](2);
        (offers[0], offers[1]) = (a, b);
    }

    function hashes(Offer[] memory offers) internal view returns (bytes32[] memory all) {
        all = new bytes32[](offers.length);
        for (uint256 i = 0; i < offers.length; i++) {
            all[i] = book.hashOffer(offers[i]);
        }
    }
}
