// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LeaseId} from "../LeaseId.sol";
import {IEraReports} from "../interfaces/IEraReports.sol";
import {ILeaseEscrow} from "../interfaces/ILeaseEscrow.sol";
import {Terms} from "../interfaces/Types.sol";
import {Leaves} from "./Leaves.sol";
import {Reports} from "./Reports.sol";

/// @title What the parties and the auditors tell the monitors
abstract contract Disputes is Reports {
    using SafeERC20 for IERC20;

    /// @dev Nobody has its key. The token itself refuses the zero address.
    address private constant NOBODY = 0x000000000000000000000000000000000000dEaD;
    /// @dev A recount comes with the next report, or with the one after it if the next one's era was over; one more is time to
    /// show it.
    uint64 private constant ERAS_TO_RECOUNT = 3;

    IERC20 private immutable TOKEN = STAKING.TOKEN();

    uint64 private _disputeCount;
    mapping(uint64 dispute => Dispute) private _disputes;

    /// @inheritdoc IEraReports
    mapping(address auditor => bool named) public isAuditor;

    // Parties

    /// @inheritdoc IEraReports
    function openDispute(Terms calldata terms, uint64 era, bytes32 evidence) external returns (uint64 dispute) {
        // Check
        bytes32 lease = LeaseId.hash(terms);
        _checkParty(terms, lease);
        _effective(era);
        // Effect
        uint96 bond = policy().disputeBond;
        dispute = ++_disputeCount;
        _disputes[dispute] = Dispute(msg.sender, bond, lastEra());
        emit DisputeOpened(dispute, lease, era, msg.sender, bond, evidence);
        // Interaction
        TOKEN.safeTransferFrom(msg.sender, address(this), bond);
    }

    /// @inheritdoc IEraReports
    function resolveDispute(uint64 dispute, bool upheld, uint64 era, bytes32[] calldata proof) external {
        verifyLeaf(era, Leaves.dispute(dispute, upheld), proof);
        _resolve(dispute, upheld, upheld);
    }

    /// @inheritdoc IEraReports
    function expireDispute(uint64 dispute) external {
        uint64 until = _disputes[dispute].openedIn + ERAS_TO_RECOUNT;
        if (_disputes[dispute].bond != 0 && lastEffectiveEra() < until && !fallbackOpen()) {
            revert DisputeOpen(dispute, until);
        }
        _resolve(dispute, false, true);
    }

    // Auditors

    /// @inheritdoc IEraReports
    function attest(uint64 provider, uint16 resultBps, bytes32 evidence, uint40 expiry) external {
        if (!isAuditor[msg.sender]) revert NotAuditor(msg.sender);
        if (resultBps > BPS) revert InvalidBps(resultBps);
        emit ProviderAttested(provider, msg.sender, resultBps, evidence, expiry);
    }

    /// @inheritdoc IEraReports
    function setAuditor(address auditor, bool named) external restricted {
        isAuditor[auditor] = named;
        emit AuditorChanged(auditor, named);
    }

    // Views

    /// @inheritdoc IEraReports
    function disputeOf(uint64 dispute) external view returns (Dispute memory) {
        return _disputes[dispute];
    }

    // Inside

    /// @dev The lease is one that these monitors watch, and the caller is a party to it.
    function _checkParty(Terms calldata terms, bytes32 lease) private view {
        if (ESCROW.leaseOf(lease).end == 0) revert ILeaseEscrow.UnknownLease(lease);
        if (terms.verifier != address(this)) revert ILeaseEscrow.NotVerifier(lease, address(this), terms.verifier);
        if (msg.sender == terms.tenant || REGISTRY.isOwnerOrOperator(terms.provider, msg.sender)) return;
        revert NotParty(lease, msg.sender);
    }

    function _resolve(uint64 dispute, bool upheld, bool returned) private {
        // Check
        (address opener, uint96 bond) = (_disputes[dispute].opener, _disputes[dispute].bond);
        if (bond == 0) revert UnknownDispute(dispute);
        // Effect
        _disputes[dispute].bond = 0;
        emit DisputeResolved(dispute, upheld, returned ? bond : 0);
        // Interaction
        TOKEN.safeTransfer(returned ? opener : NOBODY, bond);
    }
}
