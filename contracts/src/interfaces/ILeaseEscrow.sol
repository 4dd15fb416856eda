// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Extend, JobTerms, LeaseState, ServedLeaf, Terms} from "./Types.sol";

/// @title The only contract that holds tenants' money
/// @notice Tokens leave only by {withdraw}; everything else moves balances, so nobody's blocked or reverting address can
/// hold up another's money. Payments go by the second: `owed(s) = floor(rate * s / 3600)`, deposits round up, and what is
/// stored is seconds, so rounding cannot accumulate. A lease holds `ceil(rate * (stop - start) / 3600) - owed(secondsPaid)`
/// until it is resolved, where `stop = min(end, closedAt)`.
///
/// A job is never paid by the second. It holds its whole price, `ceil(rate * duration / 3600)`, until the verifier in its terms
/// resolves it, and gives its units back then: its `end` says what was bought, not when it is over.
///
/// No parameter reaches {withdraw}, {close}, {settle}, {settleByTime} or {finish}.
interface ILeaseEscrow {
    event Deposited(address indexed account, address indexed asset, uint256 amount, address from);
    event Withdrawn(address indexed account, address indexed asset, uint256 amount, address to);
    event Reserved(address indexed account, address indexed asset, uint256 amount);
    event Unreserved(address indexed account, address indexed asset, uint256 amount);
    /// @notice Enough to settle and end the lease without anything else: its terms in full.
    event LeaseOpened(bytes32 indexed lease, address indexed tenant, uint64 indexed provider, uint40 end, Terms terms);
    event LeaseExtended(bytes32 indexed lease, uint40 end, uint256 amount);
    /// @param refunded what came back to the tenant at once
    event LeaseEnded(bytes32 indexed lease, uint8 indexed reason, uint40 closedAt, uint256 refunded, bytes32 evidence);
    /// @param secondsPaid cumulative; 0 for a job, which is paid at once @param paid to the provider, net of the fee
    event LeaseSettled(bytes32 indexed lease, uint40 secondsPaid, uint256 paid, uint256 fee);
    /// @notice Nothing is held any more. @param refunded what came back to the tenant now
    event LeaseResolved(bytes32 indexed lease, uint256 refunded);
    event LeaseReleased(bytes32 indexed lease);
    event FallbackEntered(bytes32 indexed lease, uint40 settledUntil);
    /// @notice A job's verify fee went from its tenant's balance to its verifier's.
    event JobCharged(bytes32 indexed lease, uint256 amount);
    event Given(address indexed from, address indexed to, address indexed asset, uint256 amount);
    event AssetChanged(address indexed asset, bool allowed);
    event VerifierChanged(address indexed verifier, bool allowed);
    event JobVerifierChanged(address indexed verifier, bool allowed);
    event FeeChanged(uint16 feeBps);

    error AssetNotAllowed(address asset);
    error VerifierNotAllowed(address verifier);
    error VerifierDiffers(bytes32 lease, address verifier, address first);
    error UnsupportedKind(uint8 kind);
    error NothingReceived(address asset, uint256 asked);
    error InsufficientBalance(address account, address asset, uint256 asked, uint256 available);
    error ZeroAddress();
    error NotOrderBook(address caller);
    error NotTenant(bytes32 lease, address caller, address tenant);
    error NotProvider(bytes32 lease, address caller);
    error NotVerifier(bytes32 lease, address caller, address verifier);
    error UnknownLease(bytes32 lease);
    error LeaseExists(bytes32 lease);
    error LeaseOver(bytes32 lease, uint40 stop, uint40 now_);
    error LeaseNotOver(bytes32 lease, uint40 stop, uint40 now_);
    error AlreadyEnding(bytes32 lease, uint40 closedAt);
    error AlreadyResolved(bytes32 lease);
    error NotByTime(bytes32 lease);
    error IsByTime(bytes32 lease);
    error IsJob(bytes32 lease);
    error NotJob(bytes32 lease);
    error JobTermsMismatch(bytes32 lease, bytes32 given, bytes32 agreed);
    error ChargedAlready(bytes32 lease);
    error EndOutOfBounds(bytes32 lease, uint40 asked, uint40 least, uint40 most);
    error ExtendMismatch(bytes32 lease, bytes32 signedFor);
    error ExtendExpired(uint40 expiry, uint40 now_);
    error ExtendTooDear(uint256 asked, uint256 most);
    error InvalidSignature(address signer);
    error InvalidReason(uint8 reason);
    error FallbackClosed(bytes32 lease);
    error LeafNotLast(uint40 coveredUntil, uint40 last);
    error TooEarlyToFinish(bytes32 lease, uint40 from, uint40 now_);
    error FeeTooHigh(uint16 asked, uint16 most);
    error LengthMismatch(uint256 left, uint256 right);

    // Balances

    /// @notice Takes tokens from the caller for `account`'s balance. @return received measured by the change of balance
    function deposit(address account, address asset, uint256 amount) external returns (uint256 received);

