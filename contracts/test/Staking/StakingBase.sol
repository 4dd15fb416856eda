// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Providers} from "../utils/Providers.sol";

/// @dev One provider's pool, and who may stake in it, be slashed from it, and gain by it.
abstract contract StakingBase is Providers {
    uint256 internal constant ONE = 1e18;
    address internal constant NOBODY = 0x000000000000000000000000000000000000dEaD;

    Account internal owner = makeAccount("owner");
    address internal delegator = makeAddr("delegator");
    address internal stranger = makeAddr("stranger");
    address internal victim = makeAddr("victim");
    uint256 internal pool;

    function setUp() public virtual {
        deployProviders();
        pool = poolOf(register(owner));
    }

    function lock(uint256 pool_, uint256 amount) internal {
        vm.prank(reports);
        staking.lock(pool_, amount);
    }

    function slash(uint256 pool_, uint256 amount, address beneficiary) internal returns (uint256) {
        vm.prank(reports);
        return staking.slash(pool_, amount, beneficiary);
    }

    function credit(uint256 pool_, uint256 amount) internal {
        token.mint(address(staking), amount);
        vm.prank(rewards);
        staking.credit(pool_, amount);
    }

    function commission(uint16 bps) internal {
        vm.prank(owner.addr);
        staking.setCommission(pool, bps);
        skip(LEAST_DELAY);
    }

    function stakeAndUnstake(uint256 assets) internal returns (uint256 request) {
        uint256 shares = stake(owner.addr, pool, assets);
        return unstake(owner.addr, shares);
    }

    function unstake(address account, uint256 shares) internal returns (uint256 request) {
        vm.prank(account);
        return staking.unstake(pool, shares);
    }

    function withdraw(address account, uint256 request) internal returns (uint256 assets) {
        vm.prank(account);
        return staking.withdraw(request, account);
    }

    function leaveWith(address account, uint256 shares) internal returns (uint256 assets) {
        uint256 request = unstake(account, shares);
        skip(LEAST_DELAY);
        return withdraw(account, request);
    }

    /// @dev What the account's bonded shares are worth.
    function worth(address account) internal view returns (uint256) {
        return staking.assetsOf(pool, staking.sharesOf(pool, account));
    }

    /// @dev What a request is worth; nothing if its generation is over.
    function worthOf(uint256 request) internal view returns (uint256) {
        (uint256 pool_,, uint128 shares, uint32 generation,) = staking.requestOf(request);
        return generation == staking.poolOf(pool_).generation ? staking.assetsOf(pool_, shares) : 0;
    }

    function burnt() internal view returns (uint256) {
        return token.balanceOf(NOBODY);
    }
}
