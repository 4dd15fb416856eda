// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title One pool of stake per provider, monitor and tenant
/// @notice Shares with a virtual offset: a slash is one subtraction, whoever staked bears it pro rata, and the first to
/// stake cannot be robbed by a donation. Unbonding shares stay in the pool and slashable until they are withdrawn. A pool
/// that a slash emptied starts a new generation, in which old shares are worth nothing.
///
/// A slash falls first on the bonded shares of the pool's owner (who holds the provider's token; the key of a monitor, the
/// tenant). Only those compensate anybody, and only by changing hands inside the pool, where they unbond: what the others
/// lose is burnt. So an owner that has itself slashed in its own favour gains nothing from those who staked with it, and
/// takes nothing out any sooner than by unstaking.
///
/// A pool's id is `kind << 160 | id`: kind 1 provider (id of its token), 2 monitor, 3 tenant (id is the account).
interface IStaking {
    struct Pool {
        uint128 assets; // stake tokens in the pool, unbonding ones included
        uint128 locked; // what capacity or duty needs; may exceed assets after a slash
        uint128 shares; // of the current generation, unbonding ones included
        uint128 unbonding; // shares on their way out
        uint32 generation;
        uint16 commissionBps; // of rewards, to the pool's owner
        uint16 nextCommissionBps;
        uint40 nextCommissionFrom; // 0 if no change waits
    }

    event Staked(uint256 indexed pool, address indexed account, uint256 assets, uint256 shares);
    event UnstakeRequested(
        uint256 indexed request, uint256 indexed pool, address indexed account, uint256 shares, uint40 availableAt
    );
    event Unstaked(uint256 indexed request, uint256 indexed pool, address indexed account, uint256 assets, address to);
    event Locked(uint256 indexed pool, uint256 amount, uint256 locked);
    event Unlocked(uint256 indexed pool, uint256 amount, uint256 locked);
    /// @dev `taken - burnt` went from the owner's shares to the beneficiary, by `request` (0: nothing did).
    event Slashed(
        uint256 indexed pool,
        uint256 asked,
        uint256 taken,
        uint256 burnt,
        address indexed beneficiary,
        uint256 request
    );
    event GenerationEnded(uint256 indexed pool, uint32 generation);
    event Credited(uint256 indexed pool, uint256 toShares, uint256 commission);
    event CommissionChanged(uint256 indexed pool, uint16 commissionBps, uint40 from);
    event Claimed(address indexed account, uint256 amount, address to);
    event UnbondingDelayChanged(uint32 unbondingDelay);

    error ZeroAmount();
    error InvalidPool(uint256 pool);
    error NotLocker(address caller);
    error NotSlasher(address caller);
    error NotRewarder(address caller);
    error NotPoolOwner(uint256 pool, address caller);
    error InsufficientShares(uint256 pool, address account, uint256 asked, uint256 held);
    error InsufficientStake(uint256 pool, uint256 asked, uint256 free);
    error UnlockExceedsLock(uint256 pool, uint256 asked, uint256 locked);
    error NotRequester(uint256 request, address caller);
    error StillBonded(uint256 request, uint40 availableAt, uint40 now_);
    error CommissionTooHigh(uint16 asked, uint16 most);
    error UnbondingDelayOutOfBounds(uint32 asked, uint32 least, uint32 most);

    /// @notice Puts `assets` of the caller's stake tokens into any pool: own stake or delegation. @return shares rounded down
    function stake(uint256 pool, uint256 assets) external returns (uint256 shares);

    /// @notice Starts unbonding. What stays bonded must cover the locks. @return request to give to {withdraw}
    function unstake(uint256 pool, uint256 shares) external returns (uint256 request);

    /// @notice Pays a request out once its delay is over: what its shares are worth by then. @return assets rounded down
    function withdraw(uint256 request, address to) external returns (uint256 assets);

    /// @notice Locks part of a pool's bonded stake. Lockers only (fixed at deployment).
    function lock(uint256 pool, uint256 amount) external;

    /// @notice Undoes {lock}. Lockers only.
    function unlock(uint256 pool, uint256 amount) external;

    /// @notice Takes up to `amount` from one pool, first from its owner's bonded shares. What they are worth becomes the
    /// beneficiary's, as a request to unbond in the same pool: slashable like any other until {withdraw}. The rest is burnt,
    /// and everybody with shares bears it pro rata, the beneficiary's new ones and unbonding ones included. With beneficiary
    /// zero all is burnt. Slashers only.
    /// @return taken moved and burnt together, at most what the pool holds
    function slash(uint256 pool, uint256 amount, address beneficiary) external returns (uint256 taken);

    /// @notice Adds rewards that were already transferred here: commission to the pool's owner's claim, the rest to all
    /// shares. Rewarder only.
    function credit(uint256 pool, uint256 amount) external;

    /// @notice Pays out the caller's commission. @return amount
    function claim(address to) external returns (uint256 amount);

    /// @notice Falls at once, rises only after the unbonding delay, so delegators can leave first. Pool owner only.
    function setCommission(uint256 pool, uint16 commissionBps) external;

    /// @notice Governance only, never below what reports and jobs need to be judged.
    function setUnbondingDelay(uint32 unbondingDelay) external;

    /// @notice `kind << 160 | id`.
    function poolId(uint8 kind, uint160 id) external pure returns (uint256);

    function poolOf(uint256 pool) external view returns (Pool memory);

    /// @notice The account's bonded shares in the pool's current generation.
    function sharesOf(uint256 pool, address account) external view returns (uint256);

    /// @notice What `shares` are worth now, rounded down.
    function assetsOf(uint256 pool, uint256 shares) external view returns (uint256);

    /// @notice Bonded assets: the pool without what is unbonding, rounded down.
    function bondedOf(uint256 pool) external view returns (uint256);

    /// @notice What {claim} would pay.
    function claimable(address account) external view returns (uint256);

    function requestOf(uint256 request)
        external
        view
        returns (uint256 pool, address account, uint128 shares, uint32 generation, uint40 availableAt);

    function unbondingDelay() external view returns (uint32);

    /// @notice What reports and jobs need to be judged: {setUnbondingDelay} goes no lower.
    // forge-lint: disable-next-line(mixed-case-function)
    function LEAST_UNBONDING_DELAY() external view returns (uint32);

    /// @notice The token that is staked.
    // forge-lint: disable-next-line(mixed-case-function)
    function TOKEN() external view returns (IERC20);
}