    /// @notice Takes tokens from `owner` into its own balance by an EIP-2612 permit. By anyone; a permit that was already
    /// used is no error as long as the allowance is there.
    function depositWithPermit(address owner, address asset, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        returns (uint256 received);

    /// @notice The one place where tokens leave.
    function withdraw(address asset, uint256 amount, address to) external;

    /// @notice Moves the caller's balance to another account's, inside the escrow.
    function give(address to, address asset, uint256 amount) external;

    function balanceOf(address account, address asset) external view returns (uint256);

    // Order book only

    /// @notice Moves an account's balance to the order book's, for an auction on chain.
    function reserve(address account, address asset, uint256 amount) external;

    /// @notice Moves it back.
    function unreserve(address account, address asset, uint256 amount) external;

    /// @notice Opens a lease of `duration` seconds from `terms.start`. `reserved`: the order book's balance pays. The terms are
    /// the order book's word; here only the kind, the verifier and the money are checked.
    /// @return lease its id
    function open(Terms calldata terms, uint32 duration, bool reserved) external returns (bytes32 lease);

    /// @notice Ends the tenant's lease `handoverSeconds` from now, unless it ends sooner. `takeOver`: its units go back at once.
    function replace(Terms calldata terms, uint32 handoverSeconds, bool takeOver) external;

    // Life of a lease that is a service; each of these refuses jobs

    /// @notice Ends the lease at its stop: now, or after `minSeconds` from its start. The rest returns at once. Tenant only.
    /// A lease that is already ending may still be closed if that ends it sooner. Capacity goes back in the same call if the
    /// stop is now. @return refunded what came back to the tenant at once
    function close(Terms calldata terms) external returns (uint256 refunded);

    /// @notice Prolongs a running lease to `newEnd`, at most `latestEnd`. Tenant only.
    function extend(Terms calldata terms, uint40 newEnd) external returns (uint256 amount);

    /// @notice The same by whoever holds the tenant's signed {Extend}.
    function extendWithSignature(Terms calldata terms, uint40 newEnd, Extend calldata permission, bytes calldata signature)
        external
        returns (uint256 amount);

    /// @notice The provider's operator or owner leaves: free and unpaid within the start window; an interruptible lease after
    /// its notice; else at once with a penalty from stake, to the tenant. A lease that is already ending can only be made to
    /// end sooner.
    /// @param reason {Reason}: NO_MANIFEST or CANNOT_RUN (start window only), INTERRUPTED (interruptible only), ABANDONED
    /// @param evidence hash of what explains it, kept off chain
    function abandon(Terms calldata terms, uint8 reason, bytes32 evidence) external;

    /// @notice Ends the lease as of `endedAt`, not after now and not before what was paid. Only the verifier in its terms.
    /// @param reason {Reason}: ENDED_BY_MONITORS or what comes after it; the others are for the parties to give
    function endByVerifier(Terms calldata terms, uint40 endedAt, uint8 reason, bytes32 evidence) external;

    /// @notice Pays a monitored lease what a report proves it served, up to what the report covers. By anyone. A leaf below
    /// what was paid pays nothing. A report that covers the stop resolves the lease. @return paid net of the fee
    function settle(Terms calldata terms, ServedLeaf calldata leaf, bytes32[] calldata proof) external returns (uint256 paid);

    /// @notice {settle} for several leases of one verifier and one report with one multiproof. Leases that were resolved or
    /// went over to settlement by time since the batch was made are passed over. @return paid net of the fee
    function settleMany(
        Terms[] calldata terms,
        uint64 era,
        uint40[] calldata served,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) external returns (uint256 paid);

    /// @notice Pays leases that are settled by time up to now. By each lease's provider's operator or payout. One settlement
    /// reaches `maxSilence` back from now; what it skips is the tenant's. Leases resolved since the batch was made are passed
    /// over. @return paid net of the fee, over all assets
    function settleByTime(Terms[] calldata terms) external returns (uint256 paid);

    /// @notice While the verifier's fallback is open: settles with the last effective leaf, then by time, from this call on.
    /// Leaf and proof are ignored if no report covers anything after the lease's start. Operator or payout only.
    function settleByFallback(Terms calldata terms, ServedLeaf calldata leaf, bytes32[] calldata proof)
        external
        returns (uint256 paid);

    /// @notice From `stop + finalGrace`: what nobody claimed goes to the tenant. By anyone.
    function finish(Terms calldata terms) external returns (uint256 refunded);

    /// @notice Gives an ended lease's units back. By anyone, independent of settlement. Does nothing if they went back already.
    function release(Terms calldata terms) external;

    // Jobs, by the verifier in their terms only

    /// @notice Takes the job's verify fee from its tenant's balance into the caller's. At most twice: as the fee, and as the bond
    /// of a challenge. @param jobTerms what the lease's terms have the hash of
    function chargeJob(Terms calldata terms, JobTerms calldata jobTerms) external;

    /// @notice Ends the job, once: pays the provider `most` of what the lease holds, less the market's fee, the tenant the rest,
    /// and gives the units back. @param reason {Reason}: CLOSED_BY_TENANT or one of a job's
    /// @param punish whether the provider's stake pays the penalty for abandoning, to the tenant
    function resolveJob(Terms calldata terms, uint256 most, uint8 reason, bytes32 evidence, bool punish) external;

    // Views

    function leaseIdOf(Terms calldata terms) external pure returns (bytes32);

    function leaseOf(bytes32 lease) external view returns (LeaseState memory);

    /// @notice What the lease still holds. @return amount smallest units
    function heldOf(Terms calldata terms) external view returns (uint256 amount);

    function isAllowedAsset(address asset) external view returns (bool);

    function isAllowedVerifier(address verifier) external view returns (bool);

    function isAllowedJobVerifier(address verifier) external view returns (bool);

    function feeBps() external view returns (uint16);

    function finalGrace() external view returns (uint32);

    // Governance

    /// @notice Only gates deposits; money already here is unaffected.
    function setAsset(address asset, bool allowed) external;

    /// @notice Only gates new leases that are services.
    function setVerifier(address verifier, bool allowed) external;

    /// @notice Only gates new jobs.
    function setJobVerifier(address verifier, bool allowed) external;

    /// @notice At most 200 (2 %).
    function setFee(uint16 feeBps) external;
}
