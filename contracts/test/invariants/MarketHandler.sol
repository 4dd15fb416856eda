// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {ICapacityRegistry} from "../../src/interfaces/ICapacityRegistry.sol";
import {IJobs} from "../../src/interfaces/IJobs.sol";
import {IOrderBook} from "../../src/interfaces/IOrderBook.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {Kind, LeaseState, Terms} from "../../src/interfaces/Types.sol";
import {RewardActions} from "./RewardActions.sol";

/// @title Everybody in the market, acting at random
/// @notice Its external functions of one `uint256` are the actions; {check} functions compare the market with the books.
/// It is also governance, of the bad kind.
contract MarketHandler is RewardActions {
    // ------------------------------------------------------------------------------------------- governance

    /// @dev Law 10: every function that governance has, with the worst it can say, moves no tenant's money. Whatever it did
    /// stays in force while the others go on, until {reform}.
    function misgovern(uint256 seed) external action("misgovern") {
        if (_draw(seed, "rarely", 3) != 0) return;
        bytes32 before = _tenantsMoney();
        uint256 how = _draw(seed, "how", 18);
        uint64 provider = sellers[_draw(seed, "seller", sellers.length)].id;
        uint256 extreme = _draw(seed, "max", 2) == 0 ? 0 : type(uint256).max;
        if (how <= 2) manager.setTargetClosed(address(escrow), false);
        if (how == 0) escrow.setAsset(assets[_draw(seed, "asset", assets.length)], false);
        if (how == 1) escrow.setVerifier(reports, false);
        if (how == 2) escrow.setFee(200);
        if (how == 3) _expectRefusal(address(escrow), abi.encodeCall(escrow.setFee, (uint16(201 + seed % 65_000))));
        if (how == 4) capacity.setResource(CU, false, uint96(extreme > 0 ? 1e24 : 0));
        if (how == 5) capacity.setPenalty(uint8(seed % 3), uint16(extreme > 0 ? 10_000 : 0));
        if (how == 6) registry.setCeiling(provider, uint8(seed % 5 + 1));
        if (how == 7) registry.setLevelTtl(uint32(extreme > 0 ? 365 days : 1 days));
        if (how == 8) staking.setUnbondingDelay(uint32(extreme > 0 ? 90 days : 7 days));
        if (how == 9) {
            book.setPolicy(_policy(extreme > 0 ? 7 days : 1 hours, extreme > 0 ? 3_000 : 0, uint96(extreme)));
        }
        if (how == 10) manager.setTargetClosed(address(escrow), true);
        if (how == 11) _tryBan(provider, true);
        if (how == 12) _expectRefusal(address(capacity), abi.encodeCall(capacity.setPenalty, (3, uint16(extreme))));
        if (how == 13) _expectRefusal(address(staking), abi.encodeCall(staking.setUnbondingDelay, (uint32(extreme))));
        if (how == 14) _expectRefusal(address(registry), abi.encodeCall(registry.setLevelTtl, (uint32(extreme))));
        if (how == 15) escrow.setJobVerifier(address(jobs), false);
        if (how == 16) jobs.setSplit(extreme > 0 ? 7_500 : 2_500);
        if (how == 17) _expectRefusal(address(jobs), abi.encodeCall(jobs.setSplit, (uint16(extreme))));
        assertEq(_tenantsMoney(), before, "law 10: no key of governance moves a tenant's money");
        _did("misgovern");
    }

    function reform(uint256 seed) external action("reform") {
        manager.setTargetClosed(address(escrow), false);
        for (uint256 i = 0; i < assets.length; i++) {
            escrow.setAsset(assets[i], true);
        }
        escrow.setVerifier(reports, true);
        escrow.setJobVerifier(address(jobs), true);
        jobs.setSplit(5_000);
        escrow.setFee(uint16(seed % 201));
        capacity.setResource(CU, true, STAKE_PER_UNIT);
        staking.setUnbondingDelay(7 days);
        book.setPolicy(_policy(1 days, 500, 0));
        for (uint256 i = 0; i < sellers.length; i++) {
            registry.setCeiling(sellers[i].id, 1);
            _tryBan(sellers[i].id, false);
        }
        _did("reform");
    }

    function _policy(uint32 maxAuction, uint16 advantage, uint96 tenantStake)
        private
        pure
        returns (IOrderBook.Policy memory)
    {
        return IOrderBook.Policy(maxAuction, 10 minutes, tenantStake, [advantage, advantage / 2, advantage / 3, 0, 0]);
    }

    function _tryBan(uint64 provider, bool banned) private {
        try registry.setBanned(provider, banned) {} catch {}
    }

    function _expectRefusal(address target, bytes memory data) private {
        (bool ok,) = target.call(data);
        assertFalse(ok, "law 10: bounds hold against governance too");
    }

    /// @dev Balances, reserves for auctions, and what leases hold.
    function _tenantsMoney() private view returns (bytes32 digest) {
        for (uint256 i = 0; i < assets.length; i++) {
            digest = keccak256(abi.encode(digest, escrow.balanceOf(address(book), assets[i])));
            for (uint256 j = 0; j < buyers.length; j++) {
                digest = keccak256(abi.encode(digest, escrow.balanceOf(buyers[j].addr, assets[i])));
            }
        }
        for (uint256 i = 0; i < leaseIds.length; i++) {
            digest = keccak256(abi.encode(digest, escrow.heldOf(entries[leaseIds[i]].terms)));
        }
    }

    // ------------------------------------------------------------------------------------------- what must hold

    function checkMoney() external view {
        for (uint256 i = 0; i < assets.length; i++) {
            address asset = assets[i];
            uint256 sum = strays[asset];
            for (uint256 j = 0; j < accounts.length; j++) {
                uint256 amount = escrow.balanceOf(accounts[j], asset);
                assertEq(amount, balances[accounts[j]][asset], "law 1: every balance is explained by events");
                sum += amount;
            }
            for (uint256 j = 0; j < leaseIds.length; j++) {
                Terms memory terms = entries[leaseIds[j]].terms;
                if (terms.asset == asset) sum += escrow.heldOf(terms);
            }
            assertEq(_tokensOf(asset), sum, "law 1: tokens = balances + held, exactly");
        }
    }

    /// @dev The escrow's tokens; two of the assets are not quite ERC-20, but all can say a balance.
    function _tokensOf(address asset) private view returns (uint256) {
        return PlainBalance(asset).balanceOf(address(escrow));
    }

    function checkLeases() external view {
        for (uint256 i = 0; i < leaseIds.length; i++) {
            Entry storage entry = entries[leaseIds[i]];
            Terms memory terms = entry.terms;
            LeaseState memory state = escrow.leaseOf(leaseIds[i]);
            assertEq(state.secondsPaid, entry.secondsPaid, "law 2: seconds paid are told");
            assertLe(terms.start + state.secondsPaid, _now(), "law 2: never more than went by");
            assertLe(terms.start + state.secondsPaid, _stopOf(state), "law 2: never past the end");
            if (!entry.byTime) assertLe(state.secondsPaid, entry.served, "law 2: never more than was served");
            if (terms.kind == Kind.JOB) _checkJob(leaseIds[i], state);
            else assertEq(entry.gross, uint256(terms.rate) * state.secondsPaid / 3600, "law 2: what is owed");
            assertLe(entry.gross + entry.refunded, entry.deposited, "law 2: never more than its deposit");
            uint256 held = escrow.heldOf(terms);
            assertEq(entry.gross + entry.refunded + held, entry.deposited, "law 2: all of it is somewhere");
            if (state.resolved) assertEq(held, 0, "law 2: a resolved lease holds nothing");
            assertEq(state.byTime, entry.byTime, "law 2: by time only if unmonitored or after the fallback");
        }
    }

    /// @dev A job is resolved, released and ended at once, and until then it holds its whole price.
    function _checkJob(bytes32 lease, LeaseState memory state) private view {
        Entry storage entry = entries[lease];
        bool ended = jobs.jobOf(lease).state == IJobs.State.Ended;
        assertTrue(ended == entry.ended && ended == state.resolved && ended == state.released, "a job ends at once");
        if (!ended) assertEq(escrow.heldOf(entry.terms), entry.deposited, "law 2: all of a job is held until its end");
    }

    /// @dev What the contract of jobs has is what jobs were charged that have not ended: exactly.
    function checkCharges() external view {
        for (uint256 i = 0; i < assets.length; i++) {
            uint256 sum;
            for (uint256 j = 0; j < leaseIds.length; j++) {
                Entry storage entry = entries[leaseIds[j]];
                if (entry.terms.asset == assets[i]) sum += entry.charged;
            }
            assertEq(escrow.balanceOf(address(jobs), assets[i]), sum, "law 1: fees and bonds of jobs are all there");
        }
    }

    function checkCapacity() external view {
        for (uint256 i = 0; i < sellers.length; i++) {
            uint64 provider = sellers[i].id;
            uint256 live = _keptUnits(provider);
            for (uint256 j = 0; j < leaseIds.length; j++) {
                Terms memory terms = entries[leaseIds[j]].terms;
                LeaseState memory state = escrow.leaseOf(leaseIds[j]);
                if (terms.provider != provider) continue;
                if (!state.released) live += terms.units;
                else if (state.closedAt == 0) assertLe(state.end, _now(), "law 4: no units back before the end");
            }
            ICapacityRegistry.Commitment memory c = capacity.commitmentOf(provider, CU);
            assertEq(c.leased, live, "law 4: leased units are those of live leases and kept bids");
            assertLe(c.leased, c.committed, "law 4: never more than committed");
            IStaking.Pool memory p = staking.poolOf(staking.poolId(1, provider));
            assertEq(p.locked, uint256(c.committed) * c.stakePerUnit, "law 4: all that is committed is locked");
        }
    }

    function checkStake() external view {
        uint256 claims;
        for (uint256 i = 0; i < accounts.length; i++) {
            claims += staking.claimable(accounts[i]);
        }
        assertEq(stakeToken.balanceOf(address(staking)), _sumOfPools() + claims, "law 8: pools and claims are backed");
        for (uint256 i = 0; i < pools.length; i++) {
            IStaking.Pool memory p = staking.poolOf(pools[i]);
            assertLe(staking.assetsOf(pools[i], p.shares), p.assets, "law 8: shares are never worth more than the pool");
            uint256 shares = p.unbonding;
            for (uint256 j = 0; j < accounts.length; j++) {
                shares += staking.sharesOf(pools[i], accounts[j]);
            }
            assertEq(shares, p.shares, "law 8: every share is somebody's");
        }
        for (uint256 i = 0; i < sellers.length; i++) {
            uint256 pool = poolOf(i);
            bool covered = staking.bondedOf(pool) >= staking.poolOf(pool).locked;
            assertEq(registry.viewOf(sellers[i].id).collateralised, covered, "law 8: who is short takes no new lease");
        }
    }

    // ------------------------------------------------------------------------------------------- the end

    /// @dev Laws 2, 4, 5 and 7: everyone is gone, governance is broken, and a stranger with a few calls brings everything
    /// to its end, after which each account withdraws what is its own and nothing is left.
    function finale() external {
        IAccessManager(manager).updateAuthority(address(escrow), address(dollar));
        skip(200 days);
        for (uint256 i = 0; i < auctions.length; i++) {
            if (book.stateOf(book.hashOrder(auctions[i])) == IOrderBook.State.Active) _award(auctions[i]);
        }
        for (uint256 i = 0; i < leaseIds.length; i++) {
            _endLease(leaseIds[i]);
        }
        _book();
        for (uint256 i = 0; i < sellers.length; i++) {
            assertEq(capacity.commitmentOf(sellers[i].id, CU).leased, 0, "law 4: every lease's units come back");
        }
        for (uint256 i = 0; i < assets.length; i++) {
            _emptyBalances(assets[i]);
        }
    }

    function _endLease(bytes32 lease) private {
        Terms memory terms = entries[lease].terms;
        Entry storage entry = entries[lease];
        if (terms.kind == Kind.JOB) return _endJob(lease);
        vm.prank(address(0xcafe));
        escrow.release(terms);
        if (!escrow.leaseOf(lease).resolved) {
            vm.prank(address(0xcafe));
            escrow.finish(terms);
        }
        _book();
        assertEq(escrow.heldOf(terms), 0, "law 2: every lease can be finished");
        assertEq(entry.refunded, entry.deposited - entry.gross, "law 7: the tenant has every unearned unit");
    }

    function _emptyBalances(address asset) private {
        for (uint256 i = 0; i < accounts.length; i++) {
            uint256 amount = escrow.balanceOf(accounts[i], asset);
            if (amount == 0) continue;
            assertNotEq(accounts[i], address(book), "law 5: no auction keeps a reserve");
            assertNotEq(accounts[i], address(jobs), "law 7: no job keeps a fee");
            vm.prank(accounts[i]);
            escrow.withdraw(asset, amount, accounts[i]);
        }
        assertEq(_tokensOf(asset), strays[asset], "law 7: everything went to whom it belonged");
    }
}

interface PlainBalance {
    function balanceOf(address account) external view returns (uint256);
}
