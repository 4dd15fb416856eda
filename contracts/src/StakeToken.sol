// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title The token that is staked and rewarded with
contract StakeToken is ERC20, ERC20Permit {
    error NotMinter(address caller);

    /// @notice The only one that may ever mint.
    address public immutable MINTER;

    /// @param minter the contract of the rewards: there is no other way to new tokens
    /// @param holder of what there is at the beginning, since the first providers and monitors need stake before any reward
    /// @param supply smallest units
    constructor(address minter, address holder, uint256 supply) ERC20("Tender", "TNDR") ERC20Permit("Tender") {
        MINTER = minter;
        _mint(holder, supply);
    }

    /// @param amount smallest units, 18 decimals
    function mint(address to, uint256 amount) external {
        if (msg.sender != MINTER) revert NotMinter(msg.sender);
        _mint(to, amount);
    }
}
