// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Pays what reports award
/// @notice Providers are paid new stake tokens, up to a budget per era; monitors the market's fees, which the escrow credits to
/// this contract, per asset. Claims are cumulative leaves of effective reports, so one claim covers all eras before, and what
/// was claimed once is never paid again. The sum of claims never passes the sum of budgets, whatever reports say.
///
/// A claim that budget or balance cannot pay in full is paid as far as they go, and the rest can be claimed later: so no award,
/// however large, stops anybody's, and whoever comes later finds what the next eras bring.
interface IRewards {
    /// @notice What governance sets, within bounds; monitors read it when they compute a report. All zero at first: then there
    /// are no rewards.
    struct Policy {
        uint96 providerBudget; // stake tokens per effective era, for all providers; at most a million whole ones
        uint16 feeFactorBps; // weight of fees paid by a provider's leases; counts only beside the next
        uint16 idleFactorBps; // of proven idle capacity, by what the same time leased would pay in fees; at most feeFactorBps
        uint16 mostOfFeesBps; // rewards for leased time are at most so much of the fees that the leases paid; below 10,000
    }

    event PolicyChanged(Policy policy);
    event RateChanged(address indexed asset, uint256 rate);
    event ProviderPaid(uint64 indexed provider, uint64 indexed era, uint256 amount);
    event MonitorPaid(address indexed monitor, address indexed asset, uint64 indexed era, uint256 amount);

    error ProviderBudgetTooHigh(uint256 asked, uint256 most);
    error IdleFactorTooHigh(uint16 asked, uint16 most);
    error ShareOfFeesTooHigh(uint16 asked, uint16 most);
    error RateOutOfBounds(address asset, uint256 rate, uint256 least, uint256 most);
    error RateTooSoon(address asset, uint256 from);
    error BudgetSpent(uint64 provider, uint256 asked);

    /// @notice Mints what the leaf awards beyond what was claimed into the provider's pool, as far as the budget goes. By
    /// anyone. A leaf that awards no more than was claimed pays nothing; with a budget that is spent it reverts.
    /// @param score, slashed as the leaf says @param rewards stake tokens, cumulative @return paid
    function claimProvider(
        uint64 era,
        uint64 provider,
        uint16 score,
        uint256 rewards,
        uint256 slashed,
        bytes32[] calldata proof
    ) external returns (uint256 paid);

    /// @notice Pays a monitor's fees out of the escrow to the monitor's key, as far as they are there. By anyone.
    /// @param rewards smallest units of the asset, cumulative @return paid
    function claimMonitor(uint64 era, address monitor, address asset, uint256 rewards, bytes32[] calldata proof)
        external
        returns (uint256 paid);

    /// @notice Governance only. The budget counts from the next effective era on. A report computed before it was lowered may
    /// award more: then the last to claim wait for the budget of the next era.
    function setPolicy(Policy calldata policy) external;

    /// @notice What one whole unit (10^18) of the asset's smallest units is worth in stake tokens' smallest units. Governance
    /// only; at most doubled or halved, at most once a day, never 0; the first is free, but for 128 bits.
    function setRate(address asset, uint256 rate) external;

    function policy() external view returns (Policy memory);

    /// @notice 0: the asset counts for nothing.
    function rateOf(address asset) external view returns (uint256);

    /// @notice Stake tokens that providers were awarded and paid so far.
    function claimedOfProvider(uint64 provider) external view returns (uint256);

    function claimedOfMonitor(address monitor, address asset) external view returns (uint256);

    /// @notice The sum of all eras' budgets up to the last effective report.
    function budget() external view returns (uint256);

    /// @notice The sum of all that was minted.
    function minted() external view returns (uint256);
}
