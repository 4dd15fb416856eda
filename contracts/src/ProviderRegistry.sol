// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

import {MarketDomain} from "./MarketDomain.sol";
import {Messages} from "./Messages.sol";
import {Signatures} from "./Signatures.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {ITrustSource} from "./interfaces/ITrustSource.sol";
import {ProviderView, Status} from "./interfaces/Types.sol";

contract ProviderRegistry is IProviderRegistry, ERC721, AccessManaged, MarketDomain {
    /// @dev Two slots, both needed by every match and nothing else is.
    struct Provider {
        address operator;
        uint32 offerEpoch;
        uint8 status;
        uint8 level; // as proven, before ceiling and expiry
        bytes2 country;
        uint16 score;
        // second slot
        address payout;
        uint40 levelValidUntil;
        uint40 levelAsOf;
        uint8 ceiling;
        bool collateralised;
    }

    uint8 private constant BEST_LEVEL = 1;
    uint8 private constant WORST_LEVEL = 5;

    // Scores from which levels 1 to 4 are reached.
    uint16 private constant LEVEL_1_SCORE = 9_000;
    uint16 private constant LEVEL_2_SCORE = 8_000;
    uint16 private constant LEVEL_3_SCORE = 6_500;
    uint16 private constant LEVEL_4_SCORE = 4_000;

    /// @dev Shorter, and a level would lapse between two reports.
    uint32 private constant LEAST_LEVEL_TTL = 1 days;
    /// @dev Longer, and a level would say nothing about today.
    uint32 private constant MOST_LEVEL_TTL = 365 days;
    uint32 private constant INITIAL_LEVEL_TTL = 30 days;

    address public immutable STAKING;
    ITrustSource public immutable REPORTS;

    /// @inheritdoc IProviderRegistry
    uint64 public count;
    /// @inheritdoc IProviderRegistry
    uint32 public levelTtl = INITIAL_LEVEL_TTL;

    mapping(uint256 provider => Provider) private _providers;
    /// @inheritdoc IProviderRegistry
    mapping(address operator => uint64 provider) public providerOf;
    /// @inheritdoc IProviderRegistry
    mapping(uint64 provider => bytes32 metadata) public metadataOf;

    constructor(address authority, address orderBook, address staking, ITrustSource reports)
        ERC721("Tender Provider", "TNDRP")
        AccessManaged(authority)
        MarketDomain(orderBook)
    {
        STAKING = staking;
        REPORTS = reports;
    }

    modifier onlyOwner(uint64 provider) {
        address owner = _ownerOf(provider);
        if (msg.sender != owner) revert NotOwner(provider, msg.sender, owner);
        _;
    }

    modifier onlyOwnerOrOperator(uint64 provider) {
        if (!isOwnerOrOperator(provider, msg.sender)) revert NotOwnerOrOperator(provider, msg.sender);
        _;
    }

    modifier onlyKnown(uint64 provider) {
        if (_providers[provider].status == Status.NONE) revert UnknownProvider(provider);
        _;
    }

    // Owner and operator

    /// @inheritdoc IProviderRegistry
    function register(
        address operator,
        address payout,
        bytes2 country,
        bytes32 metadata,
        uint40 expiry,
        bytes calldata acceptance
    ) external returns (uint64 provider) {
        if (payout == address(0)) revert ZeroAddress();
        _checkCountry(country);

        provider = ++count;
        Provider storage p = _providers[provider];
        p.status = Status.ACTIVE;
        p.level = WORST_LEVEL;
        p.country = country;
        p.payout = payout;
        p.ceiling = BEST_LEVEL;
        p.collateralised = true;
        metadataOf[provider] = metadata;
        _acceptOperator(provider, operator, expiry, acceptance);
        // Not `_safeMint`: nothing outside is called, and who registers is here to ask for the token.
        _mint(msg.sender, provider);

        emit ProviderRegistered(provider, msg.sender, operator, payout, country, metadata);
    }

    /// @inheritdoc IProviderRegistry
    function setOperator(uint64 provider, address operator, uint40 expiry, bytes calldata acceptance)
        external
        onlyOwner(provider)
    {
        Provider storage p = _providers[provider];
        delete providerOf[p.operator];
        _acceptOperator(provider, operator, expiry, acceptance);
        emit OperatorChanged(provider, operator, ++p.offerEpoch);
    }

    /// @inheritdoc IProviderRegistry
    function cancelOffers(uint64 provider) external onlyOwnerOrOperator(provider) {
        emit OffersCancelled(provider, ++_providers[provider].offerEpoch);
    }

    /// @inheritdoc IProviderRegistry
    function setPayout(uint64 provider, address payout) external onlyOwner(provider) {
        if (payout == address(0)) revert ZeroAddress();
        _providers[provider].payout = payout;
        emit PayoutChanged(provider, payout);
    }

    /// @inheritdoc IProviderRegistry
    function setCountry(uint64 provider, bytes2 country) external onlyOwner(provider) {
        _checkCountry(country);
        _providers[provider].country = country;
        emit CountryChanged(provider, country);
    }

    /// @inheritdoc IProviderRegistry
    function setMetadata(uint64 provider, bytes32 metadata) external onlyOwner(provider) {
        metadataOf[provider] = metadata;
        emit MetadataChanged(provider, metadata);
    }

    /// @inheritdoc IProviderRegistry
    function setStatus(uint64 provider, uint8 status) external onlyOwnerOrOperator(provider) {
        uint8 current = _providers[provider].status;
        bool known = status == Status.ACTIVE || status == Status.DRAINING || status == Status.PAUSED;
        if (current == Status.BANNED || !known) revert InvalidStatus(provider, current, status);
        _setStatus(provider, status);
    }

    // Governance

    /// @inheritdoc IProviderRegistry
    function setBanned(uint64 provider, bool banned) external restricted onlyKnown(provider) {
        uint8 current = _providers[provider].status;
        uint8 status = banned ? Status.BANNED : Status.PAUSED;
        if ((current == Status.BANNED) == banned) revert InvalidStatus(provider, current, status);
        _setStatus(provider, status);
    }

    /// @inheritdoc IProviderRegistry
    function setCeiling(uint64 provider, uint8 ceiling) external restricted onlyKnown(provider) {
        if (ceiling < BEST_LEVEL || ceiling > WORST_LEVEL) revert InvalidLevel(ceiling);
        _providers[provider].ceiling = ceiling;
        emit CeilingChanged(provider, ceiling);
    }

    /// @inheritdoc IProviderRegistry
    function setLevelTtl(uint32 levelTtl_) external restricted {
        if (levelTtl_ < LEAST_LEVEL_TTL || levelTtl_ > MOST_LEVEL_TTL) {
            revert LevelTtlOutOfBounds(levelTtl_, LEAST_LEVEL_TTL, MOST_LEVEL_TTL);
        }
        levelTtl = levelTtl_;
        emit LevelTtlChanged(levelTtl_);
    }

    // Reports and staking

    /// @inheritdoc IProviderRegistry
    function updateTrust(uint64 provider, bytes calldata proof) external onlyKnown(provider) returns (uint8 level) {
        (uint16 score, uint40 asOf) = REPORTS.provenScore(provider, proof);
        Provider storage p = _providers[provider];
        // The same proof again is no error: whoever sends it first must not make a match that carries it revert.
        if (asOf < p.levelAsOf) revert StaleTrust(provider, asOf, p.levelAsOf);

        level = _levelOf(score);
        uint40 validUntil = asOf + levelTtl;
        (p.score, p.level, p.levelAsOf, p.levelValidUntil) = (score, level, asOf, validUntil);
        emit TrustUpdated(provider, score, level, validUntil);
    }

    /// @inheritdoc IProviderRegistry
    function setCollateralised(uint64 provider, bool collateralised) external {
        if (msg.sender != STAKING) revert NotStaking(msg.sender);
        _providers[provider].collateralised = collateralised;
        emit CollateralisedChanged(provider, collateralised);
    }

    // Views

    /// @inheritdoc IProviderRegistry
    function viewOf(uint256 provider) external view returns (ProviderView memory) {
        Provider storage p = _providers[provider];
        uint8 level = p.level < p.ceiling ? p.ceiling : p.level;
        return ProviderView({
            operator: p.operator,
            offerEpoch: p.offerEpoch,
            status: p.status,
            level: block.timestamp > p.levelValidUntil ? WORST_LEVEL : level,
            country: p.country,
            collateralised: p.collateralised,
            payout: p.payout
        });
    }

    /// @inheritdoc IProviderRegistry
    function isOwnerOrOperator(uint64 provider, address account) public view returns (bool) {
        // Both are zero for an unknown provider, as is the operator after a transfer.
        if (account == address(0)) return false;
        return account == _providers[provider].operator || account == _ownerOf(provider);
    }

    /// @inheritdoc IProviderRegistry
    function trustOf(uint64 provider)
        external
        view
        returns (uint16 score, uint8 level, uint8 ceiling, uint40 validUntil)
    {
        Provider storage p = _providers[provider];
        return (p.score, p.level, p.ceiling, p.levelValidUntil);
    }

    // Inside

    /// @dev A new owner starts with a clean desk: the old one's key, offers, payout and readiness are gone. Reputation and
    /// a ban stay with the token.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = super._update(to, tokenId, auth);
        if (from == address(0)) return from;

        uint64 provider = uint64(tokenId); // ids are counted in uint64
        Provider storage p = _providers[provider];
        delete providerOf[p.operator];
        p.operator = address(0);
        p.payout = to;
        emit OperatorChanged(provider, address(0), ++p.offerEpoch);
        emit PayoutChanged(provider, to);
        if (p.status != Status.BANNED) _setStatus(provider, Status.PAUSED);
    }

    /// @dev An acceptance can be used again by the same owner until it expires; it says just that.
    function _acceptOperator(uint64 provider, address operator, uint40 expiry, bytes calldata acceptance) private {
        if (operator == address(0)) revert ZeroAddress();
        if (block.timestamp > expiry) revert AcceptanceExpired(expiry, uint40(block.timestamp)); // seconds fit 40 bits for 34,000 years
        if (providerOf[operator] != 0) revert OperatorTaken(operator, providerOf[operator]);
        bytes32 digest = _digest(Messages.hashOperatorAcceptance(msg.sender, operator, expiry));
        if (!Signatures.isValid(operator, digest, acceptance)) {
            revert InvalidAcceptance(operator, msg.sender);
        }
        providerOf[operator] = provider;
        _providers[provider].operator = operator;
    }

    function _setStatus(uint64 provider, uint8 status) private {
        _providers[provider].status = status;
        emit StatusChanged(provider, status);
    }

    function _checkCountry(bytes2 country) private pure {
        if (!_isCapital(country[0]) || !_isCapital(country[1])) revert InvalidCountry(country);
    }

    function _isCapital(bytes1 letter) private pure returns (bool) {
        return letter >= "A" && letter <= "Z";
    }

    function _levelOf(uint16 score) private pure returns (uint8) {
        if (score >= LEVEL_1_SCORE) return 1;
        if (score >= LEVEL_2_SCORE) return 2;
        if (score >= LEVEL_3_SCORE) return 3;
        if (score >= LEVEL_4_SCORE) return 4;
        return WORST_LEVEL;
    }
}
