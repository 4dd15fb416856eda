// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IOrderBook} from "../../src/interfaces/IOrderBook.sol";
import {Award, Offer, Order, Terms} from "../../src/interfaces/Types.sol";
import {Market} from "../utils/Market.sol";

/// @dev A token that sends a prepared call to the order book while it is being transferred.
contract HostileToken {
    address private immutable BOOK;
    bytes private _call;
    bool public answered;
    bytes public answer;

    mapping(address account => uint256) public balanceOf;

    constructor(address book) {
        BOOK = book;
    }

    function prepare(bytes calldata call_) external {
        _call = call_;
    }

    function transferFrom(address, address to, uint256 amount) external returns (bool) {
        balanceOf[to] += amount;
        if (_call.length != 0) (answered, answer) = BOOK.call(_call);
        return true;
    }

    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) external {}
}

/// @dev A wallet that answers a question about a signature by matching the order itself.
contract HostileWallet {
    address private immutable BOOK;
    bytes private _call;

    constructor(address book) {
        BOOK = book;
    }

    function prepare(bytes calldata call_) external {
        _call = call_;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        (bool ok,) = BOOK.call(_call);
        return ok ? abi.encode(bytes32(bytes4(0x1626ba7e))) : abi.encode(bytes32(0));
    }
}

interface IMulticall {
    function multicall(bytes[] calldata calls) external returns (bytes[] memory);
}

