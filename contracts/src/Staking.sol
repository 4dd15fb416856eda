// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {PoolKind} from "./interfaces/Types.sol";

/// @dev Assets are counted here and never read from the token's balance, so tokens sent directly change no share's worth.
contract Staking is IStaking, AccessManaged {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    struct Request {
        address account;
        uint32 generation;
        uint40 availableAt;
        uint128 shares;
        uint256 pool;
    }

    /// @dev Shares that nobody holds, backed by one unit that nobody put in. To make a later staker lose one unit to
    /// rounding, a first one would have to give a million units away.
    uint256 private constant VIRTUAL_SHARES = 1e6;
    uint256 private constant VIRTUAL_ASSETS = 1;
    /// @dev A pool whose slashes left less than one unit for so many shares (a millionth of what they cost) counts as
    /// emptied. Otherwise the shares of who stakes next would outgrow their type.
    uint256 private constant EMPTY_SHARES_PER_ASSET = 1e12;

    uint16 private constant BPS = 10_000;
    /// @dev Nobody has its key. The token itself refuses the zero address.
    address private constant NOBODY = 0x000000000000000000000000000000000000dEaD;
    /// @dev Longer, and stake would be locked up rather than bonded.
    uint32 private constant MOST_UNBONDING_DELAY = 90 days;

    IERC20 public immutable TOKEN;
    IProviderRegistry public immutable REGISTRY;
    address public immutable CAPACITY;
    address public immutable REPORTS;
    address public immutable REWARDS;
    /// @inheritdoc IStaking
    uint32 public immutable LEAST_UNBONDING_DELAY;

    /// @inheritdoc IStaking
    uint32 public unbondingDelay;
    uint256 private _requestCount;
    mapping(uint256 pool => Pool) private _pools;
    mapping(uint256 pool => mapping(uint32 generation => mapping(address account => uint256 shares))) private _shares;
    mapping(uint256 request => Request) private _requests;
    /// @inheritdoc IStaking
    mapping(address account => uint256 amount) public claimable;

    constructor(
        address authority,
        IERC20 token,
        IProviderRegistry registry,
        address capacity,
        address reports,
        address rewards,
        uint32 leastUnbondingDelay
    ) AccessManaged(authority) {
        TOKEN = token;
        REGISTRY = registry;
        CAPACITY = capacity;
        REPORTS = reports;
        REWARDS = rewards;
        LEAST_UNBONDING_DELAY = leastUnbondingDelay;
        _setUnbondingDelay(leastUnbondingDelay);
    }

    // Stakers

    /// @inheritdoc IStaking
    function stake(uint256 pool, uint256 assets) external returns (uint256 shares) {
        _checkPool(pool);
        Pool storage p = _pools[pool];
        bool covered = _isCovered(p);
        shares = _toShares(p, assets);
        if (shares == 0) revert ZeroAmount();

        p.assets += assets.toUint128();
        p.shares += shares.toUint128();
        _shares[pool][p.generation][msg.sender] += shares;
        _tellCover(pool, covered);
        emit Staked(pool, msg.sender, assets, shares);
        TOKEN.safeTransferFrom(msg.sender, address(this), assets);
    }

    /// @inheritdoc IStaking
    function unstake(uint256 pool, uint256 shares) external returns (uint256 request) {
        if (shares == 0) revert ZeroAmount();
        Pool storage p = _pools[pool];
        uint32 generation = p.generation;
        uint256 held = _shares[pool][generation][msg.sender];
        if (shares > held) revert InsufficientShares(pool, msg.sender, shares, held);
        uint128 shares_ = uint128(shares); // <= held <= p.shares
        if (_toAssets(p, p.shares - p.unbonding - shares_) < p.locked) {
            revert InsufficientStake(pool, _toAssets(p, shares), _free(p));
        }

        _shares[pool][generation][msg.sender] = held - shares;
        request = _unbond(p, pool, msg.sender, shares_);
    }

    /// @inheritdoc IStaking
    function withdraw(uint256 request, address to) external returns (uint256 assets) {
        Request memory r = _requests[request];
        if (msg.sender != r.account) revert NotRequester(request, msg.sender);
        if (block.timestamp < r.availableAt) revert StillBonded(request, r.availableAt, uint40(block.timestamp)); // < availableAt
        Pool storage p = _pools[r.pool];

        delete _requests[request];
        if (r.generation == p.generation) {
            bool covered = _isCovered(p);
            assets = _toAssets(p, r.shares);
            p.assets -= uint128(assets); // <= p.assets, since r.shares <= p.shares
            p.shares -= r.shares;
            p.unbonding -= r.shares;
            _tellCover(r.pool, covered);
        }
        emit Unstaked(request, r.pool, msg.sender, assets, to);
        TOKEN.safeTransfer(to, assets);
    }

    /// @inheritdoc IStaking
    function claim(address to) external returns (uint256 amount) {
        amount = claimable[msg.sender];
        if (amount == 0) revert ZeroAmount();
        claimable[msg.sender] = 0;
        emit Claimed(msg.sender, amount, to);
        TOKEN.safeTransfer(to, amount);
    }

    /// @inheritdoc IStaking
    function setCommission(uint256 pool, uint16 commissionBps) external {
        if (msg.sender != _ownerOf(pool)) revert NotPoolOwner(pool, msg.sender);
        if (commissionBps > BPS) revert CommissionTooHigh(commissionBps, BPS);
        Pool storage p = _pools[pool];
        uint16 current = _commissionOf(p);
        uint40 from = uint40(block.timestamp); // seconds fit 40 bits for 34,000 years
        if (commissionBps > current) {
            from += unbondingDelay;
            (p.commissionBps, p.nextCommissionBps, p.nextCommissionFrom) = (current, commissionBps, from);
        } else {
            (p.commissionBps, p.nextCommissionBps, p.nextCommissionFrom) = (commissionBps, 0, 0);
        }
        emit CommissionChanged(pool, commissionBps, from);
    }

    // Contracts of the market

    /// @inheritdoc IStaking
    function lock(uint256 pool, uint256 amount) external {
        _checkLocker();
        Pool storage p = _pools[pool];
        if (amount > _free(p)) revert InsufficientStake(pool, amount, _free(p));
        p.locked += uint128(amount); // <= bonded - locked
        emit Locked(pool, amount, p.locked);
    }

    /// @inheritdoc IStaking
    function unlock(uint256 pool, uint256 amount) external {
        _checkLocker();
        Pool storage p = _pools[pool];
        if (amount > p.locked) revert UnlockExceedsLock(pool, amount, p.locked);
        bool covered = _isCovered(p);
        p.locked -= uint128(amount); // <= locked
        _tellCover(pool, covered);
        emit Unlocked(pool, amount, p.locked);
    }

    /// @inheritdoc IStaking
    function slash(uint256 pool, uint256 amount, address beneficiary) external returns (uint256 taken) {
        if (msg.sender != CAPACITY && msg.sender != REPORTS) revert NotSlasher(msg.sender);
        Pool storage p = _pools[pool];
        bool covered = _isCovered(p);
        taken = Math.min(amount, p.assets);
        (uint256 ofOwner, uint128 shares) = _takeFromOwner(p, pool, taken);
        uint256 burnt = beneficiary == address(0) ? taken : taken - ofOwner;
        uint256 request;

        if (beneficiary == address(0)) p.shares -= shares;
        else if (shares != 0) request = _unbond(p, pool, beneficiary, shares);
        p.assets -= uint128(burnt); // <= taken <= assets
        emit Slashed(pool, amount, taken, burnt, beneficiary, request);
        if (p.shares > p.assets * EMPTY_SHARES_PER_ASSET) {
            (p.shares, p.unbonding) = (0, 0);
            emit GenerationEnded(pool, p.generation++);
        }
        _tellCover(pool, covered);
        if (burnt != 0) TOKEN.safeTransfer(NOBODY, burnt);
    }

    /// @inheritdoc IStaking
    function credit(uint256 pool, uint256 amount) external {
        if (msg.sender != REWARDS) revert NotRewarder(msg.sender);
        Pool storage p = _pools[pool];
        bool covered = _isCovered(p);
        // Without shares there is nobody else to earn it.
        uint256 commission = p.shares == 0 ? amount : Math.mulDiv(amount, _commissionOf(p), BPS);
        uint256 toShares = amount - commission;

        p.assets += toShares.toUint128();
        if (commission > 0) claimable[_ownerOf(pool)] += commission;
        _tellCover(pool, covered);
        emit Credited(pool, toShares, commission);
    }

    // Governance

    /// @inheritdoc IStaking
    function setUnbondingDelay(uint32 unbondingDelay_) external restricted {
        _setUnbondingDelay(unbondingDelay_);
    }

    // Views

    /// @inheritdoc IStaking
    function poolId(uint8 kind, uint160 id) external pure returns (uint256) {
        return uint256(kind) << 160 | id;
    }

    /// @inheritdoc IStaking
    function poolOf(uint256 pool) external view returns (Pool memory p) {
        p = _pools[pool];
        if (p.nextCommissionFrom != 0 && block.timestamp >= p.nextCommissionFrom) {
            (p.commissionBps, p.nextCommissionBps, p.nextCommissionFrom) = (p.nextCommissionBps, 0, 0);
        }
    }

    /// @inheritdoc IStaking
    function sharesOf(uint256 pool, address account) external view returns (uint256) {
        return _shares[pool][_pools[pool].generation][account];
    }

    /// @inheritdoc IStaking
    function assetsOf(uint256 pool, uint256 shares) external view returns (uint256) {
        return _toAssets(_pools[pool], shares);
    }

    /// @inheritdoc IStaking
    function bondedOf(uint256 pool) external view returns (uint256) {
        return _bonded(_pools[pool]);
    }

    /// @inheritdoc IStaking
    function requestOf(uint256 request)
        external
        view
        returns (uint256 pool, address account, uint128 shares, uint32 generation, uint40 availableAt)
    {
        Request storage r = _requests[request];
        return (r.pool, r.account, r.shares, r.generation, r.availableAt);
    }

    // Inside

    function _setUnbondingDelay(uint32 unbondingDelay_) private {
        if (unbondingDelay_ < LEAST_UNBONDING_DELAY || unbondingDelay_ > MOST_UNBONDING_DELAY) {
            revert UnbondingDelayOutOfBounds(unbondingDelay_, LEAST_UNBONDING_DELAY, MOST_UNBONDING_DELAY);
        }
        unbondingDelay = unbondingDelay_;
        emit UnbondingDelayChanged(unbondingDelay_);
    }

    /// @dev Sets bonded shares, no longer anyone's, on their way to `account`.
    function _unbond(Pool storage p, uint256 pool, address account, uint128 shares) private returns (uint256 request) {
        p.unbonding += shares;
        request = ++_requestCount;
        uint40 availableAt = uint40(block.timestamp) + unbondingDelay; // seconds fit 40 bits for 34,000 years
        _requests[request] = Request(account, p.generation, availableAt, shares, pool);
        emit UnstakeRequested(request, pool, account, shares, availableAt);
    }

    /// @dev Takes bonded shares worth up to `amount` off the pool's owner, without changing the pool's totals.
    /// @return covered what of `amount` they are worth @return shares rounded up, so that they are worth that
    function _takeFromOwner(Pool storage p, uint256 pool, uint256 amount)
        private
        returns (uint256 covered, uint128 shares)
    {
        if (amount == 0) return (0, 0);
        mapping(address => uint256) storage held = _shares[pool][p.generation];
        address owner = _ownerOf(pool); // exists: somebody staked for it
        uint256 own = held[owner];
        uint256 worth = _toAssets(p, own);
        if (worth == 0) return (0, 0);
        covered = Math.min(amount, worth);
        uint256 taken = amount < worth
            ? Math.mulDiv(amount, p.shares + VIRTUAL_SHARES, p.assets + VIRTUAL_ASSETS, Math.Rounding.Ceil)
            : own;
        held[owner] = own - taken; // amount < worth, which was rounded down: even rounded up no more than own
        shares = uint128(taken); // <= own <= p.shares
    }

    /// @dev Tells the registry when a provider's pool begins or ceases to cover its locks.
    function _tellCover(uint256 pool, bool before) private {
        bool covered = _isCovered(_pools[pool]);
        if (covered == before || pool >> 160 != PoolKind.PROVIDER) return;
        REGISTRY.setCollateralised(uint64(pool), covered); // kind 1, so `pool` ends in an id that `_checkPool` let in
    }

    function _checkLocker() private view {
        if (msg.sender != CAPACITY && msg.sender != REPORTS) revert NotLocker(msg.sender);
    }

    /// @dev Stake for a provider that is not registered would be anyone's later.
    function _checkPool(uint256 pool) private view {
        uint256 kind = pool >> 160;
        uint160 id = uint160(pool);
        bool known = kind == PoolKind.PROVIDER
            ? id != 0 && id <= REGISTRY.count()
            : kind == PoolKind.MONITOR || kind == PoolKind.TENANT;
        if (!known) revert InvalidPool(pool);
    }

    function _ownerOf(uint256 pool) private view returns (address) {
        uint160 id = uint160(pool);
        return pool >> 160 == PoolKind.PROVIDER ? IERC721(address(REGISTRY)).ownerOf(id) : address(id);
    }

    function _commissionOf(Pool storage p) private view returns (uint16) {
        bool changed = p.nextCommissionFrom != 0 && block.timestamp >= p.nextCommissionFrom;
        return changed ? p.nextCommissionBps : p.commissionBps;
    }

    function _isCovered(Pool storage p) private view returns (bool) {
        return _bonded(p) >= p.locked;
    }

    /// @dev Bonded assets that no lock needs.
    function _free(Pool storage p) private view returns (uint256) {
        return Math.saturatingSub(_bonded(p), p.locked);
    }

    function _bonded(Pool storage p) private view returns (uint256) {
        return _toAssets(p, p.shares - p.unbonding);
    }

    /// @dev Rounds down.
    function _toShares(Pool storage p, uint256 assets) private view returns (uint256) {
        return Math.mulDiv(assets, p.shares + VIRTUAL_SHARES, p.assets + VIRTUAL_ASSETS);
    }

    /// @dev Rounds down.
    function _toAssets(Pool storage p, uint256 shares) private view returns (uint256) {
        return Math.mulDiv(shares, p.assets + VIRTUAL_ASSETS, p.shares + VIRTUAL_SHARES);
    }
}
