// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IOrderBook} from "../../src/interfaces/IOrderBook.sol";
import {Award, Offer, Order, Status, Terms} from "../../src/interfaces/Types.sol";
import {Market} from "../utils/Market.sol";
import {Wallet} from "../utils/Wallet.sol";

/// @dev Branches of qualify.tree: what is wrong with one offer, told with both values.
contract QualifyTest is Market {
    Seller private seller;
    Order private order;
    Offer private offer;

    function setUp() public override {
        super.setUp();
        seller = makeSeller("seller", "DE", 100);
        order = makeOrder();
        offer = makeBid(seller, order, 10_000);
    }

    function _expect(bytes memory failure) private {
        _expectSigned(failure, signOffer(seller, offer));
    }

    function _expectSigned(bytes memory failure, bytes memory offerSignature) private {
        Award memory none;
        vm.expectRevert(failure);
        vm.prank(tenant.addr);
        book.matchOrder(order, one(offer), one(offerSignature), none, "", new Terms[](0));
    }

    function _matches() private {
        matchAsTenant(order, one(offer), one(signOffer(seller, offer)));
    }

    function test_OtherOrder() external {
        offer.order = keccak256("other");
        _expect(abi.encodeWithSelector(IOrderBook.OfferForOtherOrder.selector, offer.order, book.hashOrder(order)));
    }

    function test_LivesTooLong() external {
        uint40 most = order.auctionEnd + 1 days;
        offer.expiry = most + 1;
        _expect(abi.encodeWithSelector(IOrderBook.OfferLivesTooLong.selector, most + 1, most));
        offer.expiry = most;
        _matches();
    }

    function test_Expired() external {
        offer.expiry = uint40(vm.getBlockTimestamp()) + 100;
        skip(101);
        _expect(abi.encodeWithSelector(IOrderBook.OfferExpired.selector, offer.expiry, offer.expiry + 1));
        vm.warp(offer.expiry);
        _matches();
    }

    function test_ResourceOrAsset() external {
        offer.resource = "gpu";
        _expect(abi.encodeWithSelector(IOrderBook.ResourceMismatch.selector, bytes32("gpu"), CU));
        offer.resource = CU;
        offer.asset = address(stakeToken);
        _expect(abi.encodeWithSelector(IOrderBook.AssetMismatch.selector, address(stakeToken), address(dollar)));
    }

    function test_Tier() external {
        offer.tier = 0;
        _expect(abi.encodeWithSelector(IOrderBook.TierTooLow.selector, 0, 1));
        offer.tier = 3;
        _expect(abi.encodeWithSelector(IOrderBook.InvalidTier.selector, 3));
        offer.tier = 2;
        _matches();
    }

    function test_Units() external {
        offer.units = 1;
        _expect(abi.encodeWithSelector(IOrderBook.UnitsExceeded.selector, 2, 1));
    }

    function test_Price() external {
        offer.price = order.maxPrice + 1;
        _expect(abi.encodeWithSelector(IOrderBook.PriceTooHigh.selector, order.maxPrice + 1, order.maxPrice));
        offer.price = order.maxPrice;
        _matches();
    }

    function test_MinSeconds() external {
        offer.minSeconds = order.maxMinSeconds + 1;
        _expect(abi.encodeWithSelector(IOrderBook.MinSecondsTooLong.selector, offer.minSeconds, order.maxMinSeconds));
        offer.minSeconds = order.maxMinSeconds;
        _matches();
    }

    function test_Duration() external {
        offer.maxDuration = order.duration - 1;
        _expect(abi.encodeWithSelector(IOrderBook.DurationTooLong.selector, order.duration, offer.maxDuration));
        offer.maxDuration = order.duration;
        _matches();
    }

    function test_Status() external {
        for (uint8 status = Status.DRAINING; status <= Status.PAUSED; status++) {
            vm.prank(seller.operator);
            registry.setStatus(seller.id, status);
            _expect(abi.encodeWithSelector(IOrderBook.ProviderNotActive.selector, seller.id, status));
        }
        registry.setBanned(seller.id, true);
        _expect(abi.encodeWithSelector(IOrderBook.ProviderNotActive.selector, seller.id, Status.BANNED));
        offer.provider = 99;
        _expect(abi.encodeWithSelector(IOrderBook.ProviderNotActive.selector, 99, Status.NONE));
    }

    function test_Undercollateralised() external {
        uint256 pool = staking.poolId(1, seller.id);
        vm.prank(address(capacity));
        staking.slash(pool, 1, address(this));
        _expect(abi.encodeWithSelector(IOrderBook.ProviderUndercollateralised.selector, seller.id));
    }

    function test_OffersCancelled() external {
        vm.prank(seller.operator);
        registry.cancelOffers(seller.id);
        _expect(abi.encodeWithSelector(IOrderBook.OfferEpochOver.selector, 0, 1));
        offer.offerEpoch = 1;
        _matches();
    }

    function test_OperatorRotated() external {
        Account memory next = makeAccount("next operator");
        uint40 expiry = uint40(vm.getBlockTimestamp()) + 1 hours;
        bytes memory acceptance = acceptanceOf(next.key, seller.owner, next.addr, expiry);
        vm.prank(seller.owner);
        registry.setOperator(seller.id, next.addr, expiry, acceptance);
        _expect(abi.encodeWithSelector(IOrderBook.OfferEpochOver.selector, 0, 1));
        // The old key cannot sign for the new epoch either.
        offer.offerEpoch = 1;
        _expect(abi.encodeWithSelector(IOrderBook.InvalidOfferSignature.selector, seller.id, next.addr));
        seller.key = next.key;
        _matches();
    }

    function test_TokenSold() external {
        address buyer = makeAddr("buyer");
        vm.prank(seller.owner);
        IERC721(address(registry)).transferFrom(seller.owner, buyer, seller.id);
        _expect(abi.encodeWithSelector(IOrderBook.ProviderNotActive.selector, seller.id, Status.PAUSED));
        vm.prank(buyer);
        registry.setStatus(seller.id, Status.ACTIVE);
        _expect(abi.encodeWithSelector(IOrderBook.OfferEpochOver.selector, 0, 1));
        // Without an operator nobody's signature will do.
        offer.offerEpoch = 1;
        _expect(abi.encodeWithSelector(IOrderBook.InvalidOfferSignature.selector, seller.id, address(0)));
        _expectSigned(abi.encodeWithSelector(IOrderBook.InvalidOfferSignature.selector, seller.id, address(0)), "");
    }

    function test_Level() external {
        order.worstLevel = 2;
        offer = makeBid(seller, order, 10_000);
        _expect(abi.encodeWithSelector(IOrderBook.LevelTooLow.selector, seller.id, 5, 2));
        setScore(seller.id, 6_500);
        _expect(abi.encodeWithSelector(IOrderBook.LevelTooLow.selector, seller.id, 3, 2));
        setScore(seller.id, 8_000);
        _matches();
    }

    function test_LevelNotRefreshed() external {
        order.worstLevel = 2;
        setScore(seller.id, 9_000);
        skip(registry.levelTtl() + 1);
        Order memory fresh = makeOrder();
        fresh.worstLevel = 2;
        order = fresh;
        offer = makeBid(seller, order, 10_000);
        _expect(abi.encodeWithSelector(IOrderBook.LevelTooLow.selector, seller.id, 5, 2));
    }

    function test_Country() external {
        order.countries = [bytes2("FR"), "NL"];
        offer = makeBid(seller, order, 10_000);
        _expect(abi.encodeWithSelector(IOrderBook.CountryNotAccepted.selector, seller.id, bytes2("DE")));
        order.countries = [bytes2("FR"), "DE", "NL"];
        offer = makeBid(seller, order, 10_000);
        _matches();
    }

    function test_Signature() external {
        bytes memory failure =
            abi.encodeWithSelector(IOrderBook.InvalidOfferSignature.selector, seller.id, seller.operator);
        bytes memory right = signOffer(seller, offer);
        _expectSigned(failure, "");
        _expectSigned(failure, bytes.concat(right, hex"00"));
        _expectSigned(failure, signature(makeAccount("seller").key, book.hashOffer(offer)));
        offer.price--;
        _expectSigned(failure, right);
        vm.chainId(5);
        bytes memory elsewhere = signOffer(seller, offer);
        vm.chainId(31_337);
        _expectSigned(failure, elsewhere);
    }

    function test_SignatureOfWallet() external {
        Account memory key = makeAccount("wallet key");
        Wallet wallet = new Wallet(key.addr);
        uint40 expiry = uint40(vm.getBlockTimestamp()) + 1 hours;
        bytes memory acceptance = acceptanceOf(key.key, seller.owner, address(wallet), expiry);
        vm.prank(seller.owner);
        registry.setOperator(seller.id, address(wallet), expiry, acceptance);
        offer.offerEpoch = 1;
        _expect(abi.encodeWithSelector(IOrderBook.InvalidOfferSignature.selector, seller.id, address(wallet)));
        seller.key = key.key;
        _matches();
    }

    function test_Capacity() external {
        order.units = 101;
        offer = makeBid(seller, order, 10_000);
        _expect(abi.encodeWithSelector(IOrderBook.InsufficientCapacity.selector, seller.id, 101, 100));
        order.units = 100;
        offer = makeBid(seller, order, 10_000);
        _matches();
        assertEq(freeUnits(seller), 0);
    }

    function test_CapacityEnds() external {
        uint40 left = 366 days;
        (order.duration, order.units) = (uint32(left), 1);
        offer = makeBid(seller, order, 1);
        offer.maxDuration = uint32(left);
        _expect(
            abi.encodeWithSelector(
                IOrderBook.CapacityEndsTooEarly.selector,
                seller.id,
                committedUntil,
                uint40(vm.getBlockTimestamp()) + left
            )
        );
        order.duration = 365 days;
        offer = makeBid(seller, order, 1);
        offer.maxDuration = type(uint32).max;
        bytes32[] memory leases = matchAsTenant(order, one(offer), one(signOffer(seller, offer)));
        assertEq(escrow.leaseOf(leases[0]).end, committedUntil, "to its last second");
        assertEq(leases[0], keccak256(abi.encode(termsOf(order, offer, 0))), "no extension past the commitment");
    }
}
