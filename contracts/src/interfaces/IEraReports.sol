// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITrustSource} from "./ITrustSource.sol";
import {IVerifier} from "./IVerifier.sol";
import {LeaseEnd, Report, Terms} from "./Types.sol";

/// @title What the monitors agreed on, one Merkle root an era
/// @notice A monitor is a key with locked stake; its weight is that stake in whole tokens. A report is a root that more than
/// two thirds of the weight signed. The first one posted for an era is pending for the activation delay, in which governance
/// may veto it, a bounded number of times; then it is effective, for ever. Only then the next era's can be posted. Leaves are
/// cumulative, so one proof against any effective report settles everything up to it, and nothing here grows with the number
/// of leases or providers.
///
/// Eras are counted from 1. `coveredUntil` only rises, and may jump: a time in which nobody reported needs no empty reports.
///
/// Leaves, each `keccak256(keccak256(abi.encode(kind, ...)))`, in a tree whose pairs are hashed in sorted order:
/// - 1 Lease(bytes32 lease, uint40 served): seconds served since the lease's start
/// - 2 Credit(bytes32 lease, uint64 provider, address tenant, uint256 amount): stake tokens that its provider owes its tenant
/// - 3 Provider(uint64 provider, uint16 score, uint256 rewards, uint256 slashed): stake tokens
/// - 4 Monitor(address monitor, address asset, uint256 rewards): smallest units of the asset
/// - 5 MonitorSlash(address monitor, uint256 slashed): stake tokens
/// - 6 Dispute(uint64 dispute, bool upheld)
interface IEraReports is IVerifier, ITrustSource {
    /// @notice Fixed at deployment. The reports of two eras come into effect, or the fallback opens, within `2 * (maxVetoes + 1)`
    /// rounds, whatever is vetoed: that long it can take until the era is judged that began when another ended. So stake must
    /// unbond no sooner than that many times `eraSeconds + activationDelay`, and no lease be finished sooner than that many
    /// times `livenessEras * eraSeconds + activationDelay`; the constructor checks both.
    struct Timing {
        uint32 eraSeconds; // how long an era is meant to be
        uint32 activationDelay; // between posting and effect
        uint16 livenessEras; // so many eras after the last effective report, or the last veto, the fallback opens
        uint8 maxVetoes; // of one era's reports in a row
    }

    /// @notice One storage slot. Weights are stake in whole tokens.
    struct Monitor {
        address key; // zero: there is no monitor of that index any more
        uint32 weight; // counts until `nextFrom`
        uint32 nextWeight; // counts from `nextFrom` on
        uint32 nextFrom; // index of an era by the clock, see {clockEra}
    }

    /// @notice What is kept of a report. `effectiveAt` 0: there is none.
    struct Posted {
        bytes32 root;
        uint40 coveredUntil;
        uint40 effectiveAt;
    }

    /// @notice What governance sets, within bounds; monitors read it when they compute a report.
    struct Policy {
        uint32 minWeight; // whole stake tokens that a monitor needs
        uint16 creditBps; // of what an era of a lease below its promised uptime costs, that its provider owes; at most 10,000
        uint96 disputeBond; // stake tokens that a dispute needs
    }

    struct Dispute {
        address opener;
        uint96 bond; // 0: resolved, or never opened
        uint64 openedIn; // last posted era at opening
    }

    event MonitorJoined(uint8 indexed index, address indexed key);
    event MonitorWeightChanged(uint8 indexed index, address indexed key, uint32 weight, uint32 nextWeight, uint32 nextFrom);
    event MonitorLeft(uint8 indexed index, address indexed key);
    /// @dev `publicKey` is the compressed key of `key`, `addresses` multiaddrs separated by spaces: where peers dial it.
    event MonitorContact(uint8 indexed index, address indexed key, bytes publicKey, string addresses);
    event ReportPosted(
        uint64 indexed era,
        uint32 attempt,
        uint32 round,
        bytes32 root,
        uint40 coveredUntil,
        bytes32 dataHash,
        uint40 effectiveAt,
        uint256 signers // bit i: the monitor of index i signed
    );
    event ReportVetoed(uint64 indexed era, uint32 attempt);
    event Equivocated(address indexed key, uint64 indexed era, uint256 slashed);
    event CreditApplied(bytes32 indexed lease, uint64 indexed provider, address indexed tenant, uint256 amount, uint256 taken);
    event ProviderSlashed(uint64 indexed provider, uint256 amount, uint256 taken);
    event MonitorSlashed(address indexed monitor, uint256 amount, uint256 taken);
    event DisputeOpened(
        uint64 indexed dispute, bytes32 indexed lease, uint64 indexed era, address opener, uint256 bond, bytes32 evidence
    );
    event DisputeResolved(uint64 indexed dispute, bool upheld, uint256 returned);
    event AuditorChanged(address indexed auditor, bool named);
    event ProviderAttested(
        uint64 indexed provider, address indexed auditor, uint16 resultBps, bytes32 evidence, uint40 expiry
    );
    event PolicyChanged(Policy policy);

