// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {Test} from "./utils/Test.sol";

interface IStakeToken is IERC20Metadata {
    error NotMinter(address caller);

    function mint(address to, uint256 amount) external;
}

contract StakeTokenTest is Test {
    address internal minter = makeAddr("minter");
    IStakeToken internal token;

    function setUp() external {
        token = IStakeToken(vm.deployCode("StakeToken.sol:StakeToken", abi.encode(minter)));
    }

    function test_names() external view {
        assertEq(token.symbol(), "TNDR");
        assertEq(token.decimals(), 18);
    }

    function testFuzz_mint_RevertWhen_NotTheMinter(address caller) external {
        vm.assume(caller != minter);
        vm.expectRevert(abi.encodeWithSelector(IStakeToken.NotMinter.selector, caller));
        vm.prank(caller);
        token.mint(caller, 1);
    }

    function testFuzz_mint(uint256 amount) external {
        vm.prank(minter);
        token.mint(address(this), amount);
        assertEq(token.balanceOf(address(this)), amount);
        assertEq(token.totalSupply(), amount);
    }
}
