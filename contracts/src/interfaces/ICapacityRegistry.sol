// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Capacity that providers staked, to be leased or proven idle
/// @notice One slot per provider and resource class. What is leased has no event here: leases and kept bids tell when they
/// take units, and when they give them back. Unit `i` of class `c` is `(provider, c, i)` by arithmetic.
interface ICapacityRegistry {
    struct Commitment {
        uint32 committed; // units
        uint32 leased; // units; never more than committed
        uint96 stakePerUnit; // stake tokens really locked per committed unit
        uint40 until; // no lease ends after this
    }

    event Committed(uint64 indexed provider, bytes32 indexed resource, uint32 committed, uint96 stakePerUnit, uint40 until);
    event ResourceChanged(bytes32 indexed resource, bool listed, uint96 stakePerUnit);
    event PenaltyChanged(uint8 indexed tier, uint16 bps);
    event Penalised(uint64 indexed provider, bytes32 indexed resource, uint256 amount, address indexed beneficiary);

    error NotOwnerOrOperator(uint64 provider, address caller);
    error NotOrderBook(address caller);
    error NotEscrow(address caller);
    error ZeroUnits();
    error ResourceNotListed(bytes32 resource);
    error StakePerUnitTooHigh(uint96 asked, uint96 most);
    error UntilTooEarly(uint40 asked, uint40 least);
    error UnitsLeased(uint64 provider, bytes32 resource, uint32 asked, uint32 free);
    error PenaltyTooHigh(uint16 asked, uint16 most);
    error InvalidTier(uint8 tier);

    /// @notice Adds units (0 to only prolong), to be leased until `until`, which never moves back while anything is
    /// committed. All units are then locked at the class's present stake per unit. Owner or operator.
    function commit(uint64 provider, bytes32 resource, uint32 units, uint40 until) external;

    /// @notice Takes back units that are not leased and unlocks their stake. Owner or operator.
    function uncommit(uint64 provider, bytes32 resource, uint32 units) external;

    /// @notice Leases `units` if they are free and committed until at least `end`. Order book only.
    /// @return ok false changes nothing @return free units free before @return until the commitment's end
    function allocate(uint64 provider, bytes32 resource, uint32 units, uint40 end)
        external
        returns (bool ok, uint32 free, uint40 until);

    /// @notice Gives units back. Order book (an evicted bid) or escrow (an ended lease) only.
    function free(uint64 provider, bytes32 resource, uint32 units) external;

    /// @notice Slashes the provider for leaving a lease early, for `beneficiary`, who gets what the owner's own stake covers of
    /// it (see {IStaking}). Escrow only. @return taken stake tokens, burnt ones included
    function penalise(uint64 provider, bytes32 resource, uint32 units, uint8 tier, address beneficiary)
        external
        returns (uint256 taken);

    /// @notice Lists a class and sets the stake each unit needs from now on, or delists it. Governance only, within bounds.
    function setResource(bytes32 resource, bool listed, uint96 stakePerUnit) external;

    /// @notice The share of a unit's stake lost by abandoning a lease of this tier. Governance only, within bounds.
    function setPenalty(uint8 tier, uint16 bps) external;

    /// @notice By tier, see {setPenalty}. Reverts above the last tier.
    function penaltyBps(uint256 tier) external view returns (uint16);

    /// @notice What abandoning such a lease now would cost the provider, in stake tokens.
    function penaltyOf(uint64 provider, bytes32 resource, uint32 units, uint8 tier) external view returns (uint256);

    function commitmentOf(uint64 provider, bytes32 resource) external view returns (Commitment memory);

    function resourceOf(bytes32 resource) external view returns (bool listed, uint96 stakePerUnit);
}
