// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ICapacityRegistry} from "../../src/interfaces/ICapacityRegistry.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {IProviderRegistry} from "../../src/interfaces/IProviderRegistry.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {Extend, LeaseState, ServedLeaf, Terms, Tier} from "../../src/interfaces/Types.sol";
import {ScriptedReports} from "../utils/ScriptedReports.sol";
import {compensationOf} from "../utils/compensationOf.sol";
import {Test} from "../utils/Test.sol";

interface IMintable is IERC20, IERC20Permit {
    function mint(address to, uint256 amount) external;
}

/// @title The escrow among the real registries, with a plain account where the order book stands
/// @notice So that a test can open leases of any terms. The test itself governs. One provider with plenty of capacity, one
/// tenant with plenty of money.
abstract contract EscrowBase is Test {
    bytes32 internal constant CU = "cu";
    uint96 internal constant STAKE_PER_UNIT = 1e12;
    uint32 internal constant FINAL_GRACE = 7 days;
    uint32 internal constant UNITS = 2;
    uint128 internal constant RATE = 100_001; // per hour: 27.8 a second, so that roundings show
    uint32 internal constant DURATION = 10 hours;
    uint256 internal constant MONEY = 1e30;

    IAccessManager internal manager;
    ScriptedReports internal reports;
    IProviderRegistry internal registry;
    IStaking internal staking;
    ICapacityRegistry internal capacity;
    ILeaseEscrow internal escrow;
    IMintable internal dollar;

    address internal book;
    address internal rewardWallet;
    Account internal tenant;
    Account internal operator;
    address internal owner;
    address internal payout;
    address internal stranger;
    uint64 internal provider;
    uint40 internal start;
    uint256 private _offers;

    function setUp() public virtual {
        start = 1_800_000_000;
        vm.warp(start);
        (book, rewardWallet, stranger) = (makeAddr("order book"), makeAddr("reward wallet"), makeAddr("stranger"));
        (owner, payout) = (makeAddr("owner"), makeAddr("payout"));
        (tenant, operator) = (makeAccount("tenant"), makeAccount("operator"));
        _deploy();
        _makeProvider();
        dollar = IMintable(vm.deployCode("TestDollar.sol:TestDollar"));
        escrow.setAsset(address(dollar), true);
        escrow.setVerifier(address(reports), true);
        fund(tenant.addr, address(dollar), MONEY);
    }

    function _deploy() private {
        uint256 first = vm.getNonce(address(this));
        address staking_ = vm.computeCreateAddress(address(this), first + 4);
        address capacity_ = vm.computeCreateAddress(address(this), first + 5);
        address escrow_ = vm.computeCreateAddress(address(this), first + 6);
        manager = IAccessManager(vm.deployCode("AccessManager.sol:AccessManager", abi.encode(address(this))));
        address stakeToken = vm.deployCode("StakeToken.sol:StakeToken", abi.encode(address(this), address(this), 0));
        reports = new ScriptedReports(address(manager));
        registry = IProviderRegistry(
            vm.deployCode("ProviderRegistry.sol:ProviderRegistry", abi.encode(manager, book, staking_, reports))
        );
        bytes memory parts = abi.encode(manager, stakeToken, registry, capacity_, reports, rewardWallet, uint32(7 days));
        staking = IStaking(vm.deployCode("Staking.sol:Staking", parts));
        parts = abi.encode(manager, registry, staking, book, escrow_);
        capacity = ICapacityRegistry(vm.deployCode("CapacityRegistry.sol:CapacityRegistry", parts));
        parts = abi.encode(manager, book, registry, capacity, rewardWallet, FINAL_GRACE);
        escrow = ILeaseEscrow(vm.deployCode("LeaseEscrow.sol:LeaseEscrow", parts));
        assertEq(address(escrow), escrow_, "predicted address of the escrow");

        capacity.setResource(CU, true, STAKE_PER_UNIT);
        uint256 stake = uint256(type(uint32).max) * STAKE_PER_UNIT;
        IMintable(stakeToken).mint(owner, stake);
        vm.prank(owner);
        IMintable(stakeToken).approve(address(staking), stake);
    }

    function _makeProvider() private {
        uint40 expiry = start + 1 hours;
        bytes memory acceptance = acceptanceOf(operator, owner, expiry);
        vm.prank(owner);
        provider = registry.register(operator.addr, payout, "DE", 0, expiry, acceptance);
        vm.startPrank(owner);
        staking.stake(staking.poolId(1, provider), uint256(type(uint32).max) * STAKE_PER_UNIT);
        capacity.commit(provider, CU, type(uint32).max, start + 200 * 365 days);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------------------------------- messages

    function digestOf(bytes32 structHash) internal view returns (bytes32) {
        bytes32 typeHash =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(abi.encode(typeHash, keccak256("Tender"), keccak256("1"), block.chainid, book));
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    function acceptanceOf(Account memory key, address owner_, uint40 expiry) internal view returns (bytes memory) {
        bytes32 typeHash = keccak256("OperatorAcceptance(address owner,address operator,uint40 expiry)");
        return signature(key.key, digestOf(keccak256(abi.encode(typeHash, owner_, key.addr, expiry))));
    }

    function digestOf(Extend memory permission) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("Extend(bytes32 lease,uint40 latestEnd,uint96 maxAmount,uint40 expiry)");
        return digestOf(keccak256(abi.encode(typeHash, permission)));
    }

    // ------------------------------------------------------------------------------------------- money

    function fund(address account, address asset, uint256 amount) internal {
        IMintable(asset).mint(address(this), amount);
        IMintable(asset).approve(address(escrow), amount);
        escrow.deposit(account, asset, amount);
    }

    function balance(address account) internal view returns (uint256) {
        return escrow.balanceOf(account, address(dollar));
    }

    /// @dev Stake that penalties gave the account.
    function compensation(address account) internal view returns (uint256) {
        return compensationOf(staking, account);
    }

    function hold(uint256 rate, uint256 numSeconds) internal pure returns (uint256) {
        return (rate * numSeconds + 3599) / 3600;
    }

    function owed(uint256 rate, uint256 numSeconds) internal pure returns (uint256) {
        return rate * numSeconds / 3600;
    }

    // ------------------------------------------------------------------------------------------- leases

    /// @dev Terms of a standard lease settled by time, starting now; each call makes another lease.
    function byTimeTerms() internal returns (Terms memory terms) {
        terms.order = keccak256("order");
        terms.offer = keccak256(abi.encode(++_offers));
        terms.tenant = tenant.addr;
        terms.provider = provider;
        terms.payout = payout;
        terms.asset = address(dollar);
        terms.resource = CU;
        terms.units = UNITS;
        terms.rate = RATE;
        terms.start = uint40(vm.getBlockTimestamp());
        terms.latestEnd = terms.start + 30 days;
        terms.tier = Tier.STANDARD;
        terms.noticeSeconds = 10 minutes;
        terms.startWindow = 5 minutes;
    }

    function monitoredTerms() internal returns (Terms memory terms) {
        terms = byTimeTerms();
        terms.uptimeBps = 9_900;
        terms.verifier = address(reports);
    }

    /// @dev As a match does it: capacity is allocated, then the lease opens.
    function open(Terms memory terms, uint32 duration) internal returns (bytes32 lease) {
        vm.startPrank(book);
        (bool ok,,) = capacity.allocate(terms.provider, terms.resource, terms.units, terms.start);
        assertTrue(ok, "capacity allocated");
        lease = escrow.open(terms, duration, false);
        vm.stopPrank();
    }

    function openByTime() internal returns (Terms memory terms, bytes32 lease) {
        terms = byTimeTerms();
        lease = open(terms, DURATION);
    }

    function openMonitored() internal returns (Terms memory terms, bytes32 lease) {
        terms = monitoredTerms();
        lease = open(terms, DURATION);
    }

    /// @dev Scripts a report of the era that says the lease was served so long, and covers time until `coveredUntil`.
    function report(bytes32 lease, uint64 era, uint40 served, uint40 coveredUntil)
        internal
        returns (ServedLeaf memory)
    {
        reports.setServed(lease, era, served);
        reports.setEra(era, coveredUntil);
        return ServedLeaf(era, served);
    }

    function settle(Terms memory terms, ServedLeaf memory leaf) internal returns (uint256 paid) {
        return escrow.settle(terms, leaf, new bytes32[](0));
    }

    function settleByTime(Terms memory terms) internal returns (uint256 paid) {
        vm.prank(payout);
        return escrow.settleByTime(one(terms));
    }

    function one(Terms memory terms) internal pure returns (Terms[] memory batch) {
        batch = new Terms[](1);
        batch[0] = terms;
    }

    function leased() internal view returns (uint32) {
        return capacity.commitmentOf(provider, CU).leased;
    }
}
