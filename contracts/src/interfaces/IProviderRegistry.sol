// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProviderView} from "./Types.sol";

/// @title Identities of providers
/// @notice An ERC-721: whoever owns the token owns the provider and its reputation. Ids count from 1.
/// A hot operator key signs offers; each key serves one provider and signs its acceptance.
interface IProviderRegistry {
    event ProviderRegistered(
        uint64 indexed provider, address indexed owner, address indexed operator, address payout, bytes2 country, bytes32 metadata
    );
    event OperatorChanged(uint64 indexed provider, address indexed operator, uint32 offerEpoch);
    event OffersCancelled(uint64 indexed provider, uint32 offerEpoch);
    event PayoutChanged(uint64 indexed provider, address payout);
    event CountryChanged(uint64 indexed provider, bytes2 country);
    event MetadataChanged(uint64 indexed provider, bytes32 metadata);
    event StatusChanged(uint64 indexed provider, uint8 status);
    event CeilingChanged(uint64 indexed provider, uint8 ceiling);
    event TrustUpdated(uint64 indexed provider, uint16 score, uint8 level, uint40 validUntil);
    event CollateralisedChanged(uint64 indexed provider, bool collateralised);
    event LevelTtlChanged(uint32 levelTtl);

    error NotOwner(uint64 provider, address caller, address owner);
    error NotOwnerOrOperator(uint64 provider, address caller);
    error UnknownProvider(uint64 provider);
    error OperatorTaken(address operator, uint64 provider);
    error ZeroAddress();
    error AcceptanceExpired(uint40 expiry, uint40 now_);
    error InvalidAcceptance(address operator, address owner);
    error InvalidStatus(uint64 provider, uint8 current, uint8 asked);
    error InvalidLevel(uint8 level);
    error InvalidCountry(bytes2 country);
    error StaleTrust(uint64 provider, uint40 asOf, uint40 known);
    error LevelTtlOutOfBounds(uint32 asked, uint32 least, uint32 most);
    error NotStaking(address caller);

    /// @notice Registers the caller's provider: active, trust level 5.
    /// @param operator the hot key; it signed OperatorAcceptance{owner: caller, operator, expiry} in the market's domain
    /// @param payout where earnings are credited
    /// @param country ISO 3166-1 alpha-2, two capital letters; a claim until an auditor attests it
    /// @param metadata hash of a public description
    function register(address operator, address payout, bytes2 country, bytes32 metadata, uint40 expiry, bytes calldata acceptance)
        external
        returns (uint64 provider);

    /// @notice Changes the operator key; offers signed by the old one are dead. Owner only.
    function setOperator(uint64 provider, address operator, uint40 expiry, bytes calldata acceptance) external;

    /// @notice Kills every offer signed so far by raising the offer epoch. Owner or operator.
    function cancelOffers(uint64 provider) external;

    /// @notice Owner only. Running leases keep the payout they opened with.
    function setPayout(uint64 provider, address payout) external;

    /// @notice Owner only.
    function setCountry(uint64 provider, bytes2 country) external;

    /// @notice Owner only.
    function setMetadata(uint64 provider, bytes32 metadata) external;

    /// @notice Active, draining or paused; never into or out of banned. Owner or operator.
    function setStatus(uint64 provider, uint8 status) external;

    /// @notice Bans or lifts a ban (then paused). Governance only.
    function setBanned(uint64 provider, bool banned) external;

    /// @notice The best level the provider may have, 1 to 5. Governance only.
    function setCeiling(uint64 provider, uint8 ceiling) external;

    /// @notice How long a proven level lasts, seconds. Governance only, within bounds.
    function setLevelTtl(uint32 levelTtl) external;

    /// @notice Takes a provider's score from the reports. By anyone. @return level after thresholds, before the ceiling
    function updateTrust(uint64 provider, bytes calldata proof) external returns (uint8 level);

    /// @notice Only {IStaking}: whether the provider's pool covers its locks.
    function setCollateralised(uint64 provider, bool collateralised) external;

    /// @notice Everything a match asks; two storage slots. An unknown id has status 0.
    function viewOf(uint256 provider) external view returns (ProviderView memory);

    /// @notice The provider that `operator` serves; 0 for none.
    function providerOf(address operator) external view returns (uint64);

    /// @notice True for the owner and for the operator key.
    function isOwnerOrOperator(uint64 provider, address account) external view returns (bool);

    /// @notice Score as last proven, the level from it, the ceiling, and until when the level lasts.
    function trustOf(uint64 provider) external view returns (uint16 score, uint8 level, uint8 ceiling, uint40 validUntil);

    /// @notice Hash of the provider's public description.
    function metadataOf(uint64 provider) external view returns (bytes32);

    /// @notice How many providers were ever registered; also the newest id.
    function count() external view returns (uint64);

    function levelTtl() external view returns (uint32);
}
