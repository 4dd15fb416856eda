// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {Terms} from "../../src/interfaces/Types.sol";
import {EscrowBase, IMintable} from "./EscrowBase.sol";
import {BlockingToken, FeeToken, LazyToken, OddToken, PlainToken, ReenteringToken} from "./Tokens.sol";

contract EscrowBalancesTest is EscrowBase {
    address internal someone;

    function setUp() public override {
        super.setUp();
        someone = makeAddr("someone");
    }

    function allow(address asset) private returns (address) {
        escrow.setAsset(asset, true);
        IMintable(asset).mint(someone, 1_000);
        vm.prank(someone);
        IMintable(asset).approve(address(escrow), type(uint256).max);
        return asset;
    }

    // ------------------------------------------------------------------------------------------- deposit

    function test_deposit_RevertWhen_AccountIsZero() external {
        vm.expectRevert(ILeaseEscrow.ZeroAddress.selector);
        escrow.deposit(address(0), address(dollar), 1);
    }

    function test_deposit_RevertWhen_AssetNotAllowed() external {
        PlainToken other = new PlainToken(6);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AssetNotAllowed.selector, address(other)));
        escrow.deposit(someone, address(other), 1);
    }

    function test_deposit_RevertWhen_NothingArrives() external {
        address asset = allow(address(new LazyToken()));
        vm.prank(someone);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NothingReceived.selector, asset, 5));
        escrow.deposit(someone, asset, 5);
    }

    function test_deposit_RevertWhen_AmountIsZero() external {
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NothingReceived.selector, address(dollar), 0));
        escrow.deposit(someone, address(dollar), 0);
    }

    function test_deposit_RevertWhen_TokenRevertsOrReturnsFalse() external {
        OddToken odd = new OddToken(OddToken.Answer.Revert);
        allow(address(odd));
        vm.startPrank(someone);
        vm.expectRevert(OddToken.Odd.selector);
        escrow.deposit(someone, address(odd), 5);
        odd.setAnswer(OddToken.Answer.False);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(odd)));
        escrow.deposit(someone, address(odd), 5);
        assertEq(escrow.balanceOf(someone, address(odd)), 0);
    }

    function test_deposit_InnerCallsRevert() external {
        ReenteringToken token = new ReenteringToken(escrow);
        allow(address(token));
        bytes[3] memory calls = [
            abi.encodeCall(escrow.deposit, (someone, address(token), 1)),
            abi.encodeCall(escrow.depositWithPermit, (someone, address(token), 1, 0, 0, 0, 0)),
            abi.encodeCall(escrow.withdraw, (address(token), 1, someone))
        ];
        for (uint256 i = 0; i < calls.length; i++) {
            token.setCall(calls[i]);
            vm.prank(someone);
            escrow.deposit(someone, address(token), 10);
            assertFalse(token.succeeded());
            assertEq(
                token.answered(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
            );
        }
        assertEq(escrow.balanceOf(someone, address(token)), 30);
        assertEq(token.balanceOf(address(escrow)), 30);
    }

    function testFuzz_deposit_TokensOfAnyDecimals(uint256 choice, uint128 amount) external {
        uint8[3] memory decimals = [0, 6, 18];
        amount = uint128(bound(amount, 1, type(uint128).max));
        address asset = address(new PlainToken(decimals[choice % 3]));
        escrow.setAsset(asset, true);
        IMintable(asset).mint(address(this), amount);
        IMintable(asset).approve(address(escrow), amount);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.Deposited(someone, asset, amount, address(this));
        assertEq(escrow.deposit(someone, asset, amount), amount);
        assertEq(escrow.balanceOf(someone, asset), amount);
        vm.prank(someone);
        escrow.withdraw(asset, amount, stranger);
        assertEq(PlainToken(asset).balanceOf(stranger), amount);
    }

    function test_deposit_TokenThatReturnsNothing() external {
        address asset = allow(address(new OddToken(OddToken.Answer.Nothing)));
        vm.startPrank(someone);
        assertEq(escrow.deposit(someone, asset, 5), 5);
        escrow.withdraw(asset, 5, stranger);
        assertEq(OddToken(asset).balanceOf(stranger), 5);
    }

    function test_deposit_CreditsWhatArrived() external {
        address asset = allow(address(new FeeToken()));
        vm.startPrank(someone);
        assertEq(escrow.deposit(someone, asset, 500), 495);
        assertEq(escrow.balanceOf(someone, asset), 495);
        assertEq(PlainToken(asset).balanceOf(address(escrow)), 495);
    }

    // ------------------------------------------------------------------------------------------- depositWithPermit

    function permitOf(Account memory account, uint256 amount)
        private
        view
        returns (uint256 deadline, uint8 v, bytes32 r, bytes32 s)
    {
        deadline = vm.getBlockTimestamp() + 1 hours;
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        uint256 nonce = dollar.nonces(account.addr);
        bytes32 structHash = keccak256(abi.encode(typeHash, account.addr, address(escrow), amount, nonce, deadline));
        (v, r, s) = vm.sign(account.key, keccak256(abi.encodePacked("\x19\x01", dollar.DOMAIN_SEPARATOR(), structHash)));
    }

    function test_depositWithPermit_ByAnyone() external {
        Account memory rich = makeAccount("rich");
        dollar.mint(rich.addr, 100);
        (uint256 deadline, uint8 v, bytes32 r, bytes32 s) = permitOf(rich, 100);
        vm.prank(stranger);
        assertEq(escrow.depositWithPermit(rich.addr, address(dollar), 100, deadline, v, r, s), 100);
        assertEq(balance(rich.addr), 100);
        assertEq(balance(stranger), 0);
    }

    function test_depositWithPermit_UsedBySomebodyBefore() external {
        Account memory rich = makeAccount("rich");
        dollar.mint(rich.addr, 100);
        (uint256 deadline, uint8 v, bytes32 r, bytes32 s) = permitOf(rich, 100);
        vm.prank(stranger);
        dollar.permit(rich.addr, address(escrow), 100, deadline, v, r, s);
        assertEq(escrow.depositWithPermit(rich.addr, address(dollar), 100, deadline, v, r, s), 100);
        assertEq(balance(rich.addr), 100);
    }

    function test_depositWithPermit_RevertWhen_BadAndNoAllowance() external {
        Account memory rich = makeAccount("rich");
        dollar.mint(rich.addr, 100);
        (uint256 deadline, uint8 v, bytes32 r, bytes32 s) = permitOf(rich, 99);
        vm.expectPartialRevert(bytes4(keccak256("ERC20InsufficientAllowance(address,uint256,uint256)")));
        escrow.depositWithPermit(rich.addr, address(dollar), 100, deadline, v, r, s);
    }

    function test_depositWithPermit_BadWithAllowanceOnlyIntoOwnersBalance() external {
        address asset = allow(address(new PlainToken(18)));
        vm.prank(stranger);
        assertEq(escrow.depositWithPermit(someone, asset, 40, 0, 0, 0, 0), 40);
        assertEq(escrow.balanceOf(someone, asset), 40);
        assertEq(escrow.balanceOf(stranger, asset), 0);
    }

    // ------------------------------------------------------------------------------------------- withdraw

    function test_withdraw_RevertWhen_ReceiverIsZero() external {
        vm.prank(tenant.addr);
        vm.expectRevert(ILeaseEscrow.ZeroAddress.selector);
        escrow.withdraw(address(dollar), 1, address(0));
    }

    function test_withdraw_RevertWhen_BalanceIsLess() external {
        vm.prank(tenant.addr);
        vm.expectRevert(
            abi.encodeWithSelector(
                ILeaseEscrow.InsufficientBalance.selector, tenant.addr, address(dollar), MONEY + 1, MONEY
            )
        );
        escrow.withdraw(address(dollar), MONEY + 1, tenant.addr);
    }

    function test_withdraw_BlockedReceiver() external {
        address asset = allow(address(new BlockingToken()));
        vm.startPrank(someone);
        escrow.deposit(someone, asset, 100);
        BlockingToken(asset).setBlocked(someone, true);
        vm.expectRevert(abi.encodeWithSelector(BlockingToken.Blocked.selector, someone));
        escrow.withdraw(asset, 100, someone);
        assertEq(escrow.balanceOf(someone, asset), 100);
        escrow.withdraw(asset, 100, stranger);
        assertEq(BlockingToken(asset).balanceOf(stranger), 100);
    }

    function test_withdraw_RevertWhen_TokenReturnsFalse() external {
        OddToken odd = new OddToken(OddToken.Answer.Nothing);
        allow(address(odd));
        vm.startPrank(someone);
        escrow.deposit(someone, address(odd), 5);
        odd.setAnswer(OddToken.Answer.False);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(odd)));
        escrow.withdraw(address(odd), 5, someone);
        assertEq(escrow.balanceOf(someone, address(odd)), 5);
    }

    function test_withdraw_AssetNoLongerAllowed() external {
        escrow.setAsset(address(dollar), false);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.Withdrawn(tenant.addr, address(dollar), MONEY, someone);
        vm.prank(tenant.addr);
        escrow.withdraw(address(dollar), MONEY, someone);
        assertEq(dollar.balanceOf(someone), MONEY);
        assertEq(balance(tenant.addr), 0);
    }

    function test_withdraw_InnerCallReverts() external {
        ReenteringToken token = new ReenteringToken(escrow);
        allow(address(token));
        vm.startPrank(someone);
        escrow.deposit(address(token), address(token), 10);
        escrow.deposit(someone, address(token), 10);
        token.setCall(abi.encodeCall(escrow.withdraw, (address(token), 10, stranger)));
        escrow.withdraw(address(token), 10, someone);
        assertFalse(token.succeeded());
        assertEq(escrow.balanceOf(address(token), address(token)), 10);
    }

    // ------------------------------------------------------------------------------------------- reserve, unreserve

    function test_reserve_RevertWhen_NotOrderBook() external {
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotOrderBook.selector, address(this)));
        escrow.reserve(tenant.addr, address(dollar), 1);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotOrderBook.selector, address(this)));
        escrow.unreserve(tenant.addr, address(dollar), 1);
    }

    function test_reserve_RevertWhen_BalanceIsLess() external {
        vm.startPrank(book);
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.InsufficientBalance.selector, someone, address(dollar), 1, 0)
        );
        escrow.reserve(someone, address(dollar), 1);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.InsufficientBalance.selector, book, address(dollar), 1, 0));
        escrow.unreserve(someone, address(dollar), 1);
    }

    function testFuzz_reserve_MovesThereAndBack(uint256 amount, uint256 back) external {
        amount = bound(amount, 0, MONEY);
        back = bound(back, 0, amount);
        vm.startPrank(book);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.Reserved(tenant.addr, address(dollar), amount);
        escrow.reserve(tenant.addr, address(dollar), amount);
        assertEq(balance(tenant.addr), MONEY - amount);
        assertEq(balance(book), amount);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.Unreserved(tenant.addr, address(dollar), back);
        escrow.unreserve(tenant.addr, address(dollar), back);
        assertEq(balance(tenant.addr), MONEY - amount + back);
        assertEq(balance(book), amount - back);
    }

    // ------------------------------------------------------------------------------------------- governance

    function test_governance_RevertWhen_CallerIsNot() external {
        bytes memory unauthorized = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(unauthorized);
        escrow.setAsset(address(dollar), false);
        vm.expectRevert(unauthorized);
        escrow.setVerifier(address(reports), false);
        vm.expectRevert(unauthorized);
        escrow.setJobVerifier(stranger, true);
        vm.expectRevert(unauthorized);
        escrow.setFee(1);
    }

    function test_setFee_RevertWhen_TooHigh() external {
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.FeeTooHigh.selector, 201, 200));
        escrow.setFee(201);
    }

    function test_setFee_CountsFromTheNextPayment() external {
        (Terms memory terms,) = openByTime();
        skip(1 hours);
        assertEq(settleByTime(terms), 100_001);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.FeeChanged(200);
        escrow.setFee(200);
        assertEq(escrow.feeBps(), 200);
        skip(1 hours);
        assertEq(settleByTime(terms), 100_001 - 2_000);
        assertEq(balance(rewardWallet), 2_000);
        assertEq(balance(payout), 200_002 - 2_000);
    }

    function test_setAsset_GatesOnlyDeposits() external {
        (Terms memory terms,) = openByTime();
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.AssetChanged(address(dollar), false);
        escrow.setAsset(address(dollar), false);
        assertFalse(escrow.isAllowedAsset(address(dollar)));
        skip(1 hours);
        assertEq(settleByTime(terms), 100_001);
        vm.startPrank(tenant.addr);
        escrow.extend(terms, terms.start + DURATION + 1);
        escrow.close(terms);
        assertEq(balance(tenant.addr) + balance(payout), MONEY);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AssetNotAllowed.selector, address(dollar)));
        escrow.deposit(tenant.addr, address(dollar), 1);
    }
}
