// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {Test} from "./utils/Test.sol";

interface IStakeToken is IERC20Metadata {
    error NotMinter(address caller);

    function mint(address to, uint256 amount) external;
}

contract StakeTokenTest is Test {
    uint256 internal constant SUPPLY = 1_000e18;

    address internal minter = makeAddr("minter");
    address internal holder = makeAddr("holder");
    IStakeToken internal token;

    function setUp() external {
        token = IStakeToken(vm.deployCode("StakeToken.sol:StakeToken", abi.encode(minter, holder, SUPPLY)));
    }

    function test_names() external view {
        assertEq(token.symbol(), "TNDR");
        assertEq(token.decimals(), 18);
    }

    function test_constructor_TheHolderHasWhatThereIsAtFirst() external {
        assertEq(token.totalSupply(), SUPPLY);
        assertEq(token.balanceOf(holder), SUPPLY);
        vm.expectRevert(abi.encodeWithSelector(IStakeToken.NotMinter.selector, holder));
        vm.prank(holder);
        token.mint(holder, 1);
    }

    function testFuzz_constructor_AnySupply(uint256 supply) external {
        IStakeToken other = IStakeToken(vm.deployCode("StakeToken.sol:StakeToken", abi.encode(minter, holder, supply)));
        assertEq(other.totalSupply(), supply);
        assertEq(other.balanceOf(holder), supply);
    }

    function testFuzz_mint_RevertWhen_NotTheMinter(address caller) external {
        vm.assume(caller != minter);
        vm.expectRevert(abi.encodeWithSelector(IStakeToken.NotMinter.selector, caller));
        vm.prank(caller);
        token.mint(caller, 1);
    }

    function testFuzz_mint(uint256 amount) external {
        amount = bound(amount, 0, type(uint256).max - SUPPLY);
        vm.prank(minter);
        token.mint(address(this), amount);
        assertEq(token.balanceOf(address(this)), amount);
        assertEq(token.totalSupply(), SUPPLY + amount);
    }
}
