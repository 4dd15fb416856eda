// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {JobTerms, Terms, Verdict} from "./Types.sol";

/// @title Jobs: paid for a result that was proved
/// @notice A job is a lease of kind 1 that names this contract as its verifier. Its provider begins it, commits to a result, and
/// a block hash that did not exist then chooses the tasks that are executed again and the monitors that do so, its validators.
/// More than half of them say whether the result is good. Money and units stand in {ILeaseEscrow}; validators' fees pass
/// through this contract's balance there.
///
/// Each state has an end and a default; what must come before a moment must come at an earlier second, and from that second
/// on the default applies. "Provider" is its owner or its operator.
///
/// | state | goes on by | until | then |
/// |---|---|---|---|
/// | None: opened | {begin} by the provider | `start + deadlineSeconds` | {expire} refunds: the provider at any time, the tenant after `startWindow`, anyone from the deadline on |
/// | Begun | {submit} by the provider | `start + deadlineSeconds` | {expire} by anyone refunds, and the provider's stake pays the penalty |
/// | Submitted | {draw} by anyone while the anchor's hash is known, {reanchor} after that, twice | `since + drawSeconds` | {expire} by anyone refunds |
/// | Drawn | {resolve} by anyone with a verdict; a good one not before `since + challengeSeconds` unless challenged | `since + challengeSeconds + verdictSeconds` | {redraw} by anyone |
/// | Recalled: a second set is to be drawn | {draw}, {reanchor} as before | `since + drawSeconds` | {split} by anyone |
/// | Redrawn | {resolve} | `since + verdictSeconds` | {split} by anyone |
/// | Ended | | | |
///
/// The tenant may {cancel} before a submission and {accept} after one, whatever the state.
///
/// How validators are drawn. `commitment` is the result's root; `seed = keccak256(abi.encode(commitment, blockhash(anchor)))` takes
/// its place. Candidates are the monitors of {IEraReports-electorate} that weigh anything, by rising index; for a second set
/// without those of the first if as many as asked for are left. The `k`-th of `min(validators, candidates)` is found by
/// `r = keccak256(abi.encode(seed, k)) mod (sum of the weights of all candidates not drawn yet)`, `k` from 0, a 256-bit word:
/// the first such candidate whose weight, added to those of all before it, is above `r`.
///
/// What is drawn are keys: who joins or leaves later changes nothing. Callers pass the keys in the order of {JobDrawn}.
interface IJobs {
    enum State {
        None,
        Begun,
        Submitted,
        Drawn,
        Recalled,
        Redrawn,
        Ended
    }

    /// @notice Fixed at deployment, in seconds; none is 0.
    struct Timing {
        uint32 challengeSeconds; // after the first draw, for the tenant to look at the result
        uint32 drawSeconds; // after a submission or a recall, for the draw
        uint32 verdictSeconds; // for the validators
    }

    /// @notice What is stored of a job: two slots.
    struct Job {
        State state;
        bool challenged;
        uint8 reanchors; // of the present set
        uint40 anchor; // number of the block whose hash draws, or drew
        uint40 since; // when the state began; 0 before the submission
        bytes19 drawn; // first bytes of the hash of the keys drawn last; 0 for none
        bytes32 commitment; // the result's root; once drawn, the seed that verdicts are signed for
    }

    /// @notice The provider has manifest and inputs. With the terms of the job, for whoever follows.
    event JobBegun(bytes32 indexed lease, uint64 indexed provider, JobTerms jobTerms);
    event JobProgressed(bytes32 indexed lease, bytes32 root);
    event JobSubmitted(bytes32 indexed lease, bytes32 resultRoot, bytes cid, uint40 anchor);
    event JobReanchored(bytes32 indexed lease, uint40 anchor);
    /// @param validators keys, in the order they were drawn
    event JobDrawn(bytes32 indexed lease, bytes32 seed, address[] validators);
    /// @param seed that verdicts are to be signed for from now on
    event JobChallenged(bytes32 indexed lease, bytes32 seed, uint32[] tasks);
    /// @notice The first set came to no verdict in time.
    event JobRecalled(bytes32 indexed lease, uint40 anchor);
    /// @param signers bit `i`: the `i`-th validator that was drawn signed
    event JobJudged(bytes32 indexed lease, bool passed, uint256 signers);
    /// @param providerBps what the provider got of the price
    event JobSplit(bytes32 indexed lease, uint16 providerBps);
    event SplitChanged(uint16 splitBps);

