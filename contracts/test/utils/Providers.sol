// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ICapacityRegistry} from "../../src/interfaces/ICapacityRegistry.sol";
import {IProviderRegistry} from "../../src/interfaces/IProviderRegistry.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {PoolKind} from "../../src/interfaces/Types.sol";
import {Test} from "./Test.sol";

/// @dev What tests need of the stake token, without compiling it.
interface IMintable is IERC20 {
    function mint(address to, uint256 amount) external;
}

/// @dev Real registries and staking; the rest of the market is accounts that the test acts for.
abstract contract Providers is Test {
    bytes32 internal constant CU = "cu";
    uint32 internal constant LEAST_DELAY = 7 days;

    address internal governance = makeAddr("governance");
    address internal orderBook = makeAddr("order book");
    address internal escrow = makeAddr("escrow");
    address internal reports = makeAddr("reports");
    address internal rewards = makeAddr("rewards");

    IMintable internal token;
    IProviderRegistry internal registry;
    IStaking internal staking;
    ICapacityRegistry internal capacity;

    function deployProviders() internal {
        vm.warp(1_800_000_000);
        address authority = vm.deployCode("AccessManager.sol:AccessManager", abi.encode(governance));
        token = IMintable(vm.deployCode("StakeToken.sol:StakeToken", abi.encode(address(this), address(this), 0)));
        uint64 nonce = vm.getNonce(address(this));
        address staking_ = vm.computeCreateAddress(address(this), nonce + 1);
        address capacity_ = vm.computeCreateAddress(address(this), nonce + 2);
        registry = IProviderRegistry(
            vm.deployCode("ProviderRegistry.sol:ProviderRegistry", abi.encode(authority, orderBook, staking_, reports))
        );
        staking = IStaking(
            vm.deployCode(
                "Staking.sol:Staking", abi.encode(authority, token, registry, capacity_, reports, rewards, LEAST_DELAY)
            )
        );
        capacity = ICapacityRegistry(
            vm.deployCode(
                "CapacityRegistry.sol:CapacityRegistry", abi.encode(authority, registry, staking, orderBook, escrow)
            )
        );
        require(address(staking) == staking_ && address(capacity) == capacity_, "addresses as predicted");
    }

    /// @dev Registers a provider whose operator key is named after its owner.
    function register(Account memory owner) internal returns (uint64 provider) {
        Account memory operator = operatorOf(owner);
        uint40 expiry = uint40(vm.getBlockTimestamp());
        bytes memory acceptance = signature(operator.key, acceptanceDigest(owner.addr, operator.addr, expiry));
        vm.prank(owner.addr);
        return registry.register(operator.addr, owner.addr, "DE", "", expiry, acceptance);
    }

    function operatorOf(Account memory owner) internal returns (Account memory) {
        return makeAccount(string.concat("operator of ", vm.toString(owner.addr)));
    }

    function acceptanceDigest(address owner, address operator, uint40 expiry) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Tender"),
                keccak256("1"),
                block.chainid,
                orderBook
            )
        );
        bytes32 message = keccak256(
            abi.encode(
                keccak256("OperatorAcceptance(address owner,address operator,uint40 expiry)"), owner, operator, expiry
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }

    function poolOf(uint64 provider) internal pure returns (uint256) {
        return uint256(PoolKind.PROVIDER) << 160 | provider;
    }

    /// @dev Mints what is staked.
    function stake(address account, uint256 pool, uint256 assets) internal returns (uint256 shares) {
        token.mint(account, assets);
        vm.startPrank(account);
        token.approve(address(staking), assets);
        shares = staking.stake(pool, assets);
        vm.stopPrank();
    }
}
