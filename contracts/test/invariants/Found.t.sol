// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {Award, Offer, Order, Terms} from "../../src/interfaces/Types.sol";
import {Market} from "../utils/Market.sol";

/// @title Failures that the invariants found, each by its name
contract Found is Market {
    /// @dev A provider's own replacement takes the old lease's units over. With a handover past the old lease's end, that
    /// lease kept its end and could still be extended, though its units were another's.
    function test_aLeaseWhoseUnitsWereTakenOverCannotBeExtended() external {
        Seller memory seller = makeSeller("seller", "DE", 2);
        Order memory order = makeOrder();
        Offer memory offer = makeBid(seller, order, 5_000);
        matchAsTenant(order, one(offer), one(signOffer(seller, offer)));
        Terms memory old = termsOf(order, offer, 0);

        Order memory next = makeOrder();
        (next.previous, next.handoverSeconds) = (escrow.leaseIdOf(old), 2 hours);
        Offer memory nextOffer = makeBid(seller, next, 5_000);
        bytes[] memory signatures = one(signOffer(seller, nextOffer));
        Award memory none;
        vm.prank(tenant.addr);
        book.matchOrder(next, one(nextOffer), signatures, none, "", one(old));

        uint40 end = uint40(vm.getBlockTimestamp()) + 1 hours;
        assertEq(escrow.leaseOf(escrow.leaseIdOf(old)).closedAt, end, "it ends where it would have");
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.AlreadyEnding.selector, escrow.leaseIdOf(old), end));
        vm.prank(tenant.addr);
        escrow.extend(old, end + 1);
    }
}
