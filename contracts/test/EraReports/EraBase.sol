// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ICapacityRegistry} from "../../src/interfaces/ICapacityRegistry.sol";
import {IEraReports} from "../../src/interfaces/IEraReports.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {IProviderRegistry} from "../../src/interfaces/IProviderRegistry.sol";
import {IRewards} from "../../src/interfaces/IRewards.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {Report, Terms, Tier} from "../../src/interfaces/Types.sol";
import {Merkle} from "../utils/Merkle.sol";
import {Test} from "../utils/Test.sol";

interface IMintable is IERC20 {
    function mint(address to, uint256 amount) external;
}

/// @title Reports among the real staking, registries and escrow, with a plain account where the order book stands
/// @notice So that a test can open leases of any terms. The test itself governs. One provider, one tenant, and as many
/// monitors as asked for.
abstract contract EraBase is Test {
    bytes32 internal constant CU = "cu";
    uint96 internal constant STAKE_PER_UNIT = 1e18;
    uint32 internal constant UNITS = 2;
    uint32 internal constant COMMITTED = 100;
    uint128 internal constant RATE = 100_001; // per hour: 27.8 a second, so that roundings show
    uint32 internal constant DURATION = 10 hours;
    uint256 internal constant MONEY = 1e15;

    uint32 internal constant UNBONDING = 7 days;
    uint32 internal constant FINAL_GRACE = 7 days;
    uint32 internal constant ERA = 10 minutes;
    uint32 internal constant DELAY = 2 minutes;
    uint16 internal constant LIVENESS = 4;
    uint8 internal constant VETOES = 2;

    address internal constant BURNT = 0x000000000000000000000000000000000000dEaD;

    IAccessManager internal manager;
    IERC20 internal stakeToken;
    IMintable internal dollar;
    IProviderRegistry internal registry;
    IStaking internal staking;
    ICapacityRegistry internal capacity;
    ILeaseEscrow internal escrow;
    IEraReports internal reports;
    IRewards internal rewards;

    address internal book;
    Account internal tenant;
    Account internal operator;
    address internal owner;
    address internal payout;
    address internal stranger;
    uint64 internal provider;
    uint40 internal start;
    uint256 internal offers;

    /// @dev By their index, as long as none of them left.
    Account[] internal monitors;
    /// @dev Of the report that was posted last.
    bytes32[] internal leaves;

    function setUp() public virtual {
        start = 1_800_000_000;
        vm.warp(start);
        (book, stranger) = (makeAddr("order book"), makeAddr("stranger"));
        (owner, payout) = (makeAddr("owner"), makeAddr("payout"));
        (tenant, operator) = (makeAccount("tenant"), makeAccount("operator"));
        _deploy();
        _makeProvider();
        escrow.setAsset(address(dollar), true);
        escrow.setVerifier(address(reports), true);
        dollar.mint(address(this), MONEY);
        dollar.approve(address(escrow), MONEY);
        escrow.deposit(tenant.addr, address(dollar), MONEY);
    }

    /// @dev In the order of the real deployment; the addresses of contracts still to come are predicted.
    function _deploy() private {
        dollar = IMintable(vm.deployCode("TestDollar.sol:TestDollar"));
        uint256 first = vm.getNonce(address(this));
        address staking_ = vm.computeCreateAddress(address(this), first + 3);
        address capacity_ = vm.computeCreateAddress(address(this), first + 4);
        address escrow_ = vm.computeCreateAddress(address(this), first + 5);
        address rewards_ = vm.computeCreateAddress(address(this), first + 6);
        address reports_ = vm.computeCreateAddress(address(this), first + 7);
        manager = IAccessManager(vm.deployCode("AccessManager.sol:AccessManager", abi.encode(address(this))));
        bytes memory parts = abi.encode(rewards_, address(this), type(uint128).max);
        stakeToken = IERC20(vm.deployCode("StakeToken.sol:StakeToken", parts));
        parts = abi.encode(manager, book, staking_, reports_);
        registry = IProviderRegistry(vm.deployCode("ProviderRegistry.sol:ProviderRegistry", parts));
        parts = abi.encode(manager, stakeToken, registry, capacity_, reports_, rewards_, UNBONDING);
        staking = IStaking(vm.deployCode("Staking.sol:Staking", parts));
        parts = abi.encode(manager, registry, staking, book, escrow_);
        capacity = ICapacityRegistry(vm.deployCode("CapacityRegistry.sol:CapacityRegistry", parts));
        parts = abi.encode(manager, book, registry, capacity, rewards_, FINAL_GRACE);
        escrow = ILeaseEscrow(vm.deployCode("LeaseEscrow.sol:LeaseEscrow", parts));
        parts = abi.encode(manager, stakeToken, staking, escrow, reports_);
        rewards = IRewards(vm.deployCode("Rewards.sol:Rewards", parts));
        reports = deployReports(IEraReports.Timing(ERA, DELAY, LIVENESS, VETOES));
        assertEq(address(reports), reports_, "predicted address of the reports");
    }

    function deployReports(IEraReports.Timing memory timing) internal returns (IEraReports) {
        bytes memory parts = abi.encode(manager, book, registry, staking, escrow, timing);
        return IEraReports(vm.deployCode("EraReports.sol:EraReports", parts));
    }

    function _makeProvider() private {
        capacity.setResource(CU, true, STAKE_PER_UNIT);
        uint40 expiry = start + 1 hours;
        bytes32 typeHash = keccak256("OperatorAcceptance(address owner,address operator,uint40 expiry)");
        bytes32 accepted = keccak256(abi.encode(typeHash, owner, operator.addr, expiry));
        bytes memory acceptance = signature(operator.key, digestOf(accepted));
        vm.prank(owner);
        provider = registry.register(operator.addr, payout, "DE", 0, expiry, acceptance);
        stakeFor(owner, providerPool(), uint256(COMMITTED) * STAKE_PER_UNIT);
        vm.prank(owner);
        capacity.commit(provider, CU, COMMITTED, start + 200 * 365 days);
    }

    function digestOf(bytes32 structHash) internal view returns (bytes32) {
        bytes32 typeHash =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(abi.encode(typeHash, keccak256("Tender"), keccak256("1"), block.chainid, book));
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    // ------------------------------------------------------------------------------------------- stake

    function providerPool() internal view returns (uint256) {
        return uint256(1) << 160 | provider;
    }

    function poolOf(address monitor) internal pure returns (uint256) {
        return uint256(2) << 160 | uint160(monitor);
    }

    function heldBy(uint256 pool) internal view returns (uint256) {
        return staking.poolOf(pool).assets;
    }

    function lockedOf(address monitor) internal view returns (uint256) {
        return staking.poolOf(poolOf(monitor)).locked;
    }

    function stakeFor(address account, uint256 pool, uint256 amount) internal {
        stakeToken.transfer(account, amount);
        vm.startPrank(account);
        stakeToken.approve(address(staking), amount);
        staking.stake(pool, amount);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------------------------------- monitors

    function publicKey() internal pure returns (bytes memory) {
        return abi.encodePacked(bytes1(0x02), keccak256("public key"));
    }

    /// @dev A key with so much stake, in tokens, that joins with all of it.
    function addMonitor(string memory name, uint32 weight) internal returns (Account memory monitor) {
        monitor = makeAccount(name);
        stakeFor(monitor.addr, poolOf(monitor.addr), uint256(weight) * 1e18);
        join(monitor.addr, weight);
        monitors.push(monitor);
    }

    function join(address key, uint32 weight) internal returns (uint8) {
        vm.prank(key);
        return reports.join(weight, publicKey(), "/ip4/192.0.2.1/tcp/4001");
    }

    function setWeight(address key, uint32 weight) internal {
        vm.prank(key);
        reports.setWeight(weight);
    }

    /// @dev So many monitors of 100 tokens each, whose weight counts.
    function addMonitors(uint256 count) internal {
        for (uint256 i = 0; i < count; i++) {
            addMonitor(string.concat("monitor ", vm.toString(monitors.length)), 100);
        }
        passEra();
    }

    /// @dev To the beginning of the next era by the clock.
    function passEra() internal {
        vm.warp(reports.genesis() + (reports.clockEra() + 1) * ERA);
    }

    function weightOf(uint256 index) internal view returns (uint32) {
        return reports.monitorAt(index).weight;
    }

    // ------------------------------------------------------------------------------------------- reports

    /// @dev The next report, up to now.
    function draft(bytes32 root) internal view returns (Report memory report) {
        (report.era, report.attempt,) = reports.nextReport();
        report.reports = address(reports);
        report.root = root;
        report.coveredUntil = uint40(vm.getBlockTimestamp());
        report.dataHash = keccak256("data");
    }

    /// @dev Indices of the first `count` monitors and their signatures.
    function signBy(uint256 count, bytes32 digest)
        internal
        view
        returns (uint8[] memory signers, bytes[] memory signatures)
    {
        signers = new uint8[](count);
        signatures = new bytes[](count);
        for (uint256 i = 0; i < count; i++) {
            signers[i] = uint8(i);
            signatures[i] = signature(monitors[i].key, digest);
        }
    }

    /// @dev Signed by all monitors.
    function post(Report memory report) internal {
        (uint8[] memory signers, bytes[] memory signatures) = signBy(monitors.length, reports.hashReport(report));
        reports.postReport(report, signers, signatures);
    }

    /// @dev Posts a report of these leaves; the next second it covers lies in the future.
    function postLeaves(bytes32[] memory leaves_) internal returns (uint64 era) {
        leaves = leaves_;
        post(draft(Merkle.rootOf(leaves_)));
        return reports.lastEra();
    }

    /// @dev A report of these leaves, effective now.
    function makeEffective(bytes32[] memory leaves_) internal returns (uint64 era) {
        era = postLeaves(leaves_);
        skip(DELAY);
    }

    /// @dev A report of this leaf and one of nobody's interest, effective now.
    function makeEffective(bytes32 leaf) internal returns (uint64 era) {
        bytes32[] memory two = new bytes32[](2);
        (two[0], two[1]) = (leaf, leafOf(abi.encode(1, "nobody's", 0)));
        return makeEffective(two);
    }

    /// @dev Of leaf `index` in the last report.
    function proofOf(uint256 index) internal view returns (bytes32[] memory) {
        return Merkle.proofOf(leaves, index);
    }

    function leafOf(bytes memory encoded) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(encoded)));
    }

    // ------------------------------------------------------------------------------------------- leases

    /// @dev Terms of a monitored lease that starts now; each call makes another lease.
    function monitoredTerms() internal returns (Terms memory terms) {
        terms.order = keccak256("order");
        terms.offer = keccak256(abi.encode(++offers));
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
        terms.startWindow = 5 minutes;
        terms.uptimeBps = 9_900;
        terms.verifier = address(reports);
    }

    /// @dev As a match does it: capacity is allocated, then the lease opens.
    function open(Terms memory terms) internal returns (bytes32 lease) {
        vm.startPrank(book);
        (bool ok,,) = capacity.allocate(terms.provider, terms.resource, terms.units, terms.start);
        assertTrue(ok, "capacity allocated");
        lease = escrow.open(terms, DURATION, false);
        vm.stopPrank();
    }

    function openLease() internal returns (Terms memory terms, bytes32 lease) {
        terms = monitoredTerms();
        lease = open(terms);
    }

    function balance(address account) internal view returns (uint256) {
        return escrow.balanceOf(account, address(dollar));
    }

    function owed(uint256 rate, uint256 numSeconds) internal pure returns (uint256) {
        return rate * numSeconds / 3600;
    }

    function hold(uint256 rate, uint256 numSeconds) internal pure returns (uint256) {
        return (rate * numSeconds + 3599) / 3600;
    }
}
