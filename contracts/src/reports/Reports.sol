// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {LeaseId} from "../LeaseId.sol";
import {MarketDomain} from "../MarketDomain.sol";
import {Messages} from "../Messages.sol";
import {IEraReports} from "../interfaces/IEraReports.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {LeaseEnd, Reason, Report, Terms} from "../interfaces/Types.sol";
import {Monitors} from "./Monitors.sol";

/// @title What a quorum of the monitors says: an era's report, a lease's end
abstract contract Reports is Monitors, MarketDomain {
    /// @dev One storage slot. Of era 0, which is none, coverage and effect are the deployment's.
    struct Head {
        uint64 era; // the last posted one
        uint32 attempt; // under which it was posted
        uint32 nextAttempt; // of the era after it
        uint40 coveredUntil; // by it
        uint40 effectiveAt; // of it
        uint40 vetoedAt; // when a report was last vetoed
    }

    uint256 private constant SIGNATURE_BYTES = 65;
    /// @dev Where every chain keeps this function.
    uint256 private constant ECRECOVER = 1;

    Head private _head;
    mapping(uint64 era => Posted) private _posted;

    constructor(address orderBook) MarketDomain(orderBook) {
        _head.coveredUntil = _now();
        _head.effectiveAt = _now();
    }

    // Quorum

    /// @inheritdoc IEraReports
    function postReport(Report calldata report, uint8[] calldata signers, bytes[] calldata signatures) external {
        // Check
        Head memory head = _head;
        _checkContract(report.reports);
        if (report.era != head.era + 1) revert WrongEra(report.era, head.era + 1);
        if (report.attempt != head.nextAttempt) revert WrongAttempt(report.attempt, head.nextAttempt);
        if (_now() < head.effectiveAt) revert PreviousPending(head.era, head.effectiveAt);
        if (report.coveredUntil <= head.coveredUntil || report.coveredUntil > _now()) {
            revert CoveredUntilOutOfBounds(report.coveredUntil, head.coveredUntil, _now());
        }
        uint256 signed = _checkQuorum(hashReport(report), signers, signatures);
        // Effect
        uint40 effectiveAt = _now() + ACTIVATION_DELAY;
        _posted[report.era] = Posted(report.root, report.coveredUntil, effectiveAt);
        _head = Head(report.era, report.attempt, 0, report.coveredUntil, effectiveAt, head.vetoedAt);
        emit ReportPosted(
            report.era,
            report.attempt,
            report.round,
            report.root,
            report.coveredUntil,
            report.dataHash,
            effectiveAt,
            signed
        );
    }

    /// @inheritdoc IEraReports
    function endLease(
        Terms calldata terms,
        LeaseEnd calldata end,
        uint8[] calldata signers,
        bytes[] calldata signatures
    ) external {
        // Check
        _checkContract(end.reports);
        bytes32 lease = LeaseId.hash(terms);
        if (end.lease != lease) revert LeaseMismatch(lease, end.lease);
        _checkQuorum(hashLeaseEnd(end), signers, signatures);
        // Interaction: only with our own escrow, which checks the rest
        ESCROW.endByVerifier(terms, end.endedAt, Reason.ENDED_BY_MONITORS, end.evidence);
    }

    // Governance

    /// @inheritdoc IEraReports
    function veto(uint64 era) external restricted {
        // Check
        Head memory head = _head;
        if (era != head.era || _now() >= head.effectiveAt) revert NotPending(era);
        if (head.attempt >= MAX_VETOES) revert VetoesSpent(era, MAX_VETOES);
        // Effect
        delete _posted[era];
        (uint40 coveredUntil, uint40 effectiveAt) = (genesis, genesis);
        if (era > 1) (coveredUntil, effectiveAt) = (_posted[era - 1].coveredUntil, _posted[era - 1].effectiveAt);
        _head = Head(era - 1, 0, head.attempt + 1, coveredUntil, effectiveAt, _now());
        emit ReportVetoed(era, head.attempt);
    }

    // Views

    /// @inheritdoc IEraReports
    function nextReport() external view returns (uint64 era, uint32 attempt, uint40 after_) {
        Head storage head = _head;
        return (head.era + 1, head.nextAttempt, head.coveredUntil);
    }

    /// @inheritdoc IEraReports
    function lastEra() public view returns (uint64) {
        return _head.era;
    }

    /// @inheritdoc IEraReports
    function lastEffectiveEra() public view returns (uint64) {
        Head storage head = _head;
        return _now() < head.effectiveAt ? head.era - 1 : head.era; // what is pending is no era 0
    }

    /// @inheritdoc IEraReports
    function reportOf(uint64 era) external view returns (Posted memory) {
        return _posted[era];
    }

    /// @inheritdoc IVerifier
    function lastCoveredUntil() external view returns (uint40) {
        return _posted[lastEffectiveEra()].coveredUntil;
    }

    /// @inheritdoc IVerifier
    function fallbackOpen() public view returns (bool) {
        Head storage head = _head;
        uint40 since = head.effectiveAt > head.vetoedAt ? head.effectiveAt : head.vetoedAt;
        return block.timestamp > since + uint256(LIVENESS_ERAS) * ERA_SECONDS;
    }

    /// @inheritdoc IEraReports
    function verifyLeaf(uint64 era, bytes32 leaf, bytes32[] calldata proof) public view returns (uint40 coveredUntil) {
        bytes32 root;
        (root, coveredUntil) = _effective(era);
        if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert NoLeaf(era, leaf);
    }

    /// @inheritdoc IEraReports
    function hashReport(Report calldata report) public view returns (bytes32) {
        return _digest(Messages.hashReport(report));
    }

    /// @inheritdoc IEraReports
    function hashLeaseEnd(LeaseEnd calldata end) public view returns (bytes32) {
        return _digest(Messages.hashLeaseEnd(end));
    }

    // Inside

    function _effective(uint64 era) internal view returns (bytes32 root, uint40 coveredUntil) {
        Posted memory posted = _posted[era];
        if (posted.effectiveAt == 0 || _now() < posted.effectiveAt) revert NotEffective(era);
        return (posted.root, posted.coveredUntil);
    }

    function _checkContract(address reports) internal view {
        if (reports != address(this)) revert ForOtherReports(reports);
    }

    /// @dev Zero if it is none. A signature's other form, with the higher s, is as good: nothing here counts signatures.
    function _recover(bytes32 digest, bytes calldata signature) internal view returns (address key) {
        if (signature.length != SIGNATURE_BYTES) return address(0);
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, digest)
            mstore(add(words, 0x20), byte(0, calldataload(add(signature.offset, 0x40))))
            calldatacopy(add(words, 0x40), signature.offset, 0x40)
            // Without a key there is no answer.
            mstore(0, 0)
            pop(staticcall(gas(), ECRECOVER, words, 0x80, 0, 0x20))
            key := mload(0)
        }
    }

    /// @return signed bit i: the monitor of index i signed
    function _checkQuorum(bytes32 digest, uint8[] calldata signers, bytes[] calldata signatures)
        private
        view
        returns (uint256 signed)
    {
        if (signers.length != signatures.length) revert LengthMismatch(signers.length, signatures.length);
        uint256 era = clockEra();
        uint256 weight = 0;
        for (uint256 i = 0; i < signers.length; ++i) {
            uint256 index = signers[i];
            if (index >= MOST_MONITORS) revert UnknownMonitor(index);
            if (signed >> index != 0) revert SignersNotRising(i);
            signed |= 1 << index;
            (address key, uint256 weight_) = _signer(index, era);
            if (key == address(0)) revert UnknownMonitor(index);
            if (_recover(digest, signatures[i]) != key) revert InvalidSignature(key);
            unchecked {
                weight += weight_; // 128 of 32 bits
            }
        }
        uint256 total = totalWeight();
        if (weight * 3 <= total * 2) revert QuorumMissing(weight, total);
    }
}
