// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {PoolKind, Tier} from "./interfaces/Types.sol";

contract CapacityRegistry is ICapacityRegistry, AccessManaged {
    struct Resource {
        bool listed;
        uint96 stakePerUnit; // for commits from now on
    }

    uint16 private constant BPS = 10_000;
    /// @dev A million tokens: more no unit is worth, and 2^32 units of it fit a pool's 128 bits.
    uint96 private constant MOST_STAKE_PER_UNIT = 1e24;

    IProviderRegistry public immutable REGISTRY;
    IStaking public immutable STAKING;
    address public immutable ORDER_BOOK;
    address public immutable ESCROW;

    mapping(uint64 provider => mapping(bytes32 resource => Commitment)) private _commitments;
    /// @inheritdoc ICapacityRegistry
    mapping(bytes32 resource => Resource) public resourceOf;
    /// @inheritdoc ICapacityRegistry
    /// @dev The more a tenant paid for staying, the dearer leaving is.
    uint16[3] public penaltyBps = [500, 2_000, 5_000];

    constructor(address authority, IProviderRegistry registry, IStaking staking, address orderBook, address escrow)
        AccessManaged(authority)
    {
        REGISTRY = registry;
        STAKING = staking;
        ORDER_BOOK = orderBook;
        ESCROW = escrow;
    }

    modifier onlyOwnerOrOperator(uint64 provider) {
        if (!REGISTRY.isOwnerOrOperator(provider, msg.sender)) revert NotOwnerOrOperator(provider, msg.sender);
        _;
    }

    // Providers

    /// @inheritdoc ICapacityRegistry
    function commit(uint64 provider, bytes32 resource, uint32 units, uint40 until)
        external
        onlyOwnerOrOperator(provider)
    {
        Resource memory r = resourceOf[resource];
        if (!r.listed) revert ResourceNotListed(resource);
        Commitment storage c = _commitments[provider][resource];
        Commitment memory before = c;
        if (units == 0 && before.committed == 0) revert ZeroUnits();
        uint40 least = uint40(Math.max(before.until, block.timestamp)); // seconds fit 40 bits for 34,000 years
        if (until < least) revert UntilTooEarly(until, least);

        uint32 committed = before.committed + units;
        (c.committed, c.stakePerUnit, c.until) = (committed, r.stakePerUnit, until);
        emit Committed(provider, resource, committed, r.stakePerUnit, until);
        _relock(provider, uint256(before.committed) * before.stakePerUnit, uint256(committed) * r.stakePerUnit);
    }

    /// @inheritdoc ICapacityRegistry
    function uncommit(uint64 provider, bytes32 resource, uint32 units) external onlyOwnerOrOperator(provider) {
        if (units == 0) revert ZeroUnits();
        Commitment memory c = _commitments[provider][resource];
        uint32 unleased = c.committed - c.leased;
        if (units > unleased) revert UnitsLeased(provider, resource, units, unleased);

        c.committed -= units;
        // With nothing committed the slot is free, and so is the choice of the next `until`.
        if (c.committed == 0) delete _commitments[provider][resource];
        else _commitments[provider][resource].committed = c.committed;
        emit Committed(provider, resource, c.committed, c.stakePerUnit, c.until);
        _relock(provider, uint256(units) * c.stakePerUnit, 0);
    }

    // Contracts of the market

    /// @inheritdoc ICapacityRegistry
    function allocate(uint64 provider, bytes32 resource, uint32 units, uint40 end)
        external
        returns (bool ok, uint32 free_, uint40 until)
    {
        if (msg.sender != ORDER_BOOK) revert NotOrderBook(msg.sender);
        Commitment storage c = _commitments[provider][resource];
        uint32 leased = c.leased;
        (free_, until) = (c.committed - leased, c.until);
        ok = units <= free_ && end <= until;
        if (!ok) return (ok, free_, until);

        c.leased = leased + units;
    }

    /// @inheritdoc ICapacityRegistry
    function free(uint64 provider, bytes32 resource, uint32 units) external {
        if (msg.sender != ORDER_BOOK && msg.sender != ESCROW) revert NotEscrow(msg.sender);
        _commitments[provider][resource].leased -= units;
    }

    /// @inheritdoc ICapacityRegistry
    function penalise(uint64 provider, bytes32 resource, uint32 units, uint8 tier, address beneficiary)
        external
        returns (uint256 taken)
    {
        if (msg.sender != ESCROW) revert NotEscrow(msg.sender);
        uint256 amount = penaltyOf(provider, resource, units, tier);
        taken = STAKING.slash(STAKING.poolId(PoolKind.PROVIDER, provider), amount, beneficiary);
        emit Penalised(provider, resource, taken, beneficiary);
    }

    // Governance

    /// @inheritdoc ICapacityRegistry
    function setResource(bytes32 resource, bool listed, uint96 stakePerUnit) external restricted {
        if (stakePerUnit > MOST_STAKE_PER_UNIT) revert StakePerUnitTooHigh(stakePerUnit, MOST_STAKE_PER_UNIT);
        resourceOf[resource] = Resource(listed, stakePerUnit);
        emit ResourceChanged(resource, listed, stakePerUnit);
    }

    /// @inheritdoc ICapacityRegistry
    function setPenalty(uint8 tier, uint16 bps) external restricted {
        if (tier > Tier.PREMIUM) revert InvalidTier(tier);
        if (bps > BPS) revert PenaltyTooHigh(bps, BPS);
        penaltyBps[tier] = bps;
        emit PenaltyChanged(tier, bps);
    }

    // Views

    /// @inheritdoc ICapacityRegistry
    function penaltyOf(uint64 provider, bytes32 resource, uint32 units, uint8 tier) public view returns (uint256) {
        if (tier > Tier.PREMIUM) revert InvalidTier(tier);
        return uint256(units) * _commitments[provider][resource].stakePerUnit * penaltyBps[tier] / BPS;
    }

    /// @inheritdoc ICapacityRegistry
    function commitmentOf(uint64 provider, bytes32 resource) external view returns (Commitment memory) {
        return _commitments[provider][resource];
    }

    // Inside

    function _relock(uint64 provider, uint256 before, uint256 asked) private {
        if (asked == before) return;
        uint256 pool = STAKING.poolId(PoolKind.PROVIDER, provider);
        if (asked > before) STAKING.lock(pool, asked - before);
        else STAKING.unlock(pool, before - asked);
    }
}