    error InvalidJobTiming(Timing timing);
    error InvalidJobTerms(JobTerms jobTerms);
    error WrongJobTerms(bytes32 lease, bytes32 given, bytes32 agreed);
    error WrongJobState(bytes32 lease, State state);
    error NotJobTenant(bytes32 lease, address caller, address tenant);
    error NotJobProvider(bytes32 lease, address caller);
    error TooEarly(bytes32 lease, uint40 from, uint40 now_);
    error TooLate(bytes32 lease, uint40 until, uint40 now_);
    error AnchorNotMined(bytes32 lease, uint40 anchor, uint256 block_);
    error AnchorMissed(bytes32 lease, uint40 anchor, uint256 block_);
    error AnchorNotMissed(bytes32 lease, uint40 anchor, uint256 block_);
    error ReanchorsSpent(bytes32 lease, uint8 most);
    error EmptyResult(bytes32 lease);
    error CidTooLong(uint256 bytes_, uint256 most);
    error ChallengeOutOfBounds(uint256 tasks, uint256 most);
    error UnknownTask(uint32 task, uint32 tasks);
    error ChallengedAlready(bytes32 lease);
    error WrongValidators(bytes32 lease);
    error SignersDiffer(uint256 signers, uint256 signatures);
    error SignersNotInOrder(uint256 position);
    error UnknownValidator(uint256 index, uint256 drawn);
    error InvalidVerdict(address validator);
    error MajorityMissing(uint256 signers, uint256 drawn);
    error SplitOutOfBounds(uint16 asked, uint16 least, uint16 most);

    // Provider

    /// @notice Acknowledges the manifest and the inputs, and consents to the terms. Takes the verify fee from the tenant's
    /// balance; reverts if that has too little. From here on a missed deadline costs the provider its penalty.
    function begin(Terms calldata terms, JobTerms calldata jobTerms) external;

    /// @notice Commits to what is done so far: `root` over the watermarks until now. An event only.
    function progress(Terms calldata terms, bytes32 root) external;

    /// @notice Commits to the result. @param resultRoot over all watermarks @param cid where the result is found, at most 64 bytes
    function submit(Terms calldata terms, JobTerms calldata jobTerms, bytes32 resultRoot, bytes calldata cid) external;

    // Tenant

    /// @notice Before a submission: free before {begin}, after it the provider gets `min(cancelFee, price)`. The verify fee returns.
    function cancel(Terms calldata terms, JobTerms calldata jobTerms) external;

    /// @notice Pays the provider at once. Validators who are drawn get the verify fee (and a challenge's bond) in equal parts;
    /// while none are, it returns. @param validators as drawn, empty unless the state is Drawn or Redrawn
    function accept(Terms calldata terms, JobTerms calldata jobTerms, address[] calldata validators) external;

    /// @notice Lets the validators look at these tasks too, once, while the first set is drawn and within `challengeSeconds` of that.
    /// The bond, as much as the verify fee, comes from the tenant's balance. Verdicts signed before are void: the seed becomes
    /// `keccak256(abi.encode(seed, keccak256(abi.encodePacked(tasks))))`. @param tasks 1 to 16 indices
    function challenge(Terms calldata terms, JobTerms calldata jobTerms, uint32[] calldata tasks) external;

    // Anyone

    /// @notice Draws the validators. @param former the first set when a second one is drawn, else empty
    function draw(Terms calldata terms, JobTerms calldata jobTerms, address[] calldata former) external;

    /// @notice Sets a new anchor when the last one's hash is not known any more. At most twice a set.
    function reanchor(Terms calldata terms) external;

    /// @notice Ends the job by a {Verdict} that more than half of the validators signed. Passed: the price to the provider, and
    /// the bond of a challenge to the signers. Failed: price and bond to the tenant, and the provider's penalty. Each signer
    /// gets the verify fee divided by the number of validators; what is left of it returns to the tenant.
    /// @param validators as drawn @param signers positions among them, rising @param signatures one per signer
    function resolve(
        Terms calldata terms,
        JobTerms calldata jobTerms,
        bool passed,
        address[] calldata validators,
        uint8[] calldata signers,
        bytes[] calldata signatures
    ) external;

    /// @notice Calls for a second set of validators when the first came to no verdict in time.
    function redraw(Terms calldata terms) external;

    /// @notice When the second set came to none, or was not drawn: `splitBps` of the price to the provider, the rest, fee and
    /// bond to the tenant; nobody is punished.
    function split(Terms calldata terms, JobTerms calldata jobTerms) external;

    /// @notice Ends a job whose provider did not come: see the table above.
    function expire(Terms calldata terms, JobTerms calldata jobTerms) external;

    // Governance

    /// @notice The provider's part of an undecided job's price, 2,500 to 7,500. Counts for running jobs too.
    function setSplit(uint16 splitBps) external;

    // Views

    function jobOf(bytes32 lease) external view returns (Job memory);

    function timing() external view returns (Timing memory);

    function splitBps() external view returns (uint16);

    /// @notice What validators sign: the verdict's EIP-712 digest in the market's domain.
    function hashVerdict(Verdict calldata verdict) external view returns (bytes32);

    /// @notice `jobTerms` of an order and of its leases' terms.
    function hashJobTerms(JobTerms calldata jobTerms) external view returns (bytes32);
}
