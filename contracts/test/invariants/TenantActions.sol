// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Award, JobTerms, Kind, Offer, Order, Spread, Terms} from "../../src/interfaces/Types.sol";
import {IMintable} from "../utils/Market.sol";
import {ProviderActions} from "./ProviderActions.sol";

/// @title What tenants do to get a lease, and what others try to get one against their will
abstract contract TenantActions is ProviderActions {
    uint256 internal constant MOST_LEASES = 60;

    Offer[] internal standing;

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i = 0; i < buyers.length; i++) {
            for (uint256 j = 0; j < assets.length; j++) {
                _deposit(buyers[i].addr, assets[j], uint256(dearest[assets[j]]) * 10_000);
            }
        }
        _book();
    }

    // ------------------------------------------------------------------------------------------- balances

    function deposit(uint256 seed) external action("deposit") {
        address asset = assets[_draw(seed, "asset", assets.length)];
        if (!escrow.isAllowedAsset(asset)) return;
        _deposit(buyers[_draw(seed, "who", buyers.length)].addr, asset, _draw(seed, "amount", dearest[asset] * 100) + 1);
        _did("deposit");
    }

    /// @dev Tokens that nobody meant for a balance.
    function donate(uint256 seed) external action("donate") {
        address asset = assets[_draw(seed, "asset", assets.length)];
        uint256 amount = _draw(seed, "amount", 1_000);
        IMintable(asset).mint(address(escrow), amount);
        strays[asset] += amount;
        _did("donate");
    }

    /// @dev Whatever governance did: what is in a balance can be withdrawn.
    function withdraw(uint256 seed) external action("withdraw") {
        address account = accounts[_draw(seed, "who", accounts.length)];
        address asset = assets[_draw(seed, "asset", assets.length)];
        uint256 available = escrow.balanceOf(account, asset);
        if (available == 0 || account == address(book) || account == address(rewards)) return;
        if (account == address(jobs)) return; // it has no function for it
        uint256 amount = _draw(seed, "amount", available / 4 + 1) + 1;
        if (amount > available) amount = available;
        vm.prank(account);
        escrow.withdraw(asset, amount, account);
        _did("withdraw");
    }

    // ------------------------------------------------------------------------------------------- match

    function matchOrder(uint256 seed) external action("matchOrder") {
        if (leaseIds.length >= MOST_LEASES) return;
        Order memory order = _randomOrder(seed);
        (Offer[] memory offers, bytes[] memory signatures) = _randomOffers(seed, order);
        if (_tryMatch(seed, order, offers, signatures, new Terms[](0))) _did("matchOrder");
    }

    /// @dev A new lease instead of a running one, of the same provider or of another.
    function replace(uint256 seed) external action("replace") {
        bytes32 lease = _anyLease(seed);
        if (lease == 0 || leaseIds.length >= MOST_LEASES) return;
        Terms[] memory replaced = one(entries[lease].terms);
        Order memory order = _randomOrder(seed);
        (order.tenant, order.asset, order.replicas) = (replaced[0].tenant, replaced[0].asset, 1);
        order.maxPrice = dearest[order.asset];
        order.previous = lease;
        order.handoverSeconds = uint32(_draw(seed, "handover", _draw(seed, "long", 2) == 0 ? 2 hours : 5 days));
        (Offer[] memory offers, bytes[] memory signatures) = _randomOffers(seed, order);
        if (_draw(seed, "stay", 2) == 0) {
            Seller memory seller = sellers[replaced[0].provider - 1]; // ids count from 1, none is ever removed
            offers[0] = _randomOffer(seed, seller, order);
            signatures[0] = _sign(seller, offers[0]);
        }
        uint256 before = _stopOf(escrow.leaseOf(lease));
        if (!_tryMatch(seed, order, offers, signatures, replaced)) return;
        uint256 stop = _stopOf(escrow.leaseOf(lease));
        assertLe(stop, before, "a replaced lease never lasts longer");
        assertGe(stop, before < _now() ? before : _now(), "nor ends in the past");
        _did("replace");
    }

    /// @dev Law 3: no lease without the provider's signature and the tenant's consent, and no order twice. Everything else is
    /// right: the same match went through a moment before, in a state that was taken back.
    function matchWithoutRight(uint256 seed) external action("matchWithoutRight") {
        Order memory order = _randomOrder(seed);
        (Offer[] memory offers, bytes[] memory signatures) = _randomOffers(seed, order);
        uint256 snapshot = vm.snapshotState();
        bool fits = _tryMatch(seed, order, offers, signatures, new Terms[](0));
        uint256 how = _draw(seed, "how", 6);
        skip(how == 5 ? 1 : 0); // in the same second the leases' ids would be the same
        if (fits && how == 5) {
            _expectNoMatch(order, offers, signatures, makeAward(order, offers), _keyOf(order.tenant));
        }
        vm.revertToState(snapshot);
        _refused();
        if (!fits) return;

        effects["matchWithoutRight"]++;
        if (how == 5) return;
        Award memory award = makeAward(order, offers);
        uint256 key = _keyOf(order.tenant);
        if (how == 0) key++; // somebody else's award
        if (how == 1) award.offers = keccak256("other offers");
        if (how == 2) award.order = keccak256("another order");
        if (how == 3) award.deadline = _now() - 1;
        if (how == 4) {
            for (uint256 i = 0; i < signatures.length; i++) {
                signatures[i] = signature(key, book.hashOffer(offers[i])); // the tenant's own
            }
        }
        _expectNoMatch(order, offers, signatures, award, key);
    }

    function _expectNoMatch(
        Order memory order,
        Offer[] memory offers,
        bytes[] memory signatures,
        Award memory award,
        uint256 key
    ) private {
        bytes memory consent = signAward(key, award);
        vm.prank(address(0xdead));
        try book.matchOrder(order, offers, signatures, award, consent, new Terms[](0)) {
            assertTrue(false, "law 3: a lease without right");
        } catch {
            _refused();
        }
    }

    // ------------------------------------------------------------------------------------------- orders and offers

    function _randomOrder(uint256 seed) internal returns (Order memory order) {
        order = makeOrder();
        order.tenant = buyers[_draw(seed, "tenant", buyers.length)].addr;
        order.asset = assets[_draw(seed, "asset", assets.length)];
        order.maxPrice = dearest[order.asset];
        order.tier = uint8(_draw(seed, "tier", 3));
        order.units = uint32(_draw(seed, "units", 3) + 1);
        order.replicas = uint16(_draw(seed, "replicas", 3) + 1);
        order.duration = uint32(_draw(seed, "duration", 3 days) + 1);
        order.spread = uint8(_draw(seed, "spread", 3));
        if (_draw(seed, "monitored", 3) != 0) (order.uptimeBps, order.verifier) = (9_900, reports);
        if (_draw(seed, "silent", 2) != 0) order.maxSilence = 1 hours;
        if (_draw(seed, "job", 2) == 0) _makeJob(seed, order);
    }

    function _makeJob(uint256 seed, Order memory order) private {
        JobTerms memory j;
        j.tasks = uint32(_draw(seed, "tasks", 50) + 1);
        j.sample = 2;
        j.validators = uint8(_draw(seed, "validators", 5) + 1);
        j.deadlineSeconds = uint32(_draw(seed, "deadline", 90 days) + 1 hours);
        j.cancelFee = uint96(_draw(seed, "cancelFee", uint256(dearest[order.asset]) * 100 + 1));
        j.verifyFee = uint96(_draw(seed, "verifyFee", uint256(dearest[order.asset]) + 2));
        order.jobTerms = jobs.hashJobTerms(j);
        jobTermsOf[order.jobTerms] = j;
        (order.kind, order.verifier, order.uptimeBps) = (Kind.JOB, address(jobs), 0);
        (order.maxSilence, order.maxMinSeconds) = (0, 0);
    }

    /// @dev Mostly fit, some of them not.
    function _randomOffers(uint256 seed, Order memory order)
        internal
        returns (Offer[] memory offers, bytes[] memory signatures)
    {
        uint256 count = order.replicas + _draw(seed, "spares", 3);
        offers = new Offer[](count);
        signatures = new bytes[](count);
        for (uint256 i = 0; i < count; i++) {
            uint256 draw = uint256(keccak256(abi.encode(seed, "offer", i)));
            Seller memory seller = sellers[(draw + i) % sellers.length];
            if (standing.length != 0 && _draw(draw, "old", 4) == 0) {
                offers[i] = standing[_draw(draw, "which", standing.length)];
                seller = sellers[offers[i].provider - 1]; // ids count from 1, none is ever removed
            } else {
                offers[i] = _randomOffer(draw, seller, order);
            }
            signatures[i] = _sign(seller, offers[i]);
        }
    }

    function _randomOffer(uint256 draw, Seller memory seller, Order memory order)
        internal
        returns (Offer memory offer)
    {
        uint96 price = uint96(_draw(draw, "price", uint256(order.maxPrice) * 11 / 10 + 1));
        if (_draw(draw, "standing", 3) == 0) {
            offer = makeStanding(seller, order.units * 3, price);
            (offer.asset, offer.expiry) = (order.asset, _now() + 3 days);
        } else {
            offer = makeBid(seller, order, price);
            offer.units = order.units * uint32(_draw(draw, "room", 3) + 1);
        }
        offer.tier = uint8(order.tier + _draw(draw, "better", 3 - order.tier));
        offer.minSeconds = uint32(_draw(draw, "least", order.maxMinSeconds + 1));
        offer.maxDuration = order.duration + uint32(_draw(draw, "longest", 10 days));
        offer.noticeSeconds = uint32(_draw(draw, "notice", 1 hours));
        if (offer.order == 0) standing.push(offer);
    }

    function _sign(Seller memory seller, Offer memory offer) internal returns (bytes memory) {
        bytes32 offerHash = book.hashOffer(offer);
        if (seller.operator == address(0)) return "";
        signedOffers[offerHash] = Signed(seller.operator, seller.id, offer.units, offer.price, offer.order);
        return signature(seller.key, offerHash);
    }

    /// @dev By the tenant itself, or by anybody who holds its award.
    function _tryMatch(
        uint256 seed,
        Order memory order,
        Offer[] memory offers,
        bytes[] memory signatures,
        Terms[] memory replaced
    ) private returns (bool ok) {
        Award memory award = makeAward(order, offers);
        bytes memory consent = signAward(_keyOf(order.tenant), award);
        bytes32 orderHash = book.hashOrder(order);
        consented[orderHash] = order.replicas;
        vm.prank(_draw(seed, "sender", 2) == 0 ? order.tenant : address(0xcafe));
        try book.matchOrder(order, offers, signatures, award, consent, replaced) returns (bytes32[] memory leases) {
            _book();
            assertEq(leases.length, order.replicas);
            assertEq(openedOf[orderHash], order.replicas, "law 3: all replicas or none");
            for (uint256 i = 0; i < leases.length; i++) {
                Terms memory terms = entries[leases[i]].terms;
                assertEq(
                    signedOffers[terms.offer].operator,
                    registry.viewOf(terms.provider).operator,
                    "law 3: the signer is the operator now"
                );
                assertEq(terms.tenant, order.tenant);
            }
            assertTrue(_spreadHolds(order.spread, leases), "the spread asked for");
            return true;
        } catch {
            _refused();
        }
    }

    function _keyOf(address addr) internal view returns (uint256) {
        for (uint256 i = 0; i < buyers.length; i++) {
            if (buyers[i].addr == addr) return buyers[i].key;
        }
        return 0;
    }

    function _spreadHolds(uint8 spread, bytes32[] memory leases) internal view returns (bool) {
        if (spread == Spread.NONE) return true;
        for (uint256 i = 0; i < leases.length; i++) {
            for (uint256 j = 0; j < i; j++) {
                (uint64 a, uint64 b) = (entries[leases[i]].terms.provider, entries[leases[j]].terms.provider);
                if (a == b) return false;
                if (spread == Spread.COUNTRIES && registry.viewOf(a).country == registry.viewOf(b).country) {
                    return false;
                }
            }
        }
        return true;
    }

    function _deposit(address account, address asset, uint256 amount) private {
        IMintable(asset).mint(account, amount);
        vm.startPrank(account);
        // Not through IERC20: one of the tokens returns nothing.
        (bool ok,) = asset.call(abi.encodeCall(IMintable(asset).approve, (address(escrow), amount)));
        assertTrue(ok);
        escrow.deposit(account, asset, amount);
        vm.stopPrank();
    }
}
