// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {Extend, Terms} from "../../src/interfaces/Types.sol";
import {Wallet} from "../utils/Wallet.sol";
import {EscrowBase} from "./EscrowBase.sol";

contract EscrowExtendTest is EscrowBase {
    function extend(Terms memory terms, uint40 newEnd) private returns (uint256) {
        vm.prank(tenant.addr);
        return escrow.extend(terms, newEnd);
    }

    function extendSigned(Terms memory terms, uint40 newEnd, Extend memory permission, bytes memory signed)
        private
        returns (uint256)
    {
        vm.prank(stranger);
        return escrow.extendWithSignature(terms, newEnd, permission, signed);
    }

    function permissionFor(bytes32 lease) private view returns (Extend memory) {
        return Extend(lease, start + 20 hours, 2_000_020, start + 1 days);
    }

    function sign(Extend memory permission) private view returns (bytes memory) {
        return signature(tenant.key, digestOf(permission));
    }

    // ------------------------------------------------------------------------------------------- extend

    function test_extend_RevertWhen_UnknownResolvedOrOver() external {
        Terms memory unknown = byTimeTerms();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(unknown)));
        extend(unknown, start + 1);
        (Terms memory terms, bytes32 lease) = openByTime();
        skip(DURATION);
        uint40 end = start + DURATION;
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.LeaseOver.selector, lease, end, end));
        extend(terms, end + 1);
        settleByTime(terms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyResolved.selector, lease));
        extend(terms, end + 1);
    }

    function test_extend_RevertWhen_NotTenant() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotTenant.selector, lease, address(this), tenant.addr));
        escrow.extend(terms, start + DURATION + 1);
    }

    function test_extend_RevertWhen_Ending() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        vm.prank(book);
        escrow.replace(terms, 1 hours, false);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyEnding.selector, lease, start + 1 hours));
        extend(terms, start + DURATION + 1);
    }

    function test_extend_RevertWhen_OutOfBounds() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        (uint40 least, uint40 most) = (start + DURATION + 1, start + 30 days);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.EndOutOfBounds.selector, lease, least - 1, least, most));
        extend(terms, least - 1);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.EndOutOfBounds.selector, lease, most + 1, least, most));
        extend(terms, most + 1);
    }

    function test_extend_RevertWhen_BalanceIsLess() external {
        (Terms memory terms,) = openByTime();
        uint256 all = balance(tenant.addr);
        vm.prank(tenant.addr);
        escrow.withdraw(address(dollar), all, tenant.addr);
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.InsufficientBalance.selector, tenant.addr, address(dollar), 28, 0)
        );
        extend(terms, start + DURATION + 1);
    }

    function testFuzz_extend_CostsWhatALongerLeaseWould(uint40 first, uint40 second, uint40 moment) external {
        (Terms memory terms, bytes32 lease) = openByTime();
        first = uint40(bound(first, DURATION + 1, 30 days - 1));
        second = uint40(bound(second, first + 1, 30 days));
        skip(bound(moment, 0, DURATION - 1));
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseExtended(lease, start + first, hold(RATE, first) - hold(RATE, DURATION));
        extend(terms, start + first);
        extend(terms, start + second);
        assertEq(balance(tenant.addr), MONEY - hold(RATE, second));
        assertEq(escrow.heldOf(terms), hold(RATE, second));
        vm.warp(start + second);
        settleByTime(terms);
        assertEq(balance(payout), owed(RATE, second));
        assertEq(balance(tenant.addr) + balance(payout), MONEY);
    }

    // ------------------------------------------------------------------------------------------- extendWithSignature

    function test_extendWithSignature_ByWhoeverHoldsIt() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        Extend memory permission = permissionFor(lease);
        bytes memory signed = sign(permission);
        assertEq(extendSigned(terms, start + 15 hours, permission, signed), 500_005);
        assertEq(extendSigned(terms, start + 20 hours, permission, signed), 500_005);
        assertEq(escrow.leaseOf(lease).end, start + 20 hours);
        assertEq(balance(tenant.addr), MONEY - 2_000_020);
    }

    function test_extendWithSignature_Wallet() external {
        Wallet wallet = new Wallet(tenant.addr);
        Terms memory terms = byTimeTerms();
        terms.tenant = address(wallet);
        fund(address(wallet), address(dollar), 10_000_000);
        Extend memory permission = permissionFor(open(terms, DURATION));
        bytes memory signed = sign(permission);
        extendSigned(terms, start + 11 hours, permission, signed);
        assertEq(balance(address(wallet)), 10_000_000 - 1_100_011);
        permission.maxAmount += 1;
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.InvalidSignature.selector, address(wallet)));
        extendSigned(terms, start + 12 hours, permission, signed);
    }

    function test_extendWithSignature_RevertWhen_ForOtherLease() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        (, bytes32 other) = openByTime();
        Extend memory permission = permissionFor(other);
        bytes memory signed = sign(permission);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.ExtendMismatch.selector, lease, other));
        extendSigned(terms, start + 11 hours, permission, signed);
    }

    function test_extendWithSignature_RevertWhen_Expired() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        Extend memory permission = permissionFor(lease);
        permission.expiry = start + 1 hours;
        bytes memory signed = sign(permission);
        skip(1 hours);
        extendSigned(terms, start + 11 hours, permission, signed);
        skip(1);
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.ExtendExpired.selector, start + 1 hours, start + 1 hours + 1)
        );
        extendSigned(terms, start + 12 hours, permission, signed);
    }

    function test_extendWithSignature_RevertWhen_OutOfBounds() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        Extend memory permission = permissionFor(lease);
        permission.maxAmount = type(uint96).max;
        bytes memory signed = sign(permission);
        uint40 least = start + DURATION + 1;
        uint40 most = start + 20 hours;
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.EndOutOfBounds.selector, lease, most + 1, least, most));
        extendSigned(terms, most + 1, permission, signed);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.EndOutOfBounds.selector, lease, start - 1, least, most));
        extendSigned(terms, start - 1, permission, signed);
        permission.latestEnd = start + 40 days;
        signed = sign(permission);
        most = start + 30 days;
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.EndOutOfBounds.selector, lease, most + 1, least, most));
        extendSigned(terms, most + 1, permission, signed);
    }

    function test_extendWithSignature_RevertWhen_ItEndsBeforeItBegan() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        Extend memory permission = permissionFor(lease);
        permission.maxAmount = 0;
        bytes memory signed = sign(permission);
        vm.expectPartialRevert(ILeaseEscrow.EndOutOfBounds.selector);
        extendSigned(terms, start, permission, signed);
    }

    function test_extendWithSignature_RevertWhen_TooDear() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        Extend memory permission = permissionFor(lease);
        permission.maxAmount = 1_100_010;
        bytes memory signed = sign(permission);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.ExtendTooDear.selector, 1_100_011, 1_100_010));
        extendSigned(terms, start + 11 hours, permission, signed);
        extendSigned(terms, start + 11 hours - 1, permission, signed);
    }

    function test_extendWithSignature_RevertWhen_NotSignedByTheTenantHere() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        Extend memory permission = permissionFor(lease);
        bytes memory refused = abi.encodeWithSelector(ILeaseEscrow.InvalidSignature.selector, tenant.addr);
        bytes memory signed = signature(operator.key, digestOf(permission));
        vm.expectRevert(refused);
        extendSigned(terms, start + 11 hours, permission, signed);
        signed = sign(permission);
        vm.chainId(999);
        vm.expectRevert(refused);
        extendSigned(terms, start + 11 hours, permission, signed);
        signed = sign(permission);
        extendSigned(terms, start + 11 hours, permission, signed);
        vm.expectRevert(refused);
        extendSigned(terms, start + 12 hours, permission, "");
    }
}