    error InvalidTiming(Timing timing);
    error UnbondingDelayTooShort(uint32 delay, uint256 least);
    error FinalGraceTooShort(uint32 grace, uint256 least);
    error TooManyMonitors(uint256 most);
    error AlreadyMonitor(address key);
    error Ejected(address key);
    error NotMonitor(address caller);
    error UnknownMonitor(uint256 index);
    error WeightTooLow(uint32 weight, uint32 least);
    error InvalidPublicKey(uint256 bytes_);
    error ContactTooLong(uint256 bytes_, uint256 most);
    error StillCounted(uint8 index, uint32 nextFrom, uint256 clockEra);
    error ForOtherReports(address reports);
    error WrongEra(uint64 era, uint64 next);
    error WrongAttempt(uint32 attempt, uint32 current);
    error CoveredUntilOutOfBounds(uint40 coveredUntil, uint40 after_, uint40 most);
    error PreviousPending(uint64 era, uint40 effectiveAt);
    error SignersNotRising(uint256 position);
    error LengthMismatch(uint256 left, uint256 right);
    error InvalidSignature(address signer);
    error QuorumMissing(uint256 weight, uint256 total);
    error NotPending(uint64 era);
    error VetoesSpent(uint64 era, uint8 most);
    error NotEffective(uint64 era);
    error NoLeaf(uint64 era, bytes32 leaf);
    error LeaseMismatch(bytes32 lease, bytes32 signedFor);
    error NotEquivocation();
    error NotParty(bytes32 lease, address caller);
    error UnknownDispute(uint64 dispute);
    error DisputeOpen(uint64 dispute, uint64 until);
    error NotAuditor(address caller);
    error InvalidBps(uint16 bps);
    error InvalidPolicy(Policy policy);

    // Monitors

    /// @notice Makes the caller's key a monitor, with so much of its own pool's stake locked ({IStaking.stake} comes first). It
    /// counts from the next era by the clock. Of a full list the monitor that weighs least from then on makes room at once, if it
    /// weighs less than half as much; so a list that is full of small ones shuts nobody out.
    /// @param weight whole stake tokens, at least the policy's
    /// @param publicKey compressed, 33 bytes @param addresses at most 512 bytes, see {MonitorContact}
    function join(uint32 weight, bytes calldata publicKey, string calldata addresses) external returns (uint8 index);

    /// @notice Raises or lowers the caller's weight from the next era by the clock; 0 leaves. The lock of what was lowered
    /// stays until {unlock}.
    function setWeight(uint32 weight) external;

    /// @notice Unlocks what no longer counts; takes a monitor of weight 0 off the list, whose index another may get. By anyone.
    function unlock(uint8 index) external;

    /// @notice Tells peers where the caller is dialled now.
    function setContact(bytes calldata publicKey, string calldata addresses) external;

    // Reports

    /// @notice Posts the next era's report. By anyone who holds the signatures of more than two thirds of the weight of now.
    /// @param signers indices of monitors, rising @param signatures 65 bytes each, of the report's digest
    function postReport(Report calldata report, uint8[] calldata signers, bytes[] calldata signatures) external;

    /// @notice Voids a pending report; its era is reported anew under the next attempt. Governance only, and at most `maxVetoes`
    /// times in a row: the report after that takes effect. A veto opens no fallback: livenessEras count anew from it.
    function veto(uint64 era) external;

    /// @notice Ends a lease that names this verifier, as of `end.endedAt`: its provider vanished. Needs the same quorum.
    function endLease(Terms calldata terms, LeaseEnd calldata end, uint8[] calldata signers, bytes[] calldata signatures)
        external;

    // Consequences, each by anyone with a proof against an effective report

    /// @notice Slashes the provider's pool, for the tenant, by what the leaf says beyond what was asked before. The tenant gets
    /// what the owner's own stake covers of it (see {IStaking}). @return taken stake tokens, burnt ones included
    function applyCredit(
        uint64 era,
        bytes32 lease,
        uint64 provider,
        address tenant,
        uint256 amount,
        bytes32[] calldata proof
    ) external returns (uint256 taken);