/// @dev Branches of governance.tree: bounds, what governance cannot do, and what a multicall carries.
contract GovernanceTest is Market {
    Seller private seller;
    Order private order;

    function setUp() public override {
        super.setUp();
        seller = makeSeller("seller", "DE", 4);
        order = makeOrder();
    }

    // ------------------------------------------------------------------------------------------- policy

    function test_RevertWhen_NotGovernance() external {
        IOrderBook.Policy memory policy = book.policy();
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, tenant.addr));
        book.setPolicy(policy);
    }

    function testFuzz_Policy(IOrderBook.Policy memory policy) external {
        policy.maxAuction = uint32(bound(policy.maxAuction, 1 hours, 7 days));
        policy.startWindow = uint32(bound(policy.startWindow, 1 minutes, 1 days));
        for (uint256 i = 0; i < 5; i++) {
            policy.advantageBps[i] = uint16(bound(policy.advantageBps[i], 0, 3000));
        }
        vm.expectEmit(address(book));
        emit IOrderBook.PolicyChanged(policy);
        book.setPolicy(policy);
        assertEq(keccak256(abi.encode(book.policy())), keccak256(abi.encode(policy)));
    }

    function test_RevertWhen_PolicyOutOfBounds() external {
        IOrderBook.Policy memory policy = book.policy();
        policy.maxAuction = 7 days + 1;
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.MaxAuctionOutOfBounds.selector, 7 days + 1, 1 hours, 7 days));
        book.setPolicy(policy);
        policy.maxAuction = 1 hours - 1;
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.MaxAuctionOutOfBounds.selector, 1 hours - 1, 1 hours, 7 days));
        book.setPolicy(policy);
        policy.maxAuction = 1 hours;
        policy.startWindow = 59;
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.StartWindowOutOfBounds.selector, 59, 60, 1 days));
        book.setPolicy(policy);
        policy.startWindow = 1 days + 1;
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.StartWindowOutOfBounds.selector, 1 days + 1, 60, 1 days));
        book.setPolicy(policy);
        policy.startWindow = 60;
        policy.advantageBps[4] = 3001;
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.AdvantageTooHigh.selector, 3001, 3000));
        book.setPolicy(policy);
    }

    /// @dev The strictest rules and a delisted asset, class and verifier after the posting change nothing of it.
    function test_GovernanceCannotHoldAnAuctionUp() external {
        vm.prank(tenant.addr);
        book.post(order, "");
        Offer memory offer = makeBid(seller, order, 10_000);
        book.bid(order, offer, signOffer(seller, offer));
        Order memory second = makeOrder();
        vm.prank(tenant.addr);
        book.post(second, "");

        IOrderBook.Policy memory policy = book.policy();
        (policy.tenantStake, policy.maxAuction) = (type(uint96).max, 1 hours);
        book.setPolicy(policy);
        escrow.setAsset(address(dollar), false);
        escrow.setFee(200);
        capacity.setResource(CU, false, 1e24);
        registry.setBanned(seller.id, true);

        vm.prank(tenant.addr);
        book.cancel(second);
        vm.warp(order.auctionEnd);
        book.award(order, one(offer), new Terms[](0));
        assertEq(balance(tenant.addr), 1_000e6 - 20_000);
    }

    // ------------------------------------------------------------------------------------------- multicall

    function _matchCall(Offer memory offer) private view returns (bytes memory) {
        Award memory award = makeAward(order, one(offer));
        return abi.encodeCall(
            IOrderBook.matchOrder,
            (order, one(offer), one(signOffer(seller, offer)), award, signAward(tenant.key, award), new Terms[](0))
        );
    }

    function _multicall(bytes memory first, bytes memory second) private {
        bytes[] memory calls = new bytes[](2);
        (calls[0], calls[1]) = (first, second);
        IMulticall(address(book)).multicall(calls);
    }

    function test_ReleaseBeforeMatch() external {
        order.units = 4;
        Offer memory offer = makeBid(seller, order, 10_000);
        Terms memory old = termsOf(order, offer, 0);
        matchAsTenant(order, one(offer), one(signOffer(seller, offer)));
        skip(order.duration);
        order = makeOrder();
        bytes memory call = _matchCall(makeBid(seller, order, 10_000));
        (bool ok,) = address(book).call(call);
        assertFalse(ok, "no units");
        _multicall(abi.encodeCall(IOrderBook.release, (old)), call);
        assertEq(freeUnits(seller), 2);
    }

    function test_RefreshBeforeMatch() external {
        order.worstLevel = 1;
        scriptScore(seller.id, 9_500);
        bytes memory call = _matchCall(makeBid(seller, order, 10_000));
        (bool ok,) = address(book).call(call);
        assertFalse(ok, "level 5");
        _multicall(abi.encodeCall(IOrderBook.updateTrust, (seller.id, "")), call);
        assertEq(freeUnits(seller), 2);
    }

    function test_PermitBeforeMatch() external {
        tenant = makeAccount("newcomer");
        dollar.mint(tenant.addr, 20_000);
        order.tenant = tenant.addr;
        uint256 deadline = vm.getBlockTimestamp() + 1;
        bytes32 permit = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                tenant.addr,
                address(escrow),
                20_000,
                0,
                deadline
            )
        );
        (, bytes memory separator) = address(dollar).staticcall(abi.encodeWithSignature("DOMAIN_SEPARATOR()"));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(tenant.key, keccak256(abi.encodePacked("\x19\x01", abi.decode(separator, (bytes32)), permit)));
        _multicall(
            abi.encodeCall(IOrderBook.depositWithPermit, (tenant.addr, address(dollar), 20_000, deadline, v, r, s)),
            _matchCall(makeBid(seller, order, 10_000))
        );
        assertEq(balance(tenant.addr), 0);
        assertEq(freeUnits(seller), 2);
    }

    /// @dev A token that matches the order in the middle of a deposit has matched it: the one that waits cannot again.
    function test_ReentrantTokenMatchesOnce() external {
        HostileToken token = new HostileToken(address(book));
        escrow.setAsset(address(token), true);
        bytes memory call = _matchCall(makeBid(seller, order, 10_000));
        token.prepare(call);
        bytes[] memory calls = new bytes[](2);
        calls[0] =
            abi.encodeCall(IOrderBook.depositWithPermit, (tenant.addr, address(token), 1, type(uint256).max, 0, 0, 0));
        calls[1] = call;
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.NonceUsed.selector, tenant.addr, order.nonce));
        IMulticall(address(book)).multicall(calls);
        // Alone it matched once, and a second deposit inside is refused by the escrow.
        book.depositWithPermit(tenant.addr, address(token), 1, type(uint256).max, 0, 0, 0);
        assertTrue(token.answered());
        assertEq(freeUnits(seller), 2);
        token.prepare(calls[0]);
        book.depositWithPermit(tenant.addr, address(token), 1, type(uint256).max, 0, 0, 0);
        assertFalse(token.answered());
        assertEq(escrow.balanceOf(tenant.addr, address(token)), 2);
    }

    /// @dev Signatures are asked for by static calls, in which nothing can be matched.
    function test_ReentrantWalletCannotMatch() external {
        HostileWallet wallet = new HostileWallet(address(book));
        fund(address(wallet), 1e6);
        order.tenant = address(wallet);
        bytes memory call = _matchCall(makeBid(seller, order, 10_000));
        wallet.prepare(call);
        (bool ok, bytes memory answer) = address(book).call(call);
        assertFalse(ok);
        assertEq(answer, abi.encodeWithSelector(IOrderBook.InvalidSignature.selector, address(wallet)));
        assertEq(freeUnits(seller), 4);
    }
}
