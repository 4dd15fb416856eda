// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @title The one EIP-712 domain of all messages of a market
/// @notice OpenZeppelin's EIP712 always names the contract that checks. Here three contracts check messages of one market,
/// so each is told which contract the domain names: the order book.
abstract contract MarketDomain {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    address private immutable MARKET;
    uint256 private immutable CACHED_CHAIN_ID;
    bytes32 private immutable CACHED_SEPARATOR;

    /// @param market the order book's address
    constructor(address market) {
        MARKET = market;
        CACHED_CHAIN_ID = block.chainid;
        CACHED_SEPARATOR = _buildSeparator(market);
    }

    /// @dev Cached, but built again after a fork of the chain, where old signatures must not hold.
    function _domainSeparator() internal view returns (bytes32) {
        return block.chainid == CACHED_CHAIN_ID ? CACHED_SEPARATOR : _buildSeparator(MARKET);
    }

    /// @dev What is signed for a message of that struct hash.
    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_domainSeparator(), structHash);
    }

    function _buildSeparator(address market) private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Tender"), keccak256("1"), block.chainid, market));
    }
}
