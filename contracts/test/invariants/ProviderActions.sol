// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {ICapacityRegistry} from "../../src/interfaces/ICapacityRegistry.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {Status} from "../../src/interfaces/Types.sol";
import {Ledger} from "./Ledger.sol";

/// @title What providers and stakers do
abstract contract ProviderActions is Ledger {
    uint256 private constant MOST_SELLERS = 6;

    address internal constant NOBODY = 0x000000000000000000000000000000000000dEaD;

    struct Request {
        uint256 id;
        address account;
        uint40 availableAt;
    }

    Request[] internal requests;
    uint256 private _lastRequest; // the id of the last one there was
    uint256[] internal pools;
    uint256 private _keys;

    function setUp() public virtual override {
        super.setUp();
        address monitor = makeAddr("monitor");
        accounts.push(monitor);
        pools.push(staking.poolId(2, uint160(monitor)));
        pools.push(staking.poolId(3, uint160(buyers[0].addr)));
        for (uint256 i = 0; i < 3; i++) {
            _register(i);
            stake(owners[i], poolOf(i), 1_000e18);
            vm.prank(owners[i]);
            capacity.commit(sellers[i].id, CU, 20, committedUntil);
        }
        _book();
    }

    function poolOf(uint256 seller) internal view returns (uint256) {
        return staking.poolId(1, sellers[seller].id);
    }

    // ------------------------------------------------------------------------------------------- identity

    function register(uint256 seed) external action("register") {
        if (sellers.length == MOST_SELLERS) return;
        _register(_draw(seed, "owner", owners.length));
        _did("register");
    }

    function transferProvider(uint256 seed) external action("transferProvider") {
        if (_draw(seed, "rarely", 8) != 0) return;
        uint256 i = _draw(seed, "seller", sellers.length);
        address to = owners[_draw(seed, "to", owners.length)];
        address owner = sellers[i].owner;
        uint8 before = registry.viewOf(sellers[i].id).status;
        vm.prank(owner);
        IERC721(address(registry)).transferFrom(owner, to, sellers[i].id);
        sellers[i].owner = to;
        sellers[i].operator = address(0);
        assertEq(registry.viewOf(sellers[i].id).operator, address(0), "a sold provider's key is gone");
        assertEq(registry.viewOf(sellers[i].id).status, before == Status.BANNED ? before : Status.PAUSED);
        _did("transferProvider");
    }

    function setOperator(uint256 seed) external action("setOperator") {
        _setOperator(_draw(seed, "seller", sellers.length));
        _did("setOperator");
    }

    function cancelOffers(uint256 seed) external action("cancelOffers") {
        uint256 i = _draw(seed, "seller", sellers.length);
        vm.prank(sellers[i].owner);
        registry.cancelOffers(sellers[i].id);
        _did("cancelOffers");
    }

    /// @dev Mostly back to active, so that the market goes on.
    function setStatus(uint256 seed) external action("setStatus") {
        uint256 i = _draw(seed, "seller", sellers.length);
        uint256 choice = _draw(seed, "status", 6);
        uint8 status = choice == 0 ? Status.DRAINING : choice == 1 ? Status.PAUSED : Status.ACTIVE;
        bool banned = registry.viewOf(sellers[i].id).status == Status.BANNED;
        vm.prank(sellers[i].owner);
        try registry.setStatus(sellers[i].id, status) {
            assertFalse(banned, "a ban is governance's alone to lift");
            _did("setStatus");
        } catch {
            assertTrue(banned);
            _refused();
        }
    }

    /// @dev What a provider does that wants to be back in business.
    function recover(uint256 seed) external action("recover") {
        uint256 i = _draw(seed, "seller", sellers.length);
        (address owner, uint64 id) = (sellers[i].owner, sellers[i].id);
        if (sellers[i].operator == address(0)) _setOperator(i);
        stake(owner, poolOf(i), 500e18);
        vm.startPrank(owner);
        if (registry.viewOf(id).status != Status.BANNED) registry.setStatus(id, Status.ACTIVE);
        uint40 until = capacity.commitmentOf(id, CU).until;
        if (until < _now() + 100 days) until = _now() + 100 days;
        try capacity.commit(id, CU, 5, until) {} catch {}
        vm.stopPrank();
        _did("recover");
    }

    function setPayout(uint256 seed) external action("setPayout") {
        uint256 i = _draw(seed, "seller", sellers.length);
        vm.prank(sellers[i].owner);
        registry.setPayout(sellers[i].id, owners[_draw(seed, "payout", owners.length)]);
        _did("setPayout");
    }

    function updateTrust(uint256 seed) external action("updateTrust") {
        setScore(sellers[_draw(seed, "seller", sellers.length)].id, uint16(_draw(seed, "score", 10_001)));
        _did("updateTrust");
    }

    // ------------------------------------------------------------------------------------------- stake

    function stake(uint256 seed) external action("stake") {
        uint256 pool = pools[_draw(seed, "pool", pools.length)];
        uint256 amount = _draw(seed, "big", 2) == 0 ? _draw(seed, "amount", 1_000e18) + 1 : _draw(seed, "amount", 9) + 1;
        IStaking.Pool memory p = staking.poolOf(pool);
        if (amount * (uint256(p.shares) + 1e6) < uint256(p.assets) + 1) return; // too little for one share
        uint256 shares = stake(owners[_draw(seed, "who", owners.length)], pool, amount);
        assertLe(staking.assetsOf(pool, shares), amount, "law 8: shares are never worth more than was paid");
        _did("stake");
    }

    function unstake(uint256 seed) external action("unstake") {
        uint256 pool = pools[_draw(seed, "pool", pools.length)];
        address account = owners[_draw(seed, "who", owners.length)];
        uint256 held = staking.sharesOf(pool, account);
        if (held == 0) return;
        vm.prank(account);
        try staking.unstake(pool, _draw(seed, "shares", held) + 1) {
            assertEq(_newRequests(), 1);
            _did("unstake");
        } catch {
            _refused();
        }
    }

    function withdrawStake(uint256 seed) external action("withdrawStake") {
        if (requests.length == 0) return;
        uint256 i = _draw(seed, "request", requests.length);
        Request memory r = requests[i];
        vm.prank(r.account);
        try staking.withdraw(r.id, r.account) {
            assertGe(_now(), r.availableAt, "law 8: a slash cannot be outrun");
            requests[i] = requests[requests.length - 1];
            requests.pop();
            _did("withdrawStake");
        } catch {
            assertLt(_now(), r.availableAt, "no parameter reaches a withdrawal of stake");
            _refused();
        }
    }

    function claim(uint256 seed) external action("claim") {
        address account = accounts[_draw(seed, "who", accounts.length)];
        uint256 amount = staking.claimable(account);
        if (amount == 0) return;
        uint256 before = stakeToken.balanceOf(account);
        vm.prank(account);
        staking.claim(account);
        assertEq(stakeToken.balanceOf(account) - before, amount);
        _did("claim");
    }

    /// @dev Its owner, for what rewards bring.
    function setCommission(uint256 seed) external action("setCommission") {
        uint256 i = _draw(seed, "seller", sellers.length);
        uint256 pool = poolOf(i);
        vm.prank(sellers[i].owner);
        staking.setCommission(pool, uint16(_draw(seed, "bps", 10_001)));
        _did("setCommission");
    }

    /// @dev Law 8: at most what the pool holds, from its owner first, from everybody else pro rata, and from no other pool.
    function slash(uint256 seed) external action("slash") {
        if (_draw(seed, "rarely", 4) != 0) return;
        uint256 pool = pools[_draw(seed, "pool", pools.length)];
        uint256 held = staking.poolOf(pool).assets;
        uint256 asked = _draw(seed, "all", 8) == 0 ? type(uint128).max : _draw(seed, "asked", held / 4 + 2);
        address to = _draw(seed, "nobody", 3) == 0 ? address(0) : accounts[_draw(seed, "to", accounts.length)];
        bytes32 others = _worthBut(pool);
        Slash memory s = _beforeSlash(pool, asked);
        vm.prank(reports);
        uint256 taken = staking.slash(pool, asked, to);
        assertEq(taken, s.taken, "law 8: at most what the pool holds");
        assertEq(_worthBut(pool), others, "law 8: no other pool");
        _afterSlash(s, to);
        _did("slash");
    }

    /// @dev What is about to be slashed, and what for.
    struct Slash {
        uint256 pool;
        uint256 taken;
        uint256 ofOwner;
        uint256 held;
        uint256 burnt;
        uint32 generation;
        uint256[] worth; // by account
    }

    function _beforeSlash(uint256 pool, uint256 asked) internal view returns (Slash memory s) {
        IStaking.Pool memory p = staking.poolOf(pool);
        (s.pool, s.held, s.generation) = (pool, p.assets, p.generation);
        s.taken = asked < s.held ? asked : s.held;
        s.burnt = stakeToken.balanceOf(NOBODY);
        s.worth = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; i++) {
            s.worth[i] = staking.assetsOf(pool, staking.sharesOf(pool, accounts[i]));
        }
        uint256 own = staking.assetsOf(pool, staking.sharesOf(pool, _ownerOf(pool)));
        s.ofOwner = own < s.taken ? own : s.taken;
    }

    /// @dev Law 8: who staked with the owner loses only by burning, and of that no more than its part.
    function _afterSlash(Slash memory s, address to) internal {
        uint256 burnt = stakeToken.balanceOf(NOBODY) - s.burnt;
        assertEq(
            burnt, to == address(0) ? s.taken : s.taken - s.ofOwner, "law 8: nobody gets what the owner does not pay"
        );
        assertEq(staking.poolOf(s.pool).assets, s.held - burnt, "law 8: what was moved is still in the pool");
        uint256 rest = s.held - (to == address(0) ? s.ofOwner : 0); // what the burning of the others' falls on
        uint256 left = rest - (s.taken - s.ofOwner);
        address owner = _ownerOf(s.pool);
        for (uint256 i = 0; i < accounts.length; i++) {
            uint256 worth = staking.assetsOf(s.pool, staking.sharesOf(s.pool, accounts[i]));
            if (accounts[i] == owner) {
                assertLe(worth, s.worth[i], "law 8: the owner gains nothing");
            } else if (rest != 0 && staking.poolOf(s.pool).generation == s.generation) {
                uint256 part = s.worth[i] * left / rest;
                assertGe(worth + 2, part, "law 8: nobody pays more than its part");
            }
        }
        uint256 made = _newRequests();
        assertEq(made, to != address(0) && s.ofOwner != 0 ? 1 : 0, "one request, if anything was moved");
        if (made == 0) return;
        (, address account, uint128 shares,,) = staking.requestOf(_lastRequest);
        assertEq(account, to);
        if (burnt == 0) assertGe(staking.assetsOf(s.pool, shares), s.ofOwner, "as much as the owner paid");
    }

    /// @dev Keeps the requests that were made since it last looked. Whoever made them: none is paid before its time.
    function _newRequests() internal returns (uint256 count) {
        for (;; count++) {
            (, address account,,, uint40 availableAt) = staking.requestOf(_lastRequest + 1);
            if (account == address(0)) return count;
            assertGe(availableAt, _now() + 7 days, "law 8: never sooner than judgement");
            requests.push(Request(++_lastRequest, account, availableAt));
        }
    }

    function _ownerOf(uint256 pool) private view returns (address) {
        return pool >> 160 == 1 ? sellers[uint64(pool) - 1].owner : address(uint160(pool)); // ids count from 1
    }

    // ------------------------------------------------------------------------------------------- capacity

    function commit(uint256 seed) external action("commit") {
        uint256 i = _draw(seed, "seller", sellers.length);
        uint40 until = capacity.commitmentOf(sellers[i].id, CU).until;
        if (until < _now() + 100 days) until = _now() + 100 days;
        vm.prank(sellers[i].owner);
        try capacity.commit(sellers[i].id, CU, uint32(_draw(seed, "units", 10)), until) {
            _did("commit");
        } catch {
            _refused();
        }
    }

    function uncommit(uint256 seed) external action("uncommit") {
        uint256 i = _draw(seed, "seller", sellers.length);
        ICapacityRegistry.Commitment memory c = capacity.commitmentOf(sellers[i].id, CU);
        uint32 units = uint32(_draw(seed, "units", 4) + 1);
        vm.prank(sellers[i].owner);
        try capacity.uncommit(sellers[i].id, CU, units) {
            assertLe(units, c.committed - c.leased, "law 4: leased units stay committed");
            _did("uncommit");
        } catch {
            assertGt(units, c.committed - c.leased, "what is not leased can always be taken back");
            _refused();
        }
    }

    // ------------------------------------------------------------------------------------------- helpers

    function _register(uint256 owner) private {
        (address operator, uint256 key) = _newKey();
        bytes memory acceptance = acceptanceOf(key, owners[owner], operator, _now());
        bytes2[3] memory countries = [bytes2("DE"), "FR", "US"];
        vm.prank(owners[owner]);
        uint64 id = registry.register(operator, owners[owner], countries[sellers.length % 3], "", _now(), acceptance);
        sellers.push(Seller(id, owners[owner], operator, key));
        pools.push(staking.poolId(1, id));
    }

    function _setOperator(uint256 i) private {
        (address operator, uint256 key) = _newKey();
        bytes memory acceptance = acceptanceOf(key, sellers[i].owner, operator, _now());
        vm.prank(sellers[i].owner);
        registry.setOperator(sellers[i].id, operator, _now(), acceptance);
        (sellers[i].operator, sellers[i].key) = (operator, key);
    }

    function _newKey() private returns (address, uint256) {
        uint256 key = uint256(keccak256(abi.encode("operator", _keys++))) >> 1;
        return (vm.addr(key), key);
    }

    function _worthBut(uint256 pool) private view returns (bytes32 digest) {
        for (uint256 i = 0; i < pools.length; i++) {
            if (pools[i] != pool) digest = keccak256(abi.encode(digest, staking.poolOf(pools[i])));
        }
    }

    function _worthOfPools() internal view returns (bytes32) {
        return _worthBut(0);
    }

    function _sumOfPools() internal view returns (uint256 sum) {
        for (uint256 i = 0; i < pools.length; i++) {
            IStaking.Pool memory p = staking.poolOf(pools[i]);
            sum += p.assets;
        }
    }
}
