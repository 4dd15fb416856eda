// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {ITrustSource} from "../../src/interfaces/ITrustSource.sol";
import {IVerifier} from "../../src/interfaces/IVerifier.sol";
import {ServedLeaf, Terms} from "../../src/interfaces/Types.sol";

/// @title Reports as somebody wrote them
/// @notice Stands where the monitors' reports stand, in tests of the other contracts: whoever the access manager lets write here
/// decides what providers earn and how far they are trusted. Proofs are ignored.
contract ScriptedReports is ITrustSource, IVerifier, AccessManaged {
    struct Score {
        uint16 score;
        uint40 asOf;
    }

    event ScoreScripted(uint64 indexed provider, uint16 score, uint40 asOf);
    event ServedScripted(bytes32 indexed lease, uint64 indexed era, uint40 served);
    event EraScripted(uint64 indexed era, uint40 coveredUntil);
    event FallbackScripted(bool open);
    event LeafScripted(uint64 indexed era, bytes32 leaf);
    event LastEffectiveScripted(uint64 era);
    event ElectorateScripted(address[] keys, uint256[] weights);

    error NoScore(uint64 provider);
    error NoReport(uint64 era);
    error NoLeaf(bytes32 lease, uint64 era, uint40 served);
    error LengthMismatch(uint256 left, uint256 right);

    /// @inheritdoc IVerifier
    uint40 public lastCoveredUntil;

    /// @inheritdoc IVerifier
    bool public fallbackOpen;

    /// @notice As `IEraReports` has it; of no consequence for what leases were served.
    uint64 public lastEffectiveEra;

    address[] private _keys;
    uint256[] private _weights;
    mapping(uint64 era => mapping(bytes32 leaf => bool)) private _leaves;
    mapping(uint64 provider => Score score) private _scores;
    mapping(uint64 era => uint40 coveredUntil) private _coveredUntil;
    mapping(bytes32 lease => mapping(uint64 era => uint256 servedPlusOne)) private _served;

    constructor(address authority) AccessManaged(authority) {}

    /// @param score 0 to 10,000 @param asOf Unix seconds
    function setScore(uint64 provider, uint16 score, uint40 asOf) external restricted {
        _scores[provider] = Score(score, asOf);
        emit ScoreScripted(provider, score, asOf);
    }

    /// @notice Writes the lease's leaf of that era. @param served seconds since its start, cumulative
    function setServed(bytes32 lease, uint64 era, uint40 served) external restricted {
        _served[lease][era] = uint256(served) + 1;
        emit ServedScripted(lease, era, served);
    }

    /// @notice Makes the era's report effective; it becomes the last one.
    function setEra(uint64 era, uint40 coveredUntil) external restricted {
        _coveredUntil[era] = coveredUntil;
        lastCoveredUntil = coveredUntil;
        emit EraScripted(era, coveredUntil);
    }

    function setFallback(bool open) external restricted {
        fallbackOpen = open;
        emit FallbackScripted(open);
    }

    /// @notice Puts any leaf into the era's report, whether that is effective or not.
    function setLeaf(uint64 era, bytes32 leaf) external restricted {
        _leaves[era][leaf] = true;
        emit LeafScripted(era, leaf);
    }

    /// @notice Makes all reports up to that era effective.
    function setLastEffective(uint64 era) external restricted {
        lastEffectiveEra = era;
        emit LastEffectiveScripted(era);
    }

    /// @notice Who the monitors are.
    function setElectorate(address[] calldata keys, uint256[] calldata weights) external restricted {
        (_keys, _weights) = (keys, weights);
        emit ElectorateScripted(keys, weights);
    }

    /// @notice As `IEraReports` has it.
    function electorate() external view returns (address[] memory keys, uint256[] memory weights) {
        return (_keys, _weights);
    }

    /// @notice Ends a lease that names this contract as its verifier.
    function end(ILeaseEscrow escrow, Terms calldata terms, uint40 endedAt, uint8 reason, bytes32 evidence)
        external
        restricted
    {
        escrow.endByVerifier(terms, endedAt, reason, evidence);
    }

    /// @inheritdoc ITrustSource
    function provenScore(uint64 provider, bytes calldata) external view returns (uint16 score, uint40 asOf) {
        Score memory known = _scores[provider];
        if (known.asOf == 0) revert NoScore(provider);
        return (known.score, known.asOf);
    }

    /// @inheritdoc IVerifier
    function verifyServed(bytes32 lease, ServedLeaf calldata leaf, bytes32[] calldata)
        external
        view
        returns (uint40 coveredUntil)
    {
        _checkLeaf(lease, leaf.era, leaf.served);
        return _coveredBy(leaf.era);
    }

    /// @inheritdoc IVerifier
    function verifyServedMany(
        bytes32[] calldata leases,
        uint64 era,
        uint40[] calldata served,
        bytes32[] calldata,
        bool[] calldata
    ) external view returns (uint40 coveredUntil) {
        if (leases.length != served.length) revert LengthMismatch(leases.length, served.length);
        for (uint256 i = 0; i < leases.length; ++i) {
            _checkLeaf(leases[i], era, served[i]);
        }
        return _coveredBy(era);
    }

    /// @notice As `IEraReports` has it.
    function verifyLeaf(uint64 era, bytes32 leaf, bytes32[] calldata) external view returns (uint40 coveredUntil) {
        if (era > lastEffectiveEra || !_leaves[era][leaf]) revert NoReport(era);
        return _coveredUntil[era];
    }

    function _checkLeaf(bytes32 lease, uint64 era, uint40 served) private view {
        if (_served[lease][era] != uint256(served) + 1) revert NoLeaf(lease, era, served);
    }

    function _coveredBy(uint64 era) private view returns (uint40 coveredUntil) {
        coveredUntil = _coveredUntil[era];
        if (coveredUntil == 0) revert NoReport(era);
    }
}
