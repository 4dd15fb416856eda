// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {LeaseId} from "./LeaseId.sol";
import {MarketDomain} from "./MarketDomain.sol";
import {Messages} from "./Messages.sol";
import {Money} from "./Money.sol";
import {Signatures} from "./Signatures.sol";
import {Balances} from "./escrow/Balances.sol";
import {JobLeases} from "./escrow/JobLeases.sol";
import {LeaseMath} from "./escrow/LeaseMath.sol";
import {LeaseSlot, LeaseSlots} from "./escrow/LeaseSlot.sol";
import {Leases} from "./escrow/Leases.sol";
import {ICapacityRegistry} from "./interfaces/ICapacityRegistry.sol";
import {ILeaseEscrow} from "./interfaces/ILeaseEscrow.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Extend, Kind, Reason, ServedLeaf, Terms, Tier} from "./interfaces/Types.sol";

/// @title LeaseEscrow
contract LeaseEscrow is JobLeases {
    using LeaseMath for LeaseSlot;

    /// @dev 2 %: what governance may take of a payment at most.
    uint16 private constant MOST_FEE_BPS = 200;

    /// @inheritdoc ILeaseEscrow
    uint32 public immutable finalGrace;

    /// @inheritdoc ILeaseEscrow
    mapping(address verifier => bool allowed) public isAllowedVerifier;

    constructor(
        address authority,
        address orderBook,
        IProviderRegistry registry,
        ICapacityRegistry capacity,
        address rewardWallet,
        uint32 finalGrace_
    ) AccessManaged(authority) Balances(orderBook) Leases(registry, capacity, rewardWallet) MarketDomain(orderBook) {
        finalGrace = finalGrace_;
    }

    // Order book only

    /// @inheritdoc ILeaseEscrow
    function open(Terms calldata terms, uint32 duration, bool reserved) external onlyOrderBook returns (bytes32 lease) {
        // Check
        lease = LeaseId.hash(terms);
        if (_exists(lease)) revert LeaseExists(lease);
        _checkVerifier(terms.kind, terms.verifier);
        // Effect
        uint40 end = terms.start + duration;
        _write(
            lease,
            terms.kind == Kind.JOB
                ? LeaseSlots.openedJob(terms.start, end)
                : LeaseSlots.opened(terms.start, end, terms.uptimeBps == 0)
        );
        _debit(reserved ? ORDER_BOOK : terms.tenant, terms.asset, Money.holdUp(terms.rate, duration));
        _tellOpened(lease, end, terms);
    }

    /// @inheritdoc ILeaseEscrow
    function replace(Terms calldata terms, uint32 handoverSeconds, bool takeOver) external onlyOrderBook {
        // Check: a lease that ends sooner anyway keeps its end; but without its units it must not be extended either
        (bytes32 lease, LeaseSlot slot) = _loadService(terms);
        uint40 before = slot.stopOf();
        uint40 stop = LeaseMath.later(_now() + handoverSeconds, terms.start + terms.minSeconds);
        bool fixes = takeOver && slot.closedAt() == 0 && _now() < before;
        // Effect
        if (stop < before || fixes) (slot,) = _endAt(terms, lease, slot, stop, Reason.REPLACED, 0);
        // Effect, interaction
        if (takeOver && !slot.released()) _release(terms, lease, slot);
        else _save(terms, lease, slot);
    }

    // Life of a lease

    /// @inheritdoc ILeaseEscrow
    function close(Terms calldata terms) external returns (uint256 refunded) {
        // Check
        (bytes32 lease, LeaseSlot slot) = _loadRunning(terms);
        if (msg.sender != terms.tenant) revert NotTenant(lease, msg.sender, terms.tenant);
        // Effect
        uint40 stop = LeaseMath.later(_now(), terms.start + terms.minSeconds);
        (slot, refunded) = _endAt(terms, lease, slot, stop, Reason.CLOSED_BY_TENANT, 0);
        // Effect, interaction
        _save(terms, lease, slot);
    }

    /// @inheritdoc ILeaseEscrow
    function extend(Terms calldata terms, uint40 newEnd) external returns (uint256 amount) {
        // Check
        (bytes32 lease, LeaseSlot slot) = _loadRunning(terms);
        if (msg.sender != terms.tenant) revert NotTenant(lease, msg.sender, terms.tenant);
        // Check, effect
        return _extend(terms, lease, slot, newEnd, terms.latestEnd);
    }

    /// @inheritdoc ILeaseEscrow
    function extendWithSignature(
        Terms calldata terms,
        uint40 newEnd,
        Extend calldata permission,
        bytes calldata signature
    ) external returns (uint256 amount) {
        // Check
        (bytes32 lease, LeaseSlot slot) = _loadRunning(terms);
        if (permission.lease != lease) revert ExtendMismatch(lease, permission.lease);
        if (permission.expiry < _now()) revert ExtendExpired(permission.expiry, _now());
        uint256 whole = Money.holdUp(terms.rate, newEnd > terms.start ? newEnd - terms.start : 0);
        if (whole > permission.maxAmount) revert ExtendTooDear(whole, permission.maxAmount);
        bytes32 digest = _digest(Messages.hashExtend(permission));
        if (!Signatures.isValid(terms.tenant, digest, signature)) revert InvalidSignature(terms.tenant);
        // Check, effect
        return _extend(terms, lease, slot, newEnd, LeaseMath.earlier(terms.latestEnd, permission.latestEnd));
    }

    /// @inheritdoc ILeaseEscrow
    function abandon(Terms calldata terms, uint8 reason, bytes32 evidence) external {
        // Check
        (bytes32 lease, LeaseSlot slot) = _loadRunning(terms);
        if (!REGISTRY.isOwnerOrOperator(terms.provider, msg.sender)) revert NotProvider(lease, msg.sender);
        (uint40 stop, bool punished) = _abandonedAt(terms, slot, reason);
        // Effect
        (slot,) = _endAt(terms, lease, slot, stop, reason, evidence);
        // Effect, interaction
        _save(terms, lease, slot);
        // Interaction: not in a try, or else the provider could escape it by sending too little gas
        if (punished) CAPACITY.penalise(terms.provider, terms.resource, terms.units, terms.tier, terms.tenant);
    }

    /// @inheritdoc ILeaseEscrow
    function endByVerifier(Terms calldata terms, uint40 endedAt, uint8 reason, bytes32 evidence) external {
        // Check
        (bytes32 lease, LeaseSlot slot) = _loadUnresolved(terms);
        if (msg.sender != terms.verifier) revert NotVerifier(lease, msg.sender, terms.verifier);
        if (reason < Reason.ENDED_BY_MONITORS) revert InvalidReason(reason);
        uint40 least = slot.settledTo(terms.start);
        uint40 most = LeaseMath.earlier(_now(), slot.stopOf() - 1);
        if (endedAt < least || endedAt > most) revert EndOutOfBounds(lease, endedAt, least, most);
        // Effect
        (slot,) = _endAt(terms, lease, slot, endedAt, reason, evidence);
        // Effect, interaction
        _save(terms, lease, slot);
    }

    /// @inheritdoc ILeaseEscrow
    function settle(Terms calldata terms, ServedLeaf calldata leaf, bytes32[] calldata proof)
        external
        returns (uint256 paid)
    {
        // Check
        (bytes32 lease, LeaseSlot slot) = _loadUnresolved(terms);
        if (slot.byTime()) revert IsByTime(lease);
        uint40 coveredUntil = IVerifier(terms.verifier).verifyServed(lease, leaf, proof);
        // Effect
        Tally memory tally = _newTally();
        slot = _payServed(terms, lease, slot, leaf.served, coveredUntil, tally);
        paid = _flush(tally);
        // Effect, interaction
        _save(terms, lease, slot);
    }

    /// @inheritdoc ILeaseEscrow
    function settleMany(
        Terms[] calldata terms,
        uint64 era,
        uint40[] calldata served,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) external returns (uint256 paid) {
        // Check
        if (terms.length != served.length) revert LengthMismatch(terms.length, served.length);
        if (terms.length == 0) return 0;
        bytes32[] memory leases = _idsOf(terms);
        uint40 coveredUntil = IVerifier(terms[0].verifier).verifyServedMany(leases, era, served, proof, flags);
        // Effect, interaction: only with our own capacity registry, which calls nobody
        Tally memory tally = _newTally();
        for (uint256 i = 0; i < terms.length; ++i) {
            (bytes32 lease, LeaseSlot slot) = _loadService(terms[i]);
            if (slot.resolved() || slot.byTime()) continue; // the proof needs its leaf, but there is nothing to pay
            _save(terms[i], lease, _payServed(terms[i], lease, slot, served[i], coveredUntil, tally));
        }
        return _flush(tally);
    }

    /// @inheritdoc ILeaseEscrow
    function settleByTime(Terms[] calldata terms) external returns (uint256 paid) {
        // Effect, interaction: only with our own registries, which call nobody
        Tally memory tally = _newTally();
        uint64 served = 0; // the provider that the caller operates, once asked
        for (uint256 i = 0; i < terms.length; ++i) {
            Terms calldata t = terms[i];
            // Check
            (bytes32 lease, LeaseSlot slot) = _load(t);
            if (!slot.byTime()) revert NotByTime(lease); // which no job is
            if (served != t.provider) served = _checkEarner(t, lease);
            if (slot.resolved()) continue; // the tenant may have closed it since the batch was made
            // Effect
            _save(t, lease, _payByTime(t, lease, slot, tally));
        }
        return _flush(tally);
    }

    /// @inheritdoc ILeaseEscrow
    function settleByFallback(Terms calldata terms, ServedLeaf calldata leaf, bytes32[] calldata proof)
        external
        returns (uint256 paid)
    {
        // Check
        (bytes32 lease, LeaseSlot slot) = _loadUnresolved(terms);
        if (slot.byTime()) revert IsByTime(lease);
        _checkEarner(terms, lease);
        (uint40 served, uint40 last) = _lastServed(terms, lease, leaf, proof);
        // Effect
        Tally memory tally = _newTally();
        slot = _payServed(terms, lease, slot, served, last, tally);
        if (!slot.resolved()) {
            uint40 covered = LeaseMath.earlier(last, _now());
            uint40 settledUntil = LeaseMath.later(slot.settledTo(terms.start), covered);
            emit FallbackEntered(lease, settledUntil);
            slot = _payByTime(terms, lease, slot.withByTime().withSettledUntil(settledUntil), tally);
        }
        paid = _flush(tally);
        // Effect, interaction
        _save(terms, lease, slot);
    }

    /// @inheritdoc ILeaseEscrow
    function finish(Terms calldata terms) external returns (uint256 refunded) {
        // Check
        (bytes32 lease, LeaseSlot slot) = _loadUnresolved(terms);
        uint40 from = slot.stopOf() + finalGrace;
        if (_now() < from) revert TooEarlyToFinish(lease, from, _now());
        // Effect
        (slot, refunded) = _resolve(terms, lease, slot);
        // Effect, interaction
        _save(terms, lease, slot);
    }

    /// @inheritdoc ILeaseEscrow
    function release(Terms calldata terms) external {
        // Check
        (bytes32 lease, LeaseSlot slot) = _loadService(terms);
        uint40 stop = slot.stopOf();
        if (_now() < stop) revert LeaseNotOver(lease, stop, _now());
        // Effect, interaction
        if (!slot.released()) _release(terms, lease, slot);
    }

    // Views

    /// @inheritdoc ILeaseEscrow
    function leaseIdOf(Terms calldata terms) external pure returns (bytes32) {
        return LeaseId.hash(terms);
    }

    /// @inheritdoc ILeaseEscrow
    function heldOf(Terms calldata terms) external view returns (uint256 amount) {
        (, LeaseSlot slot) = _load(terms);
        return slot.resolved() ? 0 : slot.held(terms.rate, terms.start);
    }

    // Governance

    /// @inheritdoc ILeaseEscrow
    function setVerifier(address verifier, bool allowed) external restricted {
        isAllowedVerifier[verifier] = allowed;
        emit VerifierChanged(verifier, allowed);
    }

    /// @inheritdoc ILeaseEscrow
    function setFee(uint16 feeBps_) external restricted {
        if (feeBps_ > MOST_FEE_BPS) revert FeeTooHigh(feeBps_, MOST_FEE_BPS);
        feeBps = feeBps_;
        emit FeeChanged(feeBps_);
    }

    // Checks and decisions

    /// @dev Each kind has verifiers of its own: one that cannot do what a lease needs would keep its money.
    function _checkVerifier(uint8 kind, address verifier) private view {
        bool allowed;
        if (kind == Kind.SERVICE) allowed = verifier == address(0) || isAllowedVerifier[verifier];
        else if (kind == Kind.JOB) allowed = isAllowedJobVerifier[verifier];
        else revert UnsupportedKind(kind);
        if (!allowed) revert VerifierNotAllowed(verifier);
    }

    /// @dev Emits {LeaseOpened} with the terms as they stand in calldata: to encode 21 members again would cost 1,000 gas.
    function _tellOpened(bytes32 lease, uint40 end, Terms calldata terms) private {
        bytes32 topic = LeaseOpened.selector;
        (address tenant, uint64 provider) = (terms.tenant, terms.provider);
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, end)
            calldatacopy(add(data, 0x20), terms, 0x2a0)
            log4(data, 0x2c0, topic, lease, tenant, provider)
        }
    }

    function _loadRunning(Terms calldata terms) private view returns (bytes32 lease, LeaseSlot slot) {
        (lease, slot) = _loadUnresolved(terms);
        uint40 stop = slot.stopOf();
        if (_now() >= stop) revert LeaseOver(lease, stop, _now());
    }

    /// @return served the provider that the caller operates; 0, which is no provider, if its word counts as the payout
    function _checkEarner(Terms calldata terms, bytes32 lease) private view returns (uint64 served) {
        if (msg.sender == terms.payout) return 0;
        served = REGISTRY.providerOf(msg.sender);
        if (served != terms.provider) revert NotProvider(lease, msg.sender);
    }

    function _extend(Terms calldata terms, bytes32 lease, LeaseSlot slot, uint40 newEnd, uint40 most)
        private
        returns (uint256 amount)
    {
        // Check
        uint40 end = slot.end();
        if (slot.closedAt() != 0) revert AlreadyEnding(lease, slot.closedAt());
        if (newEnd <= end || newEnd > most) revert EndOutOfBounds(lease, newEnd, end + 1, most);
        // Effect
        amount = Money.holdUp(terms.rate, newEnd - terms.start) - Money.holdUp(terms.rate, end - terms.start);
        _debit(terms.tenant, terms.asset, amount);
        _save(terms, lease, slot.withEnd(newEnd));
        emit LeaseExtended(lease, newEnd, amount);
    }

    /// @dev When a provider that leaves now for `reason` ends the lease, and whether its stake pays for it.
    function _abandonedAt(Terms calldata terms, LeaseSlot slot, uint8 reason)
        private
        view
        returns (uint40 stop, bool punished)
    {
        bool early = _now() <= terms.start + terms.startWindow;
        if (reason == Reason.ABANDONED) return early ? (slot.settledTo(terms.start), false) : (_now(), true);
        if (early && (reason == Reason.NO_MANIFEST || reason == Reason.CANNOT_RUN)) {
            return (slot.settledTo(terms.start), false);
        }
        if (reason == Reason.INTERRUPTED && terms.tier == Tier.INTERRUPTIBLE) {
            return (_now() + terms.noticeSeconds, false);
        }
        revert InvalidReason(reason);
    }

    /// @dev The last effective report's word on the lease, if it says anything about the time since its start.
    function _lastServed(Terms calldata terms, bytes32 lease, ServedLeaf calldata leaf, bytes32[] calldata proof)
        private
        view
        returns (uint40 served, uint40 last)
    {
        IVerifier verifier = IVerifier(terms.verifier);
        if (!verifier.fallbackOpen()) revert FallbackClosed(lease);
        last = verifier.lastCoveredUntil();
        if (last <= terms.start) return (0, last);
        uint40 coveredUntil = verifier.verifyServed(lease, leaf, proof);
        if (coveredUntil != last) revert LeafNotLast(coveredUntil, last);
        return (leaf.served, last);
    }

    function _idsOf(Terms[] calldata terms) private pure returns (bytes32[] memory leases) {
        leases = new bytes32[](terms.length);
        address verifier = terms[0].verifier;
        for (uint256 i = 0; i < terms.length; ++i) {
            leases[i] = LeaseId.hash(terms[i]);
            if (terms[i].verifier != verifier) revert VerifierDiffers(leases[i], terms[i].verifier, verifier);
        }
    }
}
