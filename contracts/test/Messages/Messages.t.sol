// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Award, Offer, Order} from "../../src/interfaces/Types.sol";
import {Market} from "../utils/Market.sol";

/// @dev Struct hashes against EIP-712 encodings built here by hand, member by member.
contract MessagesTest is Market {
    string private constant ORDER =
        "Order(address tenant,address agent,address asset,bytes32 resource,uint8 kind,uint8 tier,uint32 units,uint16 replicas,uint96 maxPrice,uint32 duration,uint32 maxMinSeconds,uint16 uptimeBps,uint32 maxSilence,uint8 worstLevel,uint8 spread,bytes2[] countries,address verifier,bytes32 manifest,bytes32 jobTerms,bytes32 previous,uint32 handoverSeconds,uint40 auctionEnd,uint40 expiry,uint256 nonce)";
    string private constant OFFER =
        "Offer(uint64 provider,uint32 offerEpoch,bytes32 order,bytes32 resource,address asset,uint8 tier,uint32 units,uint96 price,uint32 minSeconds,uint32 maxDuration,uint32 noticeSeconds,uint40 expiry,uint256 salt)";

    function _separator(uint256 chainId, address market) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Tender"),
                keccak256("1"),
                chainId,
                market
            )
        );
    }

    function _typed(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", _separator(block.chainid, address(book)), structHash));
    }

    function _orderStruct(Order memory o) private pure returns (bytes32) {
        bytes memory countries;
        for (uint256 i = 0; i < o.countries.length; i++) {
            countries = bytes.concat(countries, bytes32(o.countries[i]));
        }
        bytes memory head = abi.encode(
            keccak256(bytes(ORDER)), o.tenant, o.agent, o.asset, o.resource, o.kind, o.tier, o.units, o.replicas
        );
        bytes memory middle = abi.encode(
            o.maxPrice,
            o.duration,
            o.maxMinSeconds,
            o.uptimeBps,
            o.maxSilence,
            o.worstLevel,
            o.spread,
            keccak256(countries)
        );
        bytes memory tail = abi.encode(
            o.verifier, o.manifest, o.jobTerms, o.previous, o.handoverSeconds, o.auctionEnd, o.expiry, o.nonce
        );
        return keccak256(bytes.concat(head, middle, tail));
    }

    function _offerStruct(Offer memory o) private pure returns (bytes32) {
        bytes memory head = abi.encode(
            keccak256(bytes(OFFER)), o.provider, o.offerEpoch, o.order, o.resource, o.asset, o.tier, o.units
        );
        bytes memory tail = abi.encode(o.price, o.minSeconds, o.maxDuration, o.noticeSeconds, o.expiry, o.salt);
        return keccak256(bytes.concat(head, tail));
    }

    function testFuzz_Order(Order memory order) external view {
        assertEq(book.hashOrder(order), _typed(_orderStruct(order)));
    }

    function test_OrderWithOneCountry() external {
        Order memory order = makeOrder();
        assertEq(book.hashOrder(order), _typed(_orderStruct(order)), "none");
        order.countries = new bytes2[](1);
        order.countries[0] = "DE";
        assertEq(book.hashOrder(order), _typed(_orderStruct(order)), "one");
    }

    function testFuzz_Offer(Offer memory offer) external view {
        assertEq(book.hashOffer(offer), _typed(_offerStruct(offer)));
    }

    function testFuzz_Award(Award memory award) external view {
        bytes32 typeHash = keccak256("Award(bytes32 order,bytes32 offers,uint40 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, award.order, award.offers, award.deadline));
        assertEq(book.hashAward(award), _typed(structHash));
    }

    function test_Domain() external {
        assertEq(book.domainSeparator(), _separator(block.chainid, address(book)));
        Order memory order = makeOrder();
        bytes32 before = book.hashOrder(order);
        vm.chainId(7);
        assertEq(book.domainSeparator(), _separator(7, address(book)), "forked");
        assertTrue(book.hashOrder(order) != before);
    }
}
