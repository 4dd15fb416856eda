// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../../src/interfaces/IStaking.sol";

/// @dev What the account's requests to unbond are worth, as long as nobody withdrew one before: slashes make them in the
/// beneficiary's name.
function compensationOf(IStaking staking, address account) view returns (uint256 sum) {
    for (uint256 request = 1;; ++request) {
        (uint256 pool, address of_, uint128 shares, uint32 generation,) = staking.requestOf(request);
        if (of_ == address(0)) return sum;
        bool ended = generation != staking.poolOf(pool).generation;
        if (of_ == account && !ended) sum += staking.assetsOf(pool, shares);
    }
}
