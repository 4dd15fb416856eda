// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {StakeToken} from "./StakeToken.sol";
import {IEraReports} from "./interfaces/IEraReports.sol";
import {ILeaseEscrow} from "./interfaces/ILeaseEscrow.sol";
import {IRewards} from "./interfaces/IRewards.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {PoolKind} from "./interfaces/Types.sol";
import {Leaves} from "./reports/Leaves.sol";

contract Rewards is IRewards, AccessManaged {
    struct Rate {
        uint128 value;
        uint40 changedAt; // Unix seconds; 0: never set
    }

    /// @dev Below the whole: who trades with itself pays more fees than it is rewarded for.
    uint16 private constant MOST_OF_FEES_BPS = 9_999;
    /// @dev A million tokens an era: room for any sane market, and no key of governance can drown the stakers' tokens in
    /// new ones at once.
    uint96 private constant MOST_PROVIDER_BUDGET = 1e24;
    /// @dev Twice: a key that was stolen moves a price slowly enough to be seen, and a true price is reached in days.
    uint256 private constant MOST_RATE_STEP = 2;
    uint40 private constant RATE_INTERVAL = 1 days;

    StakeToken public immutable STAKE_TOKEN;
    IStaking public immutable STAKING;
    ILeaseEscrow public immutable ESCROW;
    IEraReports public immutable REPORTS;

    /// @inheritdoc IRewards
    uint256 public minted;
    /// @dev Budgets of all eras up to `_accruedUntil`.
    uint256 private _accrued;
    uint64 private _accruedUntil; // era
    Policy private _policy;
    mapping(address asset => Rate) private _rates;
    /// @inheritdoc IRewards
    mapping(uint64 provider => uint256 amount) public claimedOfProvider;
    /// @inheritdoc IRewards
    mapping(address monitor => mapping(address asset => uint256 amount)) public claimedOfMonitor;

    /// @dev Until governance sets a policy, budget and weights are zero.
    constructor(address authority, StakeToken stakeToken, IStaking staking, ILeaseEscrow escrow, IEraReports reports)
        AccessManaged(authority)
    {
        STAKE_TOKEN = stakeToken;
        STAKING = staking;
        ESCROW = escrow;
        REPORTS = reports;
    }

    // Anyone

    /// @inheritdoc IRewards
    function claimProvider(
        uint64 era,
        uint64 provider,
        uint16 score,
        uint256 rewards,
        uint256 slashed,
        bytes32[] calldata proof
    ) external returns (uint256 paid) {
        // Check
        REPORTS.verifyLeaf(era, Leaves.provider(provider, score, rewards, slashed), proof);
        uint256 asked = Math.saturatingSub(rewards, claimedOfProvider[provider]);
        if (asked == 0) return 0;
        uint256 left = budget() - minted; // every claim was cut to it, and budgets only grow
        if (left == 0) revert BudgetSpent(provider, asked);
        // Effect
        paid = Math.min(asked, left);
        claimedOfProvider[provider] += paid;
        minted += paid;
        emit ProviderPaid(provider, era, paid);
        // Interaction
        STAKE_TOKEN.mint(address(STAKING), paid);
        STAKING.credit(STAKING.poolId(PoolKind.PROVIDER, provider), paid);
    }

    /// @inheritdoc IRewards
    function claimMonitor(uint64 era, address monitor, address asset, uint256 rewards, bytes32[] calldata proof)
        external
        returns (uint256 paid)
    {
        // Check
        REPORTS.verifyLeaf(era, Leaves.monitor(monitor, asset, rewards), proof);
        uint256 asked = Math.saturatingSub(rewards, claimedOfMonitor[monitor][asset]);
        paid = Math.min(asked, ESCROW.balanceOf(address(this), asset));
        if (paid == 0) return 0;
        // Effect
        claimedOfMonitor[monitor][asset] += paid;
        emit MonitorPaid(monitor, asset, era, paid);
        // Interaction
        ESCROW.withdraw(asset, paid, monitor);
    }

    // Governance

    /// @inheritdoc IRewards
    function setPolicy(Policy calldata policy_) external restricted {
        (uint96 budget_, uint16 idle, uint16 ofFees) =
            (policy_.providerBudget, policy_.idleFactorBps, policy_.mostOfFeesBps);
        if (budget_ > MOST_PROVIDER_BUDGET) revert ProviderBudgetTooHigh(budget_, MOST_PROVIDER_BUDGET);
        if (idle > policy_.feeFactorBps) revert IdleFactorTooHigh(idle, policy_.feeFactorBps);
        if (ofFees > MOST_OF_FEES_BPS) revert ShareOfFeesTooHigh(ofFees, MOST_OF_FEES_BPS);
        (_accrued, _accruedUntil) = (budget(), REPORTS.lastEffectiveEra());
        _policy = policy_;
        emit PolicyChanged(policy_);
    }

    /// @inheritdoc IRewards
    function setRate(address asset, uint256 rate) external restricted {
        Rate memory r = _rates[asset];
        uint256 least = 1;
        uint256 most = type(uint128).max;
        if (r.changedAt != 0) {
            uint40 from = r.changedAt + RATE_INTERVAL;
            if (block.timestamp < from) revert RateTooSoon(asset, from);
            least = Math.ceilDiv(r.value, MOST_RATE_STEP);
            most = Math.min(most, uint256(r.value) * MOST_RATE_STEP);
        }
        if (rate < least || rate > most) revert RateOutOfBounds(asset, rate, least, most);
        _rates[asset] = Rate(uint128(rate), uint40(block.timestamp)); // rate <= most; seconds fit 40 bits for 34,000 years
        emit RateChanged(asset, rate);
    }

    // Views

    /// @inheritdoc IRewards
    function policy() external view returns (Policy memory) {
        return _policy;
    }

    /// @inheritdoc IRewards
    function rateOf(address asset) external view returns (uint256) {
        return _rates[asset].value;
    }

    /// @inheritdoc IRewards
    function budget() public view returns (uint256) {
        // What is effective stays so: the era never falls.
        return _accrued + uint256(REPORTS.lastEffectiveEra() - _accruedUntil) * _policy.providerBudget;
    }
}
