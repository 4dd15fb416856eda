// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobs} from "../../src/interfaces/IJobs.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";
import {JobTerms, Terms} from "../../src/interfaces/Types.sol";
import {Lot} from "../../src/jobs/Lot.sol";
import {JobsBase} from "./JobsBase.sol";

/// @dev Branches of draw.tree, reanchor.tree, challenge.tree, redraw.tree.
contract JobDrawTest is JobsBase {
    function setUp() public override {
        super.setUp();
        addMonitors(8);
        start = uint40(vm.getBlockTimestamp());
    }

    /// @dev What {IJobs} says, word by word: no library of ours.
    function expected(bytes32 seed, address[] memory keys, uint256[] memory weights, uint256 wanted)
        private
        pure
        returns (address[] memory drawn)
    {
        bool[] memory isDrawn = new bool[](keys.length);
        uint256 candidates;
        for (uint256 i = 0; i < keys.length; i++) {
            if (weights[i] > 0) candidates++;
        }
        drawn = new address[](wanted < candidates ? wanted : candidates);
        for (uint256 k = 0; k < drawn.length; k++) {
            uint256 all;
            for (uint256 i = 0; i < keys.length; i++) {
                if (!isDrawn[i]) all += weights[i];
            }
            uint256 r = uint256(keccak256(abi.encode(seed, k))) % all;
            uint256 sum;
            for (uint256 i = 0; i < keys.length; i++) {
                if (isDrawn[i]) continue;
                sum += weights[i];
                if (sum > r) {
                    (drawn[k], isDrawn[i]) = (keys[i], true);
                    break;
                }
            }
        }
    }

    function check(Terms memory terms, address[] memory drawn, uint256 wanted) private view {
        (address[] memory keys, uint256[] memory weights) = reports.electorate();
        bytes32 seed = stateOf(terms).commitment;
        assertEq(abi.encode(drawn), abi.encode(expected(seed, keys, weights, wanted)), "as the algorithm says");
    }

    // ------------------------------------------------------------------------------------------- draw

    function test_draw() external {
        (Terms memory terms, bytes32 lease) = anchoredJob();
        bytes32 seed = keccak256(abi.encode(ROOT, blockhash(jobs.jobOf(lease).anchor)));
        skip(10);
        address[] memory drawn = draw(terms, jobTerms());
        assertEq(drawn.length, 3);
        IJobs.Job memory job = jobs.jobOf(lease);
        assertState(terms, IJobs.State.Drawn);
        assertEq(job.commitment, seed);
        assertEq(job.since, start + 10);
        assertTrue(job.drawn == bytes19(keccak256(abi.encodePacked(drawn))), "the keys are bound");
        check(terms, drawn, 3);
        vm.expectRevert(wrongState(terms));
        jobs.draw(terms, jobTerms(), none());
    }

    /// @dev The first one stands in the tests of `drawnMonitors` in packages/protocol, too.
    function test_draw_Vectors() external pure {
        uint256[5] memory few = [uint256(1), 0, 10, 100, 1_000];
        address[] memory drawn = drawOf(abi.encode(few), 3);
        assertEq(abi.encode(drawn), abi.encode(listOf(abi.encode([uint256(5), 4, 3]))));
        uint256[8] memory more = [uint256(100), 250, 0, 4_000, 100, 33, 100, 1];
        drawn = drawOf(abi.encode(more), 20);
        assertEq(abi.encode(drawn), abi.encode(listOf(abi.encode([uint256(4), 5, 7, 1, 2, 6, 8]))));
    }

    /// @dev Of monitors whose keys count from 1. @param words their weights
    function drawOf(bytes memory words, uint256 wanted) private pure returns (address[] memory) {
        uint256[] memory weights = new uint256[](words.length / 32);
        address[] memory keys = new address[](weights.length);
        address[] memory given = listOf(words);
        for (uint256 i = 0; i < weights.length; i++) {
            (weights[i], keys[i]) = (uint160(given[i]), address(uint160(i + 1)));
        }
        return Lot.draw(keccak256("seed"), keys, weights, wanted);
    }

    function listOf(bytes memory words) private pure returns (address[] memory list) {
        list = new address[](words.length / 32);
        for (uint256 i = 0; i < list.length; i++) {
            uint256 word;
            assembly ("memory-safe") {
                word := mload(add(words, mul(add(i, 1), 32)))
            }
            list[i] = address(uint160(word));
        }
    }

    function testFuzz_draw_AsTheAlgorithmSays(bytes32 seed, uint32[12] memory given, uint8 wanted) external pure {
        address[] memory keys = new address[](12);
        uint256[] memory weights = new uint256[](12);
        uint256[] memory copy = new uint256[](12);
        for (uint256 i = 0; i < 12; i++) {
            keys[i] = address(uint160(i + 1));
            (weights[i], copy[i]) = (given[i] % 3 == 0 ? 0 : given[i], given[i] % 3 == 0 ? 0 : given[i]);
        }
        address[] memory drawn = Lot.draw(seed, keys, copy, wanted);
        assertEq(abi.encode(drawn), abi.encode(expected(seed, keys, weights, wanted)));
        for (uint256 i = 0; i < drawn.length; i++) {
            assertGt(weights[uint160(drawn[i]) - 1], 0, "who weighs nothing is not drawn");
            for (uint256 j = 0; j < i; j++) {
                assertTrue(drawn[i] != drawn[j], "nobody twice");
            }
        }
    }

    function test_draw_EqualWeightsEquallyOften() external pure {
        uint256[8] memory times;
        for (uint256 n = 0; n < 2_000; n++) {
            address[] memory keys = new address[](8);
            uint256[] memory weights = new uint256[](8);
            for (uint256 i = 0; i < 8; i++) {
                (keys[i], weights[i]) = (address(uint160(i + 1)), 100);
            }
            address[] memory drawn = Lot.draw(keccak256(abi.encode(n)), keys, weights, 2);
            times[uint160(drawn[0]) - 1]++;
            times[uint160(drawn[1]) - 1]++;
        }
        for (uint256 i = 0; i < 8; i++) {
            // 4,000 draws among 8: 500 each, standard deviation 20
            assertApproxEqAbs(times[i], 500, 90);
        }
    }

    function test_draw_FewerMonitorsThanValidators() external {
        JobTerms memory j = jobTerms();
        j.validators = 200;
        (Terms memory terms,) = openJob(j);
        begin(terms, j);
        submit(terms, j);
        roll(3);
        address[] memory drawn = draw(terms, j);
        assertEq(drawn.length, 8, "all there are");
        check(terms, drawn, 200);
    }

    function test_draw_OneMonitorOfNearlyAllWeight() external {
        address whale = addMonitor("whale", 1_000_000).addr;
        passEra();
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        assertTrue(contains(drawn, whale), "the lot mostly falls on it");
        assertEq(drawn.length, 3, "but it has one voice of three");
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, false, drawn, 1);
        for (uint8 i = 0; i < 3; i++) {
            if (drawn[i] == whale) signers[0] = i;
        }
        vm.expectRevert(abi.encodeWithSelector(IJobs.MajorityMissing.selector, 1, 3));
        jobs.resolve(terms, jobTerms(), false, drawn, signers, signatures);
    }

    function test_draw_SecondSetIsOfOthersWhereThereAreEnough() external {
        (Terms memory terms,, address[] memory first) = recalledJob();
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongValidators.selector, escrow.leaseIdOf(terms)));
        jobs.draw(terms, jobTerms(), none());
        address[] memory second = drawWith(terms, jobTerms(), first);
        assertEq(second.length, 3);
        for (uint256 i = 0; i < 3; i++) {
            assertFalse(contains(first, second[i]), "another one");
        }
        assertState(terms, IJobs.State.Redrawn);
    }

    function test_draw_SecondSetIsOfAllWhereTooFewOthersAre() external {
        for (uint256 i = 0; i < 3; i++) {
            setWeight(monitors[i].addr, 0);
        }
        passEra();
        (Terms memory terms,, address[] memory second) = redrawnJob();
        assertEq(second.length, 3);
        check(terms, second, 3); // five weigh anything, two of them not drawn before
    }

    function test_draw_RevertWhen_NothingToDraw() external {
        (Terms memory terms,) = openJob();
        vm.expectRevert(wrongState(terms));
        jobs.draw(terms, jobTerms(), none());
        begin(terms, jobTerms());
        vm.expectRevert(wrongState(terms));
        jobs.draw(terms, jobTerms(), none());
    }

    function test_draw_RevertWhen_TermsAreOthers() external {
        (Terms memory terms, bytes32 lease) = anchoredJob();
        JobTerms memory j = jobTerms();
        j.validators = 1;
        bytes32 given = jobs.hashJobTerms(j);
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongJobTerms.selector, lease, given, terms.jobTerms));
        jobs.draw(terms, j, none());
        address[] memory former = new address[](1);
        former[0] = monitors[0].addr;
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongValidators.selector, lease));
        jobs.draw(terms, jobTerms(), former);
    }

    function test_draw_OnlyWhileTheAnchorIsKnown() external {
        (Terms memory terms, bytes32 lease) = submittedJob();
        uint40 anchor = jobs.jobOf(lease).anchor;
        vm.roll(anchor);
        vm.expectRevert(abi.encodeWithSelector(IJobs.AnchorNotMined.selector, lease, anchor, anchor));
        jobs.draw(terms, jobTerms(), none());
        vm.roll(anchor + 257);
        vm.expectRevert(abi.encodeWithSelector(IJobs.AnchorMissed.selector, lease, anchor, anchor + 257));
        jobs.draw(terms, jobTerms(), none());
        vm.roll(anchor + 256);
        draw(terms, jobTerms());
    }

    function testFuzz_draw_HoldsToTheSecond(uint32 moment) external {
        (Terms memory terms,) = anchoredJob();
        moment = uint32(bound(moment, 0, 2 * DRAW));
        vm.warp(start + moment);
        if (moment >= DRAW) {
            vm.expectRevert(tooLate(terms, start + DRAW));
            jobs.draw(terms, jobTerms(), none());
            jobs.expire(terms, jobTerms());
            assertEnded(terms, 0, 0);
        } else {
            vm.expectRevert(tooEarly(terms, start + DRAW));
            jobs.expire(terms, jobTerms());
            draw(terms, jobTerms());
        }
    }

    // ------------------------------------------------------------------------------------------- reanchor

    function test_reanchor() external {
        (Terms memory terms, bytes32 lease) = submittedJob();
        uint40 anchor = jobs.jobOf(lease).anchor;
        uint40[2] memory tooSoon = [anchor, anchor + 256];
        for (uint256 i = 0; i < 2; i++) {
            vm.roll(tooSoon[i]);
            vm.expectRevert(abi.encodeWithSelector(IJobs.AnchorNotMissed.selector, lease, anchor, tooSoon[i]));
            jobs.reanchor(terms);
        }
        for (uint40 i = 0; i < 2; i++) {
            roll(300);
            vm.expectEmit(address(jobs));
            emit IJobs.JobReanchored(lease, uint40(vm.getBlockNumber() + 2));
            jobs.reanchor(terms);
        }
        roll(300);
        vm.expectRevert(abi.encodeWithSelector(IJobs.ReanchorsSpent.selector, lease, 2));
        jobs.reanchor(terms);
        skip(DRAW);
        vm.expectRevert(tooLate(terms, start + DRAW));
        jobs.reanchor(terms);
        jobs.expire(terms, jobTerms());
        assertEnded(terms, 0, 0);
    }

    function test_reanchor_ThenDraw() external {
        (Terms memory terms,) = submittedJob();
        roll(300);
        jobs.reanchor(terms);
        roll(3);
        check(terms, draw(terms, jobTerms()), 3);
        vm.expectRevert(wrongState(terms));
        jobs.reanchor(terms);
    }

    function test_reanchor_TwiceAgainForASecondSet() external {
        (Terms memory terms,) = submittedJob();
        for (uint256 i = 0; i < 2; i++) {
            roll(300);
            jobs.reanchor(terms);
        }
        roll(3);
        address[] memory first = draw(terms, jobTerms());
        skip(CHALLENGE + VERDICT);
        jobs.redraw(terms);
        for (uint256 i = 0; i < 2; i++) {
            roll(300);
            jobs.reanchor(terms);
        }
        roll(3);
        drawWith(terms, jobTerms(), first);
    }

    // ------------------------------------------------------------------------------------------- challenge

    function test_challenge() external {
        (Terms memory terms, bytes32 lease, address[] memory drawn) = drawnJob();
        IJobs.Job memory before = jobs.jobOf(lease);
        (uint8[] memory signers, bytes[] memory early) = signed(terms, false, drawn, 3);
        bytes32 seed = keccak256(abi.encode(before.commitment, keccak256(abi.encode(3, 17))));
        vm.expectEmit(address(jobs));
        emit IJobs.JobChallenged(lease, seed, tasks(3, 17));
        challenge(terms);
        assertEq(balance(tenant.addr), MONEY - price - 2 * VERIFY_FEE);
        IJobs.Job memory job = jobs.jobOf(lease);
        assertTrue(job.challenged && job.drawn == before.drawn && job.since == before.since, "nothing else changed");
        vm.expectRevert(abi.encodeWithSelector(IJobs.InvalidVerdict.selector, drawn[0]));
        jobs.resolve(terms, jobTerms(), false, drawn, signers, early);
        vm.expectRevert(abi.encodeWithSelector(IJobs.ChallengedAlready.selector, lease));
        challenge(terms);
    }

    function testFuzz_challenge_HoldsToTheSecond(uint32 moment) external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        moment = uint32(bound(moment, 0, CHALLENGE + VERDICT - 1));
        vm.warp(start + moment);
        if (moment >= CHALLENGE) vm.expectRevert(tooLate(terms, start + CHALLENGE));
        challenge(terms);
        if (moment < CHALLENGE) return;
        resolve(terms, true, drawn, 2);
    }

    /// @dev A challenge in the last second still leaves the validators all of their time.
    function test_challenge_LeavesTheValidatorsTheirTime() external {
        (Terms memory terms,, address[] memory drawn) = drawnJob();
        skip(CHALLENGE - 1);
        challenge(terms);
        skip(VERDICT);
        resolve(terms, true, drawn, 3);
    }

    function test_challenge_RevertWhen_NotDrawnForTheFirstTime() external {
        (Terms memory terms,) = anchoredJob();
        vm.expectRevert(wrongState(terms));
        challenge(terms);
        (terms,,) = recalledJob();
        vm.expectRevert(wrongState(terms));
        challenge(terms);
        (terms,,) = redrawnJob();
        vm.expectRevert(wrongState(terms));
        challenge(terms);
    }

    function test_challenge_RevertWhen_NotTheTenantOrWrongTasks() external {
        (Terms memory terms, bytes32 lease,) = drawnJob();
        vm.prank(operator.addr);
        vm.expectRevert(abi.encodeWithSelector(IJobs.NotJobTenant.selector, lease, operator.addr, tenant.addr));
        jobs.challenge(terms, jobTerms(), tasks(0, 1));
        vm.startPrank(tenant.addr);
        vm.expectRevert(abi.encodeWithSelector(IJobs.ChallengeOutOfBounds.selector, 0, 16));
        jobs.challenge(terms, jobTerms(), new uint32[](0));
        vm.expectRevert(abi.encodeWithSelector(IJobs.ChallengeOutOfBounds.selector, 17, 16));
        jobs.challenge(terms, jobTerms(), new uint32[](17));
        vm.expectRevert(abi.encodeWithSelector(IJobs.UnknownTask.selector, 20, 20));
        jobs.challenge(terms, jobTerms(), tasks(19, 20));
        JobTerms memory j = jobTerms();
        j.tasks = 21;
        bytes32 given = jobs.hashJobTerms(j);
        vm.expectRevert(abi.encodeWithSelector(ILeaseEscrow.JobTermsMismatch.selector, lease, given, terms.jobTerms));
        jobs.challenge(terms, j, tasks(19, 20));
        escrow.withdraw(address(dollar), balance(tenant.addr), tenant.addr);
        vm.expectRevert(
            abi.encodeWithSelector(
                ILeaseEscrow.InsufficientBalance.selector, tenant.addr, address(dollar), VERIFY_FEE, 0
            )
        );
        jobs.challenge(terms, jobTerms(), tasks(0, 1));
        vm.stopPrank();
    }

    // ------------------------------------------------------------------------------------------- redraw

    function testFuzz_redraw_HoldsToTheSecond(uint32 moment) external {
        (Terms memory terms, bytes32 lease, address[] memory drawn) = drawnJob();
        moment = uint32(bound(moment, CHALLENGE, 2 * (CHALLENGE + VERDICT)));
        uint40 until = start + CHALLENGE + VERDICT;
        vm.warp(start + moment);
        (uint8[] memory signers, bytes[] memory signatures) = signed(terms, true, drawn, 2);
        if (start + moment < until) {
            vm.expectRevert(tooEarly(terms, until));
            jobs.redraw(terms);
            jobs.resolve(terms, jobTerms(), true, drawn, signers, signatures);
            return;
        }
        vm.expectRevert(tooLate(terms, until));
        jobs.resolve(terms, jobTerms(), true, drawn, signers, signatures);
        vm.expectEmit(address(jobs));
        emit IJobs.JobRecalled(lease, uint40(vm.getBlockNumber() + 2));
        jobs.redraw(terms);
        assertState(terms, IJobs.State.Recalled);
        assertEq(jobs.jobOf(lease).since, start + moment);
        vm.expectRevert(wrongState(terms));
        jobs.redraw(terms);
    }

    function test_redraw_OnlyOnce() external {
        (Terms memory terms,) = anchoredJob();
        vm.expectRevert(wrongState(terms));
        jobs.redraw(terms);
        (terms,,) = redrawnJob();
        skip(30 days);
        vm.expectRevert(wrongState(terms));
        jobs.redraw(terms);
    }
}
