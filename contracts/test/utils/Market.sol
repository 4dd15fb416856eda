// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ICapacityRegistry} from "../../src/interfaces/ICapacityRegistry.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {IOrderBook} from "../../src/interfaces/IOrderBook.sol";
import {IProviderRegistry} from "../../src/interfaces/IProviderRegistry.sol";
import {IRewards} from "../../src/interfaces/IRewards.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {Award, Offer, Order, Terms, Tier} from "../../src/interfaces/Types.sol";
import {ScriptedReports} from "./ScriptedReports.sol";
import {Test} from "./Test.sol";

interface IMintable is IERC20 {
    function mint(address to, uint256 amount) external;
}

/// @title A whole market for a test
/// @notice Deployed like the real one, governed by the test itself; one tenant with money, providers as asked for. It
/// imports interfaces only, so a change to a body does not compile the tests again.
abstract contract Market is Test {
    /// @dev A provider, its owner and its operator key.
    struct Seller {
        uint64 id;
        address owner;
        address operator;
        uint256 key;
    }

    bytes32 internal constant CU = "cu";
    uint96 internal constant STAKE_PER_UNIT = 10e18;
    uint32 internal constant FINAL_GRACE = 7 days;
    /// @dev 0.02 dollars per unit and hour.
    uint96 internal constant MAX_PRICE = 20_000;

    IAccessManager internal manager;
    IERC20 internal stakeToken;
    IMintable internal dollar;
    address internal reports;
    IProviderRegistry internal registry;
    IStaking internal staking;
    ICapacityRegistry internal capacity;
    ILeaseEscrow internal escrow;
    IOrderBook internal book;
    IRewards internal rewards;

    Account internal tenant;
    uint40 internal committedUntil;
    uint256 private _nonce;
    uint256 private _salt;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        _deploy();
        escrow.setAsset(address(dollar), true);
        capacity.setResource(CU, true, STAKE_PER_UNIT);
        committedUntil = uint40(vm.getBlockTimestamp() + 365 days);
        tenant = makeAccount("tenant");
        fund(tenant.addr, 1_000e6);
    }

    /// @dev In the order of the real deployment; the addresses of contracts still to come are predicted.
    function _deploy() private {
        uint256 first = vm.getNonce(address(this));
        address staking_ = vm.computeCreateAddress(address(this), first + 5);
        address capacity_ = vm.computeCreateAddress(address(this), first + 6);
        address escrow_ = vm.computeCreateAddress(address(this), first + 7);
        address book_ = vm.computeCreateAddress(address(this), first + 8);
        address rewards_ = vm.computeCreateAddress(address(this), first + 9);
        manager = IAccessManager(vm.deployCode("AccessManager.sol:AccessManager", abi.encode(address(this))));
        address authority = address(manager);
        stakeToken =
            IERC20(vm.deployCode("StakeToken.sol:StakeToken", abi.encode(rewards_, address(this), type(uint128).max)));
        dollar = IMintable(vm.deployCode("TestDollar.sol:TestDollar"));
        reports = address(new ScriptedReports(authority));
        registry = IProviderRegistry(
            vm.deployCode("ProviderRegistry.sol:ProviderRegistry", abi.encode(authority, book_, staking_, reports))
        );
        staking = IStaking(
            vm.deployCode(
                "Staking.sol:Staking",
                abi.encode(authority, stakeToken, registry, capacity_, reports, rewards_, uint32(7 days))
            )
        );
        capacity = ICapacityRegistry(
            vm.deployCode(
                "CapacityRegistry.sol:CapacityRegistry", abi.encode(authority, registry, staking, book_, escrow_)
            )
        );
        escrow = ILeaseEscrow(
            vm.deployCode(
                "LeaseEscrow.sol:LeaseEscrow", abi.encode(authority, book_, registry, capacity, rewards_, FINAL_GRACE)
            )
        );
        book = IOrderBook(
            vm.deployCode("OrderBook.sol:OrderBook", abi.encode(authority, registry, capacity, escrow, staking))
        );
        rewards =
            IRewards(vm.deployCode("Rewards.sol:Rewards", abi.encode(authority, stakeToken, staking, escrow, reports)));
        assertEq(address(rewards), rewards_, "predicted address of the last one");
    }

    // ------------------------------------------------------------------------------------------- accounts

    /// @dev Puts dollars into the account's balance in the escrow.
    function fund(address account, uint256 amount) internal {
        dollar.mint(address(this), amount);
        dollar.approve(address(escrow), amount);
        escrow.deposit(account, address(dollar), amount);
    }

    /// @dev A registered provider with so many committed units.
    function makeSeller(string memory name, bytes2 country, uint32 units) internal returns (Seller memory seller) {
        seller.owner = makeAddr(name);
        Account memory operator = makeAccount(string.concat(name, " operator"));
        (seller.operator, seller.key) = (operator.addr, operator.key);
        uint40 expiry = uint40(vm.getBlockTimestamp() + 1 hours);
        bytes memory acceptance = acceptanceOf(operator.key, seller.owner, operator.addr, expiry);
        vm.prank(seller.owner);
        seller.id = registry.register(operator.addr, seller.owner, country, bytes32(0), expiry, acceptance);
        if (units != 0) commit(seller, units);
    }

    /// @dev Its owner stakes for and commits more units of a provider.
    function commit(Seller memory seller, uint32 units) internal {
        stake(seller.owner, staking.poolId(1, seller.id), uint256(units) * STAKE_PER_UNIT);
        vm.prank(seller.operator);
        capacity.commit(seller.id, CU, units, committedUntil);
    }

    /// @dev Gives the account what it stakes.
    function stake(address account, uint256 pool, uint256 amount) internal returns (uint256 shares) {
        stakeToken.transfer(account, amount);
        vm.startPrank(account);
        stakeToken.approve(address(staking), amount);
        shares = staking.stake(pool, amount);
        vm.stopPrank();
    }

    /// @dev Lets the reports prove a score, and the registry learn it.
    function setScore(uint64 provider, uint16 score) internal {
        scriptScore(provider, score);
        registry.updateTrust(provider, "");
    }

    function scriptScore(uint64 provider, uint16 score) internal {
        ScriptedReports(reports).setScore(provider, score, uint40(vm.getBlockTimestamp()));
    }

    function acceptanceOf(uint256 key, address owner, address operator, uint40 expiry)
        internal
        view
        returns (bytes memory)
    {
        bytes32 typeHash = keccak256("OperatorAcceptance(address owner,address operator,uint40 expiry)");
        return signature(key, digestOf(keccak256(abi.encode(typeHash, owner, operator, expiry))));
    }

    function digestOf(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(book.domainSeparator(), structHash);
    }

    // ------------------------------------------------------------------------------------------- messages

    /// @dev One replica of 2 units for an hour, unmonitored, an auction of a minute, an hour to match.
    function makeOrder() internal returns (Order memory order) {
        uint40 now_ = uint40(vm.getBlockTimestamp());
        order.tenant = tenant.addr;
        order.asset = address(dollar);
        order.resource = CU;
        order.tier = Tier.STANDARD;
        order.units = 2;
        order.replicas = 1;
        order.maxPrice = MAX_PRICE;
        order.duration = 1 hours;
        order.maxMinSeconds = 5 minutes;
        order.worstLevel = 5;
        order.manifest = keccak256("manifest");
        order.auctionEnd = now_ + 1 minutes;
        order.expiry = now_ + 1 hours;
        order.nonce = _nonce++;
    }

    /// @dev A bid on the order that fits it, for one replica.
    function makeBid(Seller memory seller, Order memory order, uint96 price) internal returns (Offer memory offer) {
        offer = makeStanding(seller, order.units, price);
        (offer.order, offer.resource, offer.asset) = (book.hashOrder(order), order.resource, order.asset);
    }

    function makeStanding(Seller memory seller, uint32 units, uint96 price) internal returns (Offer memory offer) {
        offer.provider = seller.id;
        offer.offerEpoch = registry.viewOf(seller.id).offerEpoch;
        offer.resource = CU;
        offer.asset = address(dollar);
        offer.tier = Tier.STANDARD;
        offer.units = units;
        offer.price = price;
        offer.maxDuration = 30 days;
        offer.expiry = uint40(vm.getBlockTimestamp() + 2 hours);
        offer.salt = _salt++;
    }

    function signOffer(Seller memory seller, Offer memory offer) internal view returns (bytes memory) {
        return signature(seller.key, book.hashOffer(offer));
    }

    function makeAward(Order memory order, Offer[] memory offers) internal view returns (Award memory award) {
        bytes32[] memory hashes = new bytes32[](offers.length);
        for (uint256 i = 0; i < offers.length; i++) {
            hashes[i] = book.hashOffer(offers[i]);
        }
        award = Award(
            book.hashOrder(order), keccak256(abi.encodePacked(hashes)), uint40(vm.getBlockTimestamp() + 10 minutes)
        );
    }

    function signAward(uint256 key, Award memory award) internal view returns (bytes memory) {
        return signature(key, book.hashAward(award));
    }

    /// @dev The terms of a lease that a match of now opened.
    function termsOf(Order memory order, Offer memory offer, uint16 index) internal view returns (Terms memory terms) {
        uint40 now_ = uint40(vm.getBlockTimestamp());
        terms.order = book.hashOrder(order);
        terms.offer = book.hashOffer(offer);
        terms.index = index;
        terms.tenant = order.tenant;
        terms.provider = offer.provider;
        terms.payout = registry.viewOf(offer.provider).payout;
        terms.asset = order.asset;
        terms.resource = order.resource;
        terms.units = order.units;
        terms.rate = uint128(offer.price) * order.units;
        terms.start = now_;
        terms.latestEnd = now_ + offer.maxDuration < committedUntil ? now_ + offer.maxDuration : committedUntil;
        terms.kind = order.kind;
        terms.tier = offer.tier;
        terms.uptimeBps = order.uptimeBps;
        terms.maxSilence = order.maxSilence;
        terms.minSeconds = offer.minSeconds;
        terms.noticeSeconds = offer.noticeSeconds;
        terms.startWindow = book.policy().startWindow;
        terms.jobTerms = order.jobTerms;
        terms.verifier = order.verifier;
    }

    /// @dev A match sent by the tenant, by whom it needs no award.
    function matchAsTenant(Order memory order, Offer[] memory offers, bytes[] memory signatures)
        internal
        returns (bytes32[] memory leases)
    {
        Award memory none;
        vm.prank(order.tenant);
        return book.matchOrder(order, offers, signatures, none, "", new Terms[](0));
    }

    function one(Offer memory offer) internal pure returns (Offer[] memory offers) {
        offers = new Offer[](1);
        offers[0] = offer;
    }

    function one(bytes memory item) internal pure returns (bytes[] memory items) {
        items = new bytes[](1);
        items[0] = item;
    }

    function one(Terms memory terms) internal pure returns (Terms[] memory items) {
        items = new Terms[](1);
        items[0] = terms;
    }

    function freeUnits(Seller memory seller) internal view returns (uint32) {
        ICapacityRegistry.Commitment memory c = capacity.commitmentOf(seller.id, CU);
        return c.committed - c.leased;
    }

    function balance(address account) internal view returns (uint256) {
        return escrow.balanceOf(account, address(dollar));
    }
}
