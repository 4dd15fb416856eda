// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Award, Extend, JobTerms, LeaseEnd, Offer, Order, Report, Verdict} from "./interfaces/Types.sol";

/// @title EIP-712 struct hashes of the signed messages
/// @notice In memory a struct is its members' words, and so is its EIP-712 encoding: they are hashed as they stand.
library Messages {
    bytes32 internal constant ORDER_TYPEHASH = keccak256(
        "Order(address tenant,address agent,address asset,bytes32 resource,uint8 kind,uint8 tier,uint32 units,uint16 replicas,"
        "uint96 maxPrice,uint32 duration,uint32 maxMinSeconds,uint16 uptimeBps,uint32 maxSilence,uint8 worstLevel,uint8 spread,"
        "bytes2[] countries,address verifier,bytes32 manifest,bytes32 jobTerms,bytes32 previous,uint32 handoverSeconds,"
        "uint40 auctionEnd,uint40 expiry,uint256 nonce)"
    );
    bytes32 internal constant OFFER_TYPEHASH = keccak256(
        "Offer(uint64 provider,uint32 offerEpoch,bytes32 order,bytes32 resource,address asset,uint8 tier,uint32 units,"
        "uint96 price,uint32 minSeconds,uint32 maxDuration,uint32 noticeSeconds,uint40 expiry,uint256 salt)"
    );
    bytes32 internal constant AWARD_TYPEHASH = keccak256("Award(bytes32 order,bytes32 offers,uint40 deadline)");
    bytes32 internal constant EXTEND_TYPEHASH =
        keccak256("Extend(bytes32 lease,uint40 latestEnd,uint96 maxAmount,uint40 expiry)");
    bytes32 internal constant OPERATOR_ACCEPTANCE_TYPEHASH =
        keccak256("OperatorAcceptance(address owner,address operator,uint40 expiry)");
    bytes32 internal constant REPORT_TYPEHASH = keccak256(
        "Report(address reports,uint64 era,uint32 attempt,uint32 round,bytes32 root,uint40 coveredUntil,bytes32 dataHash)"
    );
    bytes32 internal constant LEASE_END_TYPEHASH =
        keccak256("LeaseEnd(address reports,bytes32 lease,uint40 endedAt,bytes32 evidence)");
    bytes32 internal constant JOB_TERMS_TYPEHASH = keccak256(
        "JobTerms(uint32 tasks,uint16 sample,uint8 validators,bytes32 comparator,uint32 deadlineSeconds,uint96 cancelFee,"
        "uint96 verifyFee,bytes32 inputs)"
    );
    bytes32 internal constant VERDICT_TYPEHASH =
        keccak256("Verdict(address jobs,bytes32 lease,bytes32 seed,bool passed)");

    function hashOrder(Order memory order) internal pure returns (bytes32 structHash) {
        bytes32 typeHash = ORDER_TYPEHASH;
        bytes2[] memory countries = order.countries;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typeHash)
            mcopy(add(words, 0x20), order, 0x300)
            // The member at 15 is `countries`: an array's hash is that of its elements, each in a word, as in memory.
            mstore(add(words, 0x200), keccak256(add(countries, 0x20), shl(5, mload(countries))))
            structHash := keccak256(words, 0x320)
        }
    }

    function hashOffer(Offer memory offer) internal pure returns (bytes32 structHash) {
        bytes32 typeHash = OFFER_TYPEHASH;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typeHash)
            mcopy(add(words, 0x20), offer, 0x1a0)
            structHash := keccak256(words, 0x1c0)
        }
    }

    /// @dev keccak256 of the hashes, concatenated.
    function hashList(bytes32[] memory hashes) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(hashes, 0x20), shl(5, mload(hashes)))
        }
    }

    function hashAward(Award memory award) internal pure returns (bytes32) {
        return keccak256(abi.encode(AWARD_TYPEHASH, award));
    }

    function hashExtend(Extend calldata permission) internal pure returns (bytes32) {
        return keccak256(abi.encode(EXTEND_TYPEHASH, permission));
    }

    function hashOperatorAcceptance(address owner, address operator, uint40 expiry) internal pure returns (bytes32) {
        return keccak256(abi.encode(OPERATOR_ACCEPTANCE_TYPEHASH, owner, operator, expiry));
    }

    function hashReport(Report calldata report) internal pure returns (bytes32) {
        return keccak256(abi.encode(REPORT_TYPEHASH, report));
    }

    function hashLeaseEnd(LeaseEnd calldata end) internal pure returns (bytes32) {
        return keccak256(abi.encode(LEASE_END_TYPEHASH, end));
    }

    function hashJobTerms(JobTerms calldata terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(JOB_TERMS_TYPEHASH, terms));
    }

    function hashVerdict(Verdict memory verdict) internal pure returns (bytes32) {
        return keccak256(abi.encode(VERDICT_TYPEHASH, verdict));
    }
}
