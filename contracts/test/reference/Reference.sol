// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MarketDomain} from "../../src/MarketDomain.sol";
import {Messages} from "../../src/Messages.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {Award, LeaseState, Offer, Order, Terms} from "../../src/interfaces/Types.sol";

/// @title The least that a match could do
/// @notice What the gas report compares `matchOrder` with. It takes the same calldata, checks the same two signatures (that
/// somebody signed, not who; an offer listed again once), flips the order's bit, takes the deposit from one balance, writes one slot for the lease (or
/// two) and emits the same event. No rule of the market is checked, and nothing else is kept.
contract Reference is MarketDomain {
    bool private immutable TWO_SLOTS;

    mapping(address account => mapping(address asset => uint256)) private _balances;
    mapping(address tenant => mapping(uint256 word => uint256 bits)) private _nonces;
    mapping(bytes32 lease => LeaseState) private _leases;
    mapping(bytes32 lease => uint256) private _rates;

    constructor(bool twoSlots) MarketDomain(address(this)) {
        TWO_SLOTS = twoSlots;
    }

    function setBalance(address account, address asset, uint256 amount) external {
        _balances[account][asset] = amount;
    }

    function matchOrder(
        Order calldata order,
        Offer[] calldata offers,
        bytes[] calldata signatures,
        Award calldata award,
        bytes calldata awardSignature,
        Terms[] calldata
    ) external returns (bytes32[] memory leases) {
        bytes32 orderHash = _digest(_hashOrder(order));
        ECDSA.recoverCalldata(_digest(Messages.hashAward(award)), awardSignature);
        _nonces[order.tenant][order.nonce >> 8] |= 1 << (order.nonce & 0xff);

        leases = new bytes32[](offers.length);
        uint256 cost = 0;
        bytes32 checked;
        for (uint256 i = 0; i < offers.length; i++) {
            bytes32 offerHash = _digest(_hashOffer(offers[i]));
            if (offerHash != checked) ECDSA.recoverCalldata(offerHash, signatures[i]);
            checked = offerHash;
            leases[i] = _open(order, orderHash, offers[i], offerHash, uint16(i));
            cost += (uint256(offers[i].price) * order.units * order.duration + 3599) / 3600;
        }
        _balances[order.tenant][order.asset] -= cost;
    }

    function _open(Order calldata order, bytes32 orderHash, Offer calldata offer, bytes32 offerHash, uint16 index)
        private
        returns (bytes32 lease)
    {
        Terms memory terms;
        terms.order = orderHash;
        terms.offer = offerHash;
        terms.index = index;
        terms.tenant = order.tenant;
        terms.provider = offer.provider;
        terms.payout = order.agent; // of the same length as the payout, which nobody looks up here
        terms.asset = order.asset;
        terms.resource = order.resource;
        terms.units = order.units;
        terms.rate = uint128(offer.price) * order.units;
        terms.start = uint40(block.timestamp);
        terms.latestEnd = uint40(block.timestamp) + offer.maxDuration;
        terms.kind = order.kind;
        terms.tier = offer.tier;
        terms.uptimeBps = order.uptimeBps;
        terms.maxSilence = order.maxSilence;
        terms.minSeconds = offer.minSeconds;
        terms.noticeSeconds = offer.noticeSeconds;
        terms.jobTerms = order.jobTerms;
        terms.verifier = order.verifier;
        lease = keccak256(abi.encode(terms));
        uint40 end = terms.start + order.duration;
        _leases[lease] = LeaseState(end, 0, 0, terms.start, false, true, false);
        if (TWO_SLOTS) _rates[lease] = terms.rate;
        emit ILeaseEscrow.LeaseOpened(lease, order.tenant, offer.provider, end, terms);
    }

    // Hashed as they stand in calldata: nothing here needs their members in memory.

    function _hashOrder(Order calldata order) private pure returns (bytes32 structHash) {
        bytes32 typeHash = Messages.ORDER_TYPEHASH;
        bytes2[] calldata countries = order.countries;
        assembly ("memory-safe") {
            let words := mload(0x40)
            let size := shl(5, countries.length)
            calldatacopy(words, countries.offset, size)
            let countriesHash := keccak256(words, size)
            mstore(words, typeHash)
            calldatacopy(add(words, 0x20), order, 0x300)
            mstore(add(words, 0x200), countriesHash)
            structHash := keccak256(words, 0x320)
        }
    }

    function _hashOffer(Offer calldata offer) private pure returns (bytes32 structHash) {
        bytes32 typeHash = Messages.OFFER_TYPEHASH;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typeHash)
            calldatacopy(add(words, 0x20), offer, 0x1a0)
            structHash := keccak256(words, 0x1c0)
        }
    }
}
