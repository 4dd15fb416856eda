// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IStaking} from "../../src/interfaces/IStaking.sol";
import {Offer, Order, Reason, Terms, Tier} from "../../src/interfaces/Types.sol";
import {compensationOf} from "../utils/compensationOf.sol";
import {Market} from "../utils/Market.sol";

/// @title A provider that rents from itself and abandons
/// @notice The penalty for abandoning goes to the tenant, and the tenant is the owner's other account. Law 8: that moves none of
/// the stake that others put into the pool, and takes the owner's own out no sooner than unstaking would.
contract SelfDealingTest is Market {
    address private constant NOBODY = 0x000000000000000000000000000000000000dEaD;
    uint32 private constant UNITS = 100;

    Seller private seller;
    address private delegator = makeAddr("delegator");
    address private second = makeAddr("the owner's other stake");
    uint256 private pool;

    function setUp() public override {
        super.setUp();
        capacity.setPenalty(Tier.PREMIUM, 10_000); // the worst that governance can set
        seller = makeSeller("dishonest", "DE", 0);
        pool = staking.poolId(1, seller.id);
    }

    /// @dev All collateral is the delegators', but for what the owner itself put in: it gets no more than that back.
    function test_ThePenaltyIsTheOwnersOwnStake() external {
        stake(seller.owner, pool, 200e18);
        stake(delegator, pool, 800e18);
        _commit(UNITS);
        _rentAndAbandon(UNITS); // a penalty of all 1,000

        assertEq(stakeToken.balanceOf(NOBODY), 800e18, "what the owner did not cover is nobody's");
        assertApproxEqAbs(_ofOwner(), 40e18, 2, "of 200: it loses the same part as who staked with it");
        assertApproxEqAbs(_worth(delegator), 160e18, 2, "of 800");
    }

    /// @dev With its own stake large enough nobody else loses anything, and what changed hands is bonded still.
    function test_WhatChangedHandsIsSlashedForOthersToo() external {
        stake(seller.owner, pool, 600e18);
        stake(delegator, pool, 400e18);
        _commit(UNITS);
        _rentAndAbandon(UNITS / 2);
        assertEq(_worth(delegator), 400e18);
        assertEq(_ofOwner(), 600e18);
        assertEq(compensationOf(staking, tenant.addr), 500e18);
        assertFalse(registry.viewOf(seller.id).collateralised, "it rents nothing out until it is covered again");

        uint40 availableAt = uint40(vm.getBlockTimestamp()) + staking.unbondingDelay();
        vm.warp(availableAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IStaking.StillBonded.selector, 1, availableAt, availableAt - 1));
        vm.prank(tenant.addr);
        staking.withdraw(1, tenant.addr);

        vm.prank(reports);
        staking.slash(pool, 550e18, address(0)); // what it did to others is judged at the last moment
        assertEq(_worth(seller.owner), 0, "100 of its own first");
        assertApproxEqAbs(compensationOf(staking, tenant.addr), 250e18, 2, "and half of what it moved");
        vm.warp(availableAt);
        vm.prank(tenant.addr);
        assertApproxEqAbs(staking.withdraw(1, tenant.addr), 250e18, 2);
    }

    /// @dev Abandoning frees no more stake than ending the lease and taking the units back.
    function test_ItIsNoWayRoundTheLocks() external {
        stake(seller.owner, pool, 1_000e18);
        _commit(UNITS);
        _rentAndAbandon(40);
        assertEq(compensationOf(staking, tenant.addr), 400e18, "all the stake of 40 units");
        vm.startPrank(seller.owner);
        vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientStake.selector, pool, 1e18, 0));
        staking.unstake(pool, 1e24);
        capacity.uncommit(seller.id, CU, 40);
        vm.expectRevert(abi.encodeWithSelector(IStaking.InsufficientStake.selector, pool, 1e18, 0));
        staking.unstake(pool, 1e24);
        vm.stopPrank();
        assertEq(staking.bondedOf(pool), 600e18, "what the other 60 units need is there");
        assertTrue(registry.viewOf(seller.id).collateralised);
    }

    /// @dev However the owner spreads its stake over accounts, whoever holds the provider, and whatever is slashed for whom: the
    /// part of the pool that is its own never grows, so nothing comes to it from others.
    function testFuzz_NoSlashRaisesTheOwnersPart(
        uint96[3] memory stakes,
        uint96[4] memory asked,
        uint16 leaves,
        uint8 hands,
        uint8 forItself
    ) external {
        for (uint256 i = 0; i < 3; i++) {
            stake([seller.owner, second, delegator][i], pool, bound(stakes[i], 1e9, 1e27));
        }
        if (leaves % 3 != 0) _unstake([seller.owner, second][leaves % 2], leaves);
        for (uint256 i = 0; i < 4; i++) {
            if (hands >> i & 1 == 1) _hand();
            (uint256 own, uint256 others) = (_ofOwner(), _worth(delegator));
            uint256 amount = bound(asked[i], 0, uint256(staking.poolOf(pool).assets) * 9 / 10);
            vm.prank(reports);
            staking.slash(pool, amount, forItself >> i & 1 == 1 ? tenant.addr : address(0));

            assertLe(_ofOwner(), own + 3, "it gains nothing");
            // own' / others' <= own / others, each within some units of rounding
            (uint256 ownNow, uint256 othersNow) = (_ofOwner(), _worth(delegator));
            if (ownNow > 3) assertLe((ownNow - 3) * others, own * (othersNow + 3), "its part does not grow");
        }
        assertEq(stakeToken.balanceOf(address(staking)), staking.poolOf(pool).assets, "all is in the pool or burnt");
    }

    // ------------------------------------------------------------------------------------------- helpers

    function _commit(uint32 units) private {
        vm.prank(seller.operator);
        capacity.commit(seller.id, CU, units, committedUntil);
    }

    function _rentAndAbandon(uint32 units) private {
        Order memory order = makeOrder();
        (order.units, order.tier) = (units, Tier.PREMIUM);
        Offer memory offer = makeBid(seller, order, 100);
        offer.tier = Tier.PREMIUM;
        matchAsTenant(order, one(offer), one(signOffer(seller, offer)));
        Terms memory terms = termsOf(order, offer, 0);
        skip(terms.startWindow + 1);
        vm.prank(seller.operator);
        escrow.abandon(terms, Reason.ABANDONED, "");
    }

    function _unstake(address account, uint256 part) private {
        uint256 shares = staking.sharesOf(pool, account);
        vm.prank(account);
        staking.unstake(pool, shares / (part % 5 + 1));
    }

    /// @dev Sells the provider to itself.
    function _hand() private {
        address from = IERC721(address(registry)).ownerOf(seller.id);
        vm.prank(from);
        IERC721(address(registry)).transferFrom(from, from == seller.owner ? second : seller.owner, seller.id);
    }

    /// @dev All that the owner's accounts have.
    function _ofOwner() private view returns (uint256) {
        return _worth(seller.owner) + _worth(second) + _worth(tenant.addr);
    }

    /// @dev In the pool and out of it.
    function _worth(address account) private view returns (uint256) {
        uint256 out = stakeToken.balanceOf(account) + staking.claimable(account);
        return staking.assetsOf(pool, staking.sharesOf(pool, account)) + compensationOf(staking, account) + out;
    }
}
