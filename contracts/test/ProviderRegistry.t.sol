// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IProviderRegistry} from "../src/interfaces/IProviderRegistry.sol";
import {ITrustSource} from "../src/interfaces/ITrustSource.sol";
import {ProviderView, Status} from "../src/interfaces/Types.sol";
import {Test} from "./utils/Test.sol";
import {Wallet} from "./utils/Wallet.sol";

/// @dev Takes the score and the moment as the proof itself.
contract Trust is ITrustSource {
    error NoSuchLeaf();

    function provenScore(uint64, bytes calldata proof) external pure returns (uint16 score, uint40 asOf) {
        if (proof.length == 0) revert NoSuchLeaf();
        return abi.decode(proof, (uint16, uint40));
    }
}

contract ProviderRegistryTest is Test {
    bytes2 internal constant COUNTRY = "DE";
    bytes32 internal constant METADATA = keccak256("about us");
    address internal constant ORDER_BOOK = address(0xb00c);

    address internal governance = makeAddr("governance");
    address internal staking = makeAddr("staking");
    address internal owner = makeAddr("owner");
    address internal payout = makeAddr("payout");
    address internal stranger = makeAddr("stranger");
    Account internal operator = makeAccount("operator");
    Account internal otherOperator = makeAccount("other operator");

    IProviderRegistry internal registry;
    uint40 internal expiry;

    function setUp() external {
        vm.warp(1_800_000_000);
        expiry = 1_800_000_100;
        address authority = vm.deployCode("AccessManager.sol:AccessManager", abi.encode(governance));
        registry = IProviderRegistry(
            vm.deployCode(
                "ProviderRegistry.sol:ProviderRegistry", abi.encode(authority, ORDER_BOOK, staking, new Trust())
            )
        );
    }

    // ------------------------------------------------------------------------------------------- register

    function test_register_RevertWhen_PayoutIsZero() external {
        bytes memory acceptance = _accept(operator, owner);
        vm.expectRevert(IProviderRegistry.ZeroAddress.selector);
        vm.prank(owner);
        registry.register(operator.addr, address(0), COUNTRY, METADATA, expiry, acceptance);
    }

    function test_register_RevertWhen_OperatorIsZero() external {
        vm.expectRevert(IProviderRegistry.ZeroAddress.selector);
        vm.prank(owner);
        registry.register(address(0), payout, COUNTRY, METADATA, expiry, "");
    }

    function testFuzz_register_RevertWhen_CountryIsNotTwoCapitals(bytes2 country) external {
        vm.assume(!_isCapital(country[0]) || !_isCapital(country[1]));
        bytes memory acceptance = _accept(operator, owner);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InvalidCountry.selector, country));
        vm.prank(owner);
        registry.register(operator.addr, payout, country, METADATA, expiry, acceptance);
    }

    function test_register_RevertWhen_AcceptanceExpired() external {
        bytes memory acceptance = _accept(operator, owner);
        vm.warp(expiry + 1);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.AcceptanceExpired.selector, expiry, expiry + 1));
        vm.prank(owner);
        registry.register(operator.addr, payout, COUNTRY, METADATA, expiry, acceptance);
    }

    function test_register_AcceptanceHoldsInItsLastSecond() external {
        vm.warp(expiry);
        assertEq(_register(), 1);
    }

    function test_register_RevertWhen_OperatorIsTaken() external {
        _register();
        bytes memory acceptance = _accept(operator, stranger);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.OperatorTaken.selector, operator.addr, 1));
        vm.prank(stranger);
        registry.register(operator.addr, payout, COUNTRY, METADATA, expiry, acceptance);
    }

    function test_register_RevertWhen_AnotherKeySigned() external {
        _expectInvalidAcceptance(_sign(otherOperator.key, owner, operator.addr, expiry, block.chainid, ORDER_BOOK));
    }

    function test_register_RevertWhen_AnotherOwnerIsNamed() external {
        _expectInvalidAcceptance(_sign(operator.key, stranger, operator.addr, expiry, block.chainid, ORDER_BOOK));
    }

    function test_register_RevertWhen_AnotherExpiryWasSigned() external {
        _expectInvalidAcceptance(_sign(operator.key, owner, operator.addr, expiry - 1, block.chainid, ORDER_BOOK));
    }

    function test_register_RevertWhen_SignedForAnotherChain() external {
        _expectInvalidAcceptance(_sign(operator.key, owner, operator.addr, expiry, block.chainid + 1, ORDER_BOOK));
    }

    function test_register_RevertWhen_SignedForAnotherContract() external {
        _expectInvalidAcceptance(_sign(operator.key, owner, operator.addr, expiry, block.chainid, address(registry)));
    }

    function test_register_RevertWhen_TheChainForked() external {
        bytes memory acceptance = _accept(operator, owner);
        vm.chainId(block.chainid + 1);
        _expectInvalidAcceptance(acceptance);
    }

    function test_register_AfterAForkTheNewChainsSignatureHolds() external {
        vm.chainId(77);
        assertEq(_register(), 1);
    }

    function test_register_RevertWhen_TheWalletDoesNotConfirm() external {
        address wallet = address(new Wallet(operator.addr));
        bytes memory acceptance = _sign(otherOperator.key, owner, wallet, expiry, block.chainid, ORDER_BOOK);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InvalidAcceptance.selector, wallet, owner));
        vm.prank(owner);
        registry.register(wallet, payout, COUNTRY, METADATA, expiry, acceptance);
    }

    function test_register_ByAWalletOperator() external {
        address wallet = address(new Wallet(operator.addr));
        bytes memory acceptance = _sign(operator.key, owner, wallet, expiry, block.chainid, ORDER_BOOK);
        vm.prank(owner);
        registry.register(wallet, payout, COUNTRY, METADATA, expiry, acceptance);
        assertEq(registry.providerOf(wallet), 1);
    }

    function test_register() external {
        bytes memory acceptance = _accept(operator, owner);
        vm.expectEmit(address(registry));
        emit IProviderRegistry.ProviderRegistered(1, owner, operator.addr, payout, COUNTRY, METADATA);
        vm.prank(owner);
        uint64 provider = registry.register(operator.addr, payout, COUNTRY, METADATA, expiry, acceptance);

        assertEq(provider, 1);
        assertEq(registry.count(), 1);
        assertEq(IERC721(address(registry)).ownerOf(1), owner);
        assertEq(registry.providerOf(operator.addr), 1);
        assertEq(registry.metadataOf(1), METADATA);
        _assertView(operator.addr, 0, Status.ACTIVE, 5, payout);
        assertEq(bytes32(registry.viewOf(1).country), bytes32(COUNTRY));
        assertTrue(registry.viewOf(1).collateralised);
        (uint16 score, uint8 level, uint8 ceiling, uint40 validUntil) = registry.trustOf(1);
        assertEq(score, 0);
        assertEq(level, 5);
        assertEq(ceiling, 1);
        assertEq(validUntil, 0);
    }

    // ------------------------------------------------------------------------------------------- setOperator

    function test_setOperator_RevertWhen_NotOwner() external {
        _register();
        bytes memory acceptance = _accept(otherOperator, operator.addr);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NotOwner.selector, 1, operator.addr, owner));
        vm.prank(operator.addr);
        registry.setOperator(1, otherOperator.addr, expiry, acceptance);
    }

    function test_setOperator_RevertWhen_Taken() external {
        _register();
        _registerAs(stranger, otherOperator);
        bytes memory acceptance = _accept(otherOperator, owner);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.OperatorTaken.selector, otherOperator.addr, 2));
        vm.prank(owner);
        registry.setOperator(1, otherOperator.addr, expiry, acceptance);
    }

    function test_setOperator_RevertWhen_AcceptanceIsWrong() external {
        _register();
        bytes memory acceptance = _accept(operator, owner);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InvalidAcceptance.selector, otherOperator.addr, owner));
        vm.prank(owner);
        registry.setOperator(1, otherOperator.addr, expiry, acceptance);
    }

    function test_setOperator() external {
        _register();
        bytes memory acceptance = _accept(otherOperator, owner);
        vm.expectEmit(address(registry));
        emit IProviderRegistry.OperatorChanged(1, otherOperator.addr, 1);
        vm.prank(owner);
        registry.setOperator(1, otherOperator.addr, expiry, acceptance);

        assertEq(registry.viewOf(1).operator, otherOperator.addr);
        assertEq(registry.viewOf(1).offerEpoch, 1);
        assertEq(registry.providerOf(otherOperator.addr), 1);
        assertEq(registry.providerOf(operator.addr), 0, "the old key is free");
        assertFalse(registry.isOwnerOrOperator(1, operator.addr));
        _registerAs(stranger, operator);
        assertEq(registry.providerOf(operator.addr), 2);
    }

    function test_setOperator_TheSameAgain() external {
        _register();
        bytes memory acceptance = _accept(operator, owner);
        vm.prank(owner);
        registry.setOperator(1, operator.addr, expiry, acceptance);
        assertEq(registry.providerOf(operator.addr), 1);
        assertEq(registry.viewOf(1).offerEpoch, 1);
    }

    /// @dev Another owner cannot take an acceptance over, and the same owner cannot use it for a second provider while the
    /// key serves the first.
    function test_setOperator_RevertWhen_TheAcceptanceIsReplayed() external {
        bytes memory acceptance = _accept(operator, owner);
        _register();
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.OperatorTaken.selector, operator.addr, 1));
        vm.prank(owner);
        registry.register(operator.addr, payout, COUNTRY, METADATA, expiry, acceptance);

        bytes memory other = _accept(otherOperator, owner);
        vm.prank(owner);
        registry.setOperator(1, otherOperator.addr, expiry, other);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InvalidAcceptance.selector, operator.addr, stranger));
        vm.prank(stranger);
        registry.register(operator.addr, payout, COUNTRY, METADATA, expiry, acceptance);
    }

    // ------------------------------------------------------------------------------------------- cancelOffers, payout ...

    function test_cancelOffers_RevertWhen_NeitherOwnerNorOperator() external {
        _register();
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NotOwnerOrOperator.selector, 1, stranger));
        vm.prank(stranger);
        registry.cancelOffers(1);
    }

    function test_cancelOffers() external {
        _register();
        vm.expectEmit(address(registry));
        emit IProviderRegistry.OffersCancelled(1, 1);
        vm.prank(owner);
        registry.cancelOffers(1);
        vm.prank(operator.addr);
        registry.cancelOffers(1);
        assertEq(registry.viewOf(1).offerEpoch, 2);
    }

    function test_setPayout_RevertWhen_NotOwner() external {
        _register();
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NotOwner.selector, 1, operator.addr, owner));
        vm.prank(operator.addr);
        registry.setPayout(1, stranger);
    }

    function test_setPayout_RevertWhen_Zero() external {
        _register();
        vm.expectRevert(IProviderRegistry.ZeroAddress.selector);
        vm.prank(owner);
        registry.setPayout(1, address(0));
    }

    function test_setPayout() external {
        _register();
        vm.expectEmit(address(registry));
        emit IProviderRegistry.PayoutChanged(1, stranger);
        vm.prank(owner);
        registry.setPayout(1, stranger);
        _assertView(operator.addr, 0, Status.ACTIVE, 5, stranger);
    }

    function test_setCountry_RevertWhen_NotOwner() external {
        _register();
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NotOwner.selector, 1, stranger, owner));
        vm.prank(stranger);
        registry.setCountry(1, "FR");
    }

    function test_setCountry_RevertWhen_NotTwoCapitals() external {
        _register();
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InvalidCountry.selector, bytes2("Fr")));
        vm.prank(owner);
        registry.setCountry(1, "Fr");
    }

    function testFuzz_setCountry(uint8 first, uint8 second) external {
        _register();
        bytes2 country = bytes2(uint16(bound(first, 65, 90)) << 8 | uint16(bound(second, 65, 90)));
        vm.expectEmit(address(registry));
        emit IProviderRegistry.CountryChanged(1, country);
        vm.prank(owner);
        registry.setCountry(1, country);
        assertEq(bytes32(registry.viewOf(1).country), bytes32(country));
    }

    function test_setMetadata_RevertWhen_NotOwner() external {
        _register();
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NotOwner.selector, 1, stranger, owner));
        vm.prank(stranger);
        registry.setMetadata(1, "x");
    }

    function test_setMetadata() external {
        _register();
        vm.expectEmit(address(registry));
        emit IProviderRegistry.MetadataChanged(1, "x");
        vm.prank(owner);
        registry.setMetadata(1, "x");
        assertEq(registry.metadataOf(1), "x");
    }

    // ------------------------------------------------------------------------------------------- setStatus, setBanned

    function test_setStatus_RevertWhen_NeitherOwnerNorOperator() external {
        _register();
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NotOwnerOrOperator.selector, 1, stranger));
        vm.prank(stranger);
        registry.setStatus(1, Status.PAUSED);
    }

    function testFuzz_setStatus_RevertWhen_NotOneOfThree(uint8 status) external {
        vm.assume(status == Status.NONE || status >= Status.BANNED);
        _register();
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InvalidStatus.selector, 1, Status.ACTIVE, status));
        vm.prank(owner);
        registry.setStatus(1, status);
    }

    function testFuzz_setStatus(uint8 status, bool byOwner) external {
        _register();
        status = uint8(bound(status, Status.ACTIVE, Status.PAUSED));
        vm.expectEmit(address(registry));
        emit IProviderRegistry.StatusChanged(1, status);
        vm.prank(byOwner ? owner : operator.addr);
        registry.setStatus(1, status);
        assertEq(registry.viewOf(1).status, status);
    }

    function test_setBanned_RevertWhen_NotGovernance() external {
        _register();
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, owner));
        vm.prank(owner);
        registry.setBanned(1, true);
    }

    function test_setBanned_RevertWhen_Unknown() external {
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.UnknownProvider.selector, 1));
        vm.prank(governance);
        registry.setBanned(1, true);
    }

    function test_setBanned_RevertWhen_AlreadySo() external {
        _register();
        vm.startPrank(governance);
        vm.expectRevert(
            abi.encodeWithSelector(IProviderRegistry.InvalidStatus.selector, 1, Status.ACTIVE, Status.PAUSED)
        );
        registry.setBanned(1, false);
        registry.setBanned(1, true);
        vm.expectRevert(
            abi.encodeWithSelector(IProviderRegistry.InvalidStatus.selector, 1, Status.BANNED, Status.BANNED)
        );
        registry.setBanned(1, true);
    }

    function testFuzz_setBanned_OutlivesTheOwner(uint8 status) external {
        _register();
        vm.prank(governance);
        registry.setBanned(1, true);

        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InvalidStatus.selector, 1, Status.BANNED, status));
        vm.prank(owner);
        registry.setStatus(1, status);
        vm.prank(owner);
        IERC721(address(registry)).transferFrom(owner, stranger, 1);
        assertEq(registry.viewOf(1).status, Status.BANNED);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InvalidStatus.selector, 1, Status.BANNED, status));
        vm.prank(stranger);
        registry.setStatus(1, status);
    }

    function test_setBanned_LiftedLeavesPaused() external {
        _register();
        vm.startPrank(governance);
        registry.setBanned(1, true);
        vm.expectEmit(address(registry));
        emit IProviderRegistry.StatusChanged(1, Status.PAUSED);
        registry.setBanned(1, false);
        assertEq(registry.viewOf(1).status, Status.PAUSED);
    }

    // ------------------------------------------------------------------------------------------- trust

    function test_setCeiling_RevertWhen_NotGovernance() external {
        _register();
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, owner));
        vm.prank(owner);
        registry.setCeiling(1, 1);
    }

    function test_setCeiling_RevertWhen_Unknown() external {
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.UnknownProvider.selector, 9));
        vm.prank(governance);
        registry.setCeiling(9, 1);
    }

    function testFuzz_setCeiling_RevertWhen_NoLevel(uint8 level) external {
        vm.assume(level == 0 || level > 5);
        _register();
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InvalidLevel.selector, level));
        vm.prank(governance);
        registry.setCeiling(1, level);
    }

    function testFuzz_setCeiling_NoProofTakesTheLevelAboveIt(uint8 ceiling, uint16 score) external {
        _register();
        ceiling = uint8(bound(ceiling, 1, 5));
        vm.expectEmit(address(registry));
        emit IProviderRegistry.CeilingChanged(1, ceiling);
        vm.prank(governance);
        registry.setCeiling(1, ceiling);
        uint8 level = registry.updateTrust(1, _proof(score, uint40(vm.getBlockTimestamp())));
        assertEq(registry.viewOf(1).level, level < ceiling ? ceiling : level);
    }

    function test_setLevelTtl_RevertWhen_NotGovernance() external {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, owner));
        vm.prank(owner);
        registry.setLevelTtl(30 days);
    }

    function testFuzz_setLevelTtl_RevertWhen_OutOfBounds(uint32 ttl) external {
        vm.assume(ttl < 1 days || ttl > 365 days);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.LevelTtlOutOfBounds.selector, ttl, 1 days, 365 days));
        vm.prank(governance);
        registry.setLevelTtl(ttl);
    }

    function testFuzz_setLevelTtl_CountsForNewProofs(uint32 ttl) external {
        _register();
        ttl = uint32(bound(ttl, 1 days, 365 days));
        uint40 start = uint40(vm.getBlockTimestamp());
        registry.updateTrust(1, _proof(9_000, start));
        vm.prank(governance);
        registry.setLevelTtl(ttl);
        (,,, uint40 validUntil) = registry.trustOf(1);
        assertEq(validUntil, start + 30 days);
        registry.updateTrust(1, _proof(9_000, start + 1));
        (,,, validUntil) = registry.trustOf(1);
        assertEq(validUntil, start + 1 + ttl);
        assertEq(registry.levelTtl(), ttl);
    }

    function test_updateTrust_RevertWhen_Unknown() external {
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.UnknownProvider.selector, 1));
        registry.updateTrust(1, _proof(9_000, 1));
    }

    function test_updateTrust_RevertWhen_TheSourceRefuses() external {
        _register();
        vm.expectRevert(Trust.NoSuchLeaf.selector);
        registry.updateTrust(1, "");
    }

    function test_updateTrust_RevertWhen_OlderThanTheLast() external {
        _register();
        registry.updateTrust(1, _proof(9_000, 1_000));
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.StaleTrust.selector, 1, 999, 1_000));
        registry.updateTrust(1, _proof(10_000, 999));
    }

    function test_updateTrust_TheLastAgainChangesNothing() external {
        _register();
        uint40 now_ = uint40(vm.getBlockTimestamp());
        registry.updateTrust(1, _proof(9_000, now_));
        registry.updateTrust(1, _proof(9_000, now_));
        (uint16 score, uint8 level,, uint40 validUntil) = registry.trustOf(1);
        assertEq(score, 9_000);
        assertEq(level, 1);
        assertEq(validUntil, now_ + 30 days);
    }

    function testFuzz_updateTrust(uint16 score, uint40 age) external {
        _register();
        uint40 asOf = uint40(vm.getBlockTimestamp() - bound(age, 0, 40 days));
        uint8 level = score >= 9_000 ? 1 : score >= 8_000 ? 2 : score >= 6_500 ? 3 : score >= 4_000 ? 4 : 5;
        vm.expectEmit(address(registry));
        emit IProviderRegistry.TrustUpdated(1, score, level, asOf + 30 days);
        assertEq(registry.updateTrust(1, _proof(score, asOf)), level);

        bool fresh = vm.getBlockTimestamp() <= asOf + 30 days;
        assertEq(registry.viewOf(1).level, fresh ? level : 5);
    }

    function test_updateTrust_Thresholds() external {
        _register();
        uint16[8] memory scores = [uint16(9_000), 8_999, 8_000, 7_999, 6_500, 6_499, 4_000, 3_999];
        uint8[8] memory levels = [1, 2, 2, 3, 3, 4, 4, 5];
        for (uint40 i = 0; i < 8; i++) {
            assertEq(registry.updateTrust(1, _proof(scores[i], i)), levels[i]);
        }
    }

    function test_viewOf_ALevelLapses() external {
        _register();
        uint40 asOf = uint40(vm.getBlockTimestamp());
        registry.updateTrust(1, _proof(8_500, asOf));
        vm.warp(asOf + 30 days);
        assertEq(registry.viewOf(1).level, 2, "in its last second");
        vm.warp(asOf + 30 days + 1);
        assertEq(registry.viewOf(1).level, 5, "after it");
        registry.updateTrust(1, _proof(8_500, asOf + 1));
        assertEq(registry.viewOf(1).level, 2, "refreshed");
    }

    function test_setCollateralised_RevertWhen_NotStaking() external {
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NotStaking.selector, governance));
        vm.prank(governance);
        registry.setCollateralised(1, false);
    }

    function test_setCollateralised() external {
        _register();
        vm.expectEmit(address(registry));
        emit IProviderRegistry.CollateralisedChanged(1, false);
        vm.prank(staking);
        registry.setCollateralised(1, false);
        assertFalse(registry.viewOf(1).collateralised);
    }

    // ------------------------------------------------------------------------------------------- transfer, views

    function test_transferFrom() external {
        _register();
        registry.updateTrust(1, _proof(9_500, uint40(vm.getBlockTimestamp())));
        vm.prank(governance);
        registry.setCeiling(1, 2);

        vm.expectEmit(address(registry));
        emit IProviderRegistry.OperatorChanged(1, address(0), 1);
        vm.expectEmit(address(registry));
        emit IProviderRegistry.PayoutChanged(1, stranger);
        vm.expectEmit(address(registry));
        emit IProviderRegistry.StatusChanged(1, Status.PAUSED);
        vm.prank(owner);
        IERC721(address(registry)).transferFrom(owner, stranger, 1);

        _assertView(address(0), 1, Status.PAUSED, 2, stranger);
        assertEq(registry.providerOf(operator.addr), 0);
        assertEq(registry.providerOf(address(0)), 0);
        assertEq(bytes32(registry.viewOf(1).country), bytes32(COUNTRY));
        assertEq(registry.metadataOf(1), METADATA);
        assertFalse(registry.isOwnerOrOperator(1, owner));
        assertFalse(registry.isOwnerOrOperator(1, operator.addr));
        assertTrue(registry.isOwnerOrOperator(1, stranger));
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NotOwner.selector, 1, owner, stranger));
        vm.prank(owner);
        registry.setPayout(1, owner);
        // The key is free for another provider of the seller's.
        _register();
        assertEq(registry.providerOf(operator.addr), 2);
    }

    function test_viewOf_Unknown() external view {
        ProviderView memory v = registry.viewOf(1);
        assertEq(v.status, Status.NONE);
        assertEq(v.level, 5);
    }

    function test_viewOf_ReadsTwoSlots() external {
        _register();
        vm.record();
        registry.viewOf(1);
        (bytes32[] memory reads,) = vm.accesses(address(registry));
        for (uint256 i = 2; i < reads.length; i++) {
            assertTrue(reads[i] == reads[0] || reads[i] == reads[1]);
        }
        assertTrue(reads.length >= 2 && reads[0] != reads[1]);
    }

    function test_isOwnerOrOperator_NeverZero() external {
        assertFalse(registry.isOwnerOrOperator(1, address(0)));
        _register();
        assertTrue(registry.isOwnerOrOperator(1, owner));
        assertTrue(registry.isOwnerOrOperator(1, operator.addr));
        assertFalse(registry.isOwnerOrOperator(1, payout));
        vm.prank(owner);
        IERC721(address(registry)).transferFrom(owner, stranger, 1);
        assertFalse(registry.isOwnerOrOperator(1, address(0)));
    }

    // ------------------------------------------------------------------------------------------- helpers

    function _register() internal returns (uint64) {
        return _registerAs(owner, operator);
    }

    function _registerAs(address who, Account memory key) internal returns (uint64) {
        bytes memory acceptance = _accept(key, who);
        vm.prank(who);
        return registry.register(key.addr, payout, COUNTRY, METADATA, expiry, acceptance);
    }

    function _accept(Account memory key, address who) internal view returns (bytes memory) {
        return _sign(key.key, who, key.addr, expiry, block.chainid, ORDER_BOOK);
    }

    /// @dev Spelt out from the EIP, so that it does not share a mistake with the contract.
    function _sign(uint256 key, address who, address operator_, uint40 expiry_, uint256 chain, address market)
        internal
        pure
        returns (bytes memory)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Tender"),
                keccak256("1"),
                chain,
                market
            )
        );
        bytes32 message = keccak256(
            abi.encode(
                keccak256("OperatorAcceptance(address owner,address operator,uint40 expiry)"), who, operator_, expiry_
            )
        );
        return signature(key, keccak256(abi.encodePacked(hex"1901", domain, message)));
    }

    function _expectInvalidAcceptance(bytes memory acceptance) internal {
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InvalidAcceptance.selector, operator.addr, owner));
        vm.prank(owner);
        registry.register(operator.addr, payout, COUNTRY, METADATA, expiry, acceptance);
    }

    function _proof(uint16 score, uint40 asOf) internal pure returns (bytes memory) {
        return abi.encode(score, asOf);
    }

    function _assertView(address operator_, uint32 epoch, uint8 status, uint8 level, address payout_) internal view {
        ProviderView memory v = registry.viewOf(1);
        assertEq(v.operator, operator_);
        assertEq(v.offerEpoch, epoch);
        assertEq(v.status, status);
        assertEq(v.level, level);
        assertEq(v.payout, payout_);
    }

    function _isCapital(bytes1 letter) internal pure returns (bool) {
        return letter >= "A" && letter <= "Z";
    }
}
