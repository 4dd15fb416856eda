// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {Kind, LeaseState, Terms} from "../../src/interfaces/Types.sol";
import {EscrowBase} from "./EscrowBase.sol";

contract EscrowOpenTest is EscrowBase {
    function test_open_RevertWhen_NotOrderBook() external {
        Terms memory terms = byTimeTerms();
        vm.prank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.NotOrderBook.selector, tenant.addr));
        escrow.open(terms, DURATION, false);
    }

    function test_open_RevertWhen_Exists() external {
        (Terms memory terms, bytes32 lease) = openByTime();
        bytes memory exists = abi.encodeWithSelector(ILeaseEscrow.LeaseExists.selector, lease);
        vm.prank(book);
        vm.expectRevert(exists);
        escrow.open(terms, DURATION, false);
        vm.prank(tenant.addr);
        escrow.close(terms);
        assertTrue(escrow.leaseOf(lease).resolved);
        vm.prank(book);
        vm.expectRevert(exists);
        escrow.open(terms, DURATION, false);
    }

    function test_open_RevertWhen_KindIsUnknown() external {
        Terms memory terms = byTimeTerms();
        terms.kind = 2;
        vm.prank(book);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnsupportedKind.selector, 2));
        escrow.open(terms, DURATION, false);
    }

    /// @dev Each kind has verifiers of its own, and a job cannot be without one.
    function test_open_RevertWhen_VerifierIsOfTheOtherKind() external {
        escrow.setJobVerifier(stranger, true);
        Terms memory terms = byTimeTerms();
        terms.kind = Kind.JOB;
        address[2] memory wrong = [address(reports), address(0)];
        for (uint256 i = 0; i < wrong.length; i++) {
            terms.verifier = wrong[i];
            vm.prank(book);
            vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.VerifierNotAllowed.selector, wrong[i]));
            escrow.open(terms, DURATION, false);
        }
        terms = monitoredTerms();
        terms.verifier = stranger;
        vm.prank(book);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.VerifierNotAllowed.selector, stranger));
        escrow.open(terms, DURATION, false);
    }

    function test_open_RevertWhen_VerifierNotAllowed() external {
        Terms memory terms = monitoredTerms();
        terms.verifier = stranger;
        vm.prank(book);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.VerifierNotAllowed.selector, stranger));
        escrow.open(terms, DURATION, false);
    }

    function test_open_VerifierDisallowedLaterChangesNothing() external {
        (Terms memory terms, bytes32 lease) = openMonitored();
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.VerifierChanged(address(reports), false);
        escrow.setVerifier(address(reports), false);
        assertFalse(escrow.isAllowedVerifier(address(reports)));
        skip(1 hours);
        assertEq(settle(terms, report(lease, 1, 3600, start + 1 hours)), 100_001);
    }

    function test_open_RevertWhen_BalanceIsLess() external {
        Terms memory terms = byTimeTerms();
        uint256 deposit = hold(RATE, DURATION);
        vm.prank(tenant.addr);
        escrow.withdraw(address(dollar), MONEY - deposit + 1, tenant.addr);
        vm.startPrank(book);
        vm.expectRevert(
            abi.encodeWithSelector(
                ILeaseEscrow.InsufficientBalance.selector, tenant.addr, address(dollar), deposit, deposit - 1
            )
        );
        escrow.open(terms, DURATION, false);
        vm.expectRevert(
            abi.encodeWithSelector(ILeaseEscrow.InsufficientBalance.selector, book, address(dollar), deposit, 0)
        );
        escrow.open(terms, DURATION, true);
    }

    function test_open_StoresAndTells() external {
        Terms memory terms = byTimeTerms();
        bytes32 lease = keccak256(abi.encode(terms));
        assertEq(escrow.leaseIdOf(terms), lease);
        vm.expectEmit(address(escrow));
        emit ILeaseEscrow.LeaseOpened(lease, tenant.addr, provider, start + DURATION, terms);
        vm.prank(book);
        assertEq(escrow.open(terms, DURATION, false), lease);
        LeaseState memory state = escrow.leaseOf(lease);
        assertEq(state.end, start + DURATION);
        assertEq(state.settledUntil, start);
        assertEq(uint256(state.closedAt) + state.secondsPaid, 0);
        assertTrue(state.byTime);
        assertFalse(state.released || state.resolved);
        assertEq(escrow.heldOf(terms), 1_000_010);
        assertEq(balance(tenant.addr), MONEY - 1_000_010);
    }

    function test_open_MonitoredIsNotByTime() external {
        (, bytes32 lease) = openMonitored();
        assertFalse(escrow.leaseOf(lease).byTime);
    }

    function test_open_FromWhatWasReserved() external {
        Terms memory terms = byTimeTerms();
        vm.startPrank(book);
        escrow.reserve(tenant.addr, address(dollar), 2_000_000);
        capacity.allocate(provider, CU, UNITS, start);
        escrow.open(terms, DURATION, true);
        assertEq(balance(book), 2_000_000 - 1_000_010);
        assertEq(balance(tenant.addr), MONEY - 2_000_000);
        vm.stopPrank();
        vm.prank(tenant.addr);
        escrow.close(terms);
        assertEq(balance(tenant.addr), MONEY - 2_000_000 + 1_000_010, "what is left is the tenant's, not the book's");
    }

    function testFuzz_open_HoldsRoundedUp(uint128 rate, uint32 duration, uint32 elapsed) external {
        Terms memory terms = byTimeTerms();
        terms.rate = rate;
        duration = uint32(bound(duration, 1, type(uint32).max));
        fund(tenant.addr, address(dollar), type(uint168).max);
        uint256 before = balance(tenant.addr);
        open(terms, duration);
        uint256 held = hold(rate, duration);
        assertEq(balance(tenant.addr), before - held);
        assertEq(escrow.heldOf(terms), held);
        assertTrue(held * 3600 >= uint256(rate) * duration && held * 3600 < uint256(rate) * duration + 3600);
        skip(elapsed);
        settleByTime(terms);
        uint256 seconds_ = elapsed < duration ? elapsed : duration;
        assertEq(balance(payout), owed(rate, seconds_));
        skip(duration);
        settleByTime(terms);
        assertEq(balance(payout), owed(rate, duration));
        assertEq(balance(tenant.addr) + balance(payout), before);
    }

    function test_open_GreatestValues() external {
        Terms memory terms = byTimeTerms();
        (terms.rate, terms.units) = (type(uint128).max, type(uint32).max);
        uint32 century = 100 * 365 days;
        fund(tenant.addr, address(dollar), type(uint168).max);
        uint256 before = balance(tenant.addr);
        open(terms, century);
        assertEq(leased(), type(uint32).max);
        skip(uint256(century) + 1);
        escrow.release(terms);
        assertEq(leased(), 0);
        assertEq(settleByTime(terms), owed(type(uint128).max, century));
        assertEq(balance(tenant.addr) + balance(payout), before);
    }

    function test_open_RateOfZero() external {
        Terms memory terms = byTimeTerms();
        terms.rate = 0;
        bytes32 lease = open(terms, DURATION);
        assertEq(escrow.heldOf(terms), 0);
        skip(DURATION);
        assertEq(settleByTime(terms), 0);
        assertTrue(escrow.leaseOf(lease).resolved);
        assertEq(balance(tenant.addr), MONEY);
    }

    function test_heldOf_RevertWhen_Unknown() external {
        Terms memory terms = byTimeTerms();
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.UnknownLease.selector, escrow.leaseIdOf(terms)));
        escrow.heldOf(terms);
        assertEq(escrow.finalGrace(), FINAL_GRACE);
    }
}