    /// @notice Slashes the provider's pool likewise. @return taken
    function applyProviderSlash(
        uint64 era,
        uint64 provider,
        uint16 score,
        uint256 rewards,
        uint256 slashed,
        bytes32[] calldata proof
    ) external returns (uint256 taken);

    /// @notice Slashes a monitor's pool likewise, and its weight with it at once. @return taken
    function applyMonitorSlash(uint64 era, address monitor, uint256 slashed, bytes32[] calldata proof)
        external
        returns (uint256 taken);

    /// @notice Two different reports of the same era, attempt and round that one key signed: all its locked stake is slashed,
    /// its weight is 0 at once, and it can never {join} again. Who was a monitor answers with what it had locked for as long
    /// as that may still be unbonding. @return taken
    function slashEquivocation(Report calldata a, bytes calldata sa, Report calldata b, bytes calldata sb)
        external
        returns (uint256 taken);

    // Disputes and auditors

    /// @notice Asks for a recount of a lease and an era, for a bond. The lease's tenant, or its provider's owner or operator.
    /// @param evidence hash of what the opener shows the monitors
    function openDispute(Terms calldata terms, uint64 era, bytes32 evidence) external returns (uint64 dispute);

    /// @notice Gives the bond back if the recount changed the era's figures, else keeps it from everybody for good. By anyone.
    function resolveDispute(uint64 dispute, bool upheld, uint64 era, bytes32[] calldata proof) external;

    /// @notice Gives the bond back if three eras became effective after the opening and nobody recounted, or if reports fail to
    /// come for so long that the fallback is open. By anyone.
    function expireDispute(uint64 dispute) external;

    /// @notice States the result of a security audit of a provider. Auditors only; monitors read the event.
    /// @param resultBps 0 to 10,000 @param evidence hash of the audit's report @param expiry when it no longer counts
    function attest(uint64 provider, uint16 resultBps, bytes32 evidence, uint40 expiry) external;

    // Governance

    function setPolicy(Policy calldata policy) external;

    function setAuditor(address auditor, bool named) external;

    // Views

    function timing() external view returns (Timing memory);

    function policy() external view returns (Policy memory);

    /// @notice When the contract was deployed: era boundaries by the clock are `genesis + n * eraSeconds`.
    function genesis() external view returns (uint40);

    /// @notice `(now - genesis) / eraSeconds`.
    function clockEra() external view returns (uint256);

    /// @notice Era, attempt and the least `coveredUntil` (exclusive) of the report that could be posted next.
    function nextReport() external view returns (uint64 era, uint32 attempt, uint40 after_);

    /// @notice The last posted era; 0 if none. It is effective once `reportOf(era).effectiveAt` has come.
    function lastEra() external view returns (uint64);

    /// @notice The last effective era; 0 if none.
    function lastEffectiveEra() external view returns (uint64);

    /// @notice A vetoed report is none.
    function reportOf(uint64 era) external view returns (Posted memory);

    /// @notice The highest index of a monitor, plus one. At most 128.
    function monitorCount() external view returns (uint256);

    /// @notice Monitor by index, weights as they count now (`weight`) and from `nextFrom` on. `key` is 0 where there is none.
    function monitorAt(uint256 index) external view returns (Monitor memory);

    /// @notice All monitors at once: by index, key and weight as it counts now. Key and weight are 0 where there is none.
    function electorate() external view returns (address[] memory keys, uint256[] memory weights);

    /// @return index plus one; 0: not a monitor
    function monitorIndex(address key) external view returns (uint256);

    /// @notice Weight of all monitors now.
    function totalWeight() external view returns (uint256);

    /// @notice Whether the key signed two reports where it may sign one.
    function isEjected(address key) external view returns (bool);

    /// @notice Checks any leaf against an effective report. Reverts if it is not in it.
    /// @param leaf `keccak256(keccak256(abi.encode(kind, ...)))` @return coveredUntil
    function verifyLeaf(uint64 era, bytes32 leaf, bytes32[] calldata proof) external view returns (uint40 coveredUntil);

    function creditedOf(bytes32 lease) external view returns (uint256);

    function slashedOfProvider(uint64 provider) external view returns (uint256);

    function slashedOfMonitor(address monitor) external view returns (uint256);

    function disputeOf(uint64 dispute) external view returns (Dispute memory);

    function isAuditor(address auditor) external view returns (bool);

    /// @notice What a monitor signs for a report: its EIP-712 digest in the market's domain.
    function hashReport(Report calldata report) external view returns (bytes32);

    /// @notice What a monitor signs for a lease's end.
    function hashLeaseEnd(LeaseEnd calldata end) external view returns (bytes32);
}
