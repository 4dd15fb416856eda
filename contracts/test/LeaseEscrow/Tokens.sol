// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ILeaseEscrow} from "../../src/interfaces/ILeaseEscrow.sol";

/// @dev A plain token of any decimals.
contract PlainToken is ERC20 {
    uint8 private immutable DECIMALS;

    constructor(uint8 decimals_) ERC20("Plain", "PLN") {
        DECIMALS = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @dev Keeps one in a hundred of every transfer.
contract FeeToken is PlainToken(18) {
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(to, address(0xfee), amount / 100);
    }
}

/// @dev Says yes and moves nothing.
contract LazyToken is PlainToken(18) {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @dev Sends to and takes from all but whom it blocks.
contract BlockingToken is PlainToken(6) {
    mapping(address account => bool blocked) public isBlocked;

    error Blocked(address account);

    function setBlocked(address account, bool blocked) external {
        isBlocked[account] = blocked;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (isBlocked[from]) revert Blocked(from);
        if (isBlocked[to]) revert Blocked(to);
        super._update(from, to, amount);
    }
}

/// @dev Answers as it is told: with nothing at all, with false, or with a revert.
contract OddToken {
    enum Answer {
        Nothing,
        False,
        Revert
    }

    Answer public answer;
    mapping(address account => uint256 amount) public balanceOf;

    error Odd();

    constructor(Answer answer_) {
        answer = answer_;
    }

    function setAnswer(Answer answer_) external {
        answer = answer_;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address, uint256) external pure returns (bool) {
        return true;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (answer == Answer.Revert) revert Odd();
        if (answer == Answer.False) {
            assembly {
                mstore(0, 0)
                return(0, 32)
            }
        }
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev Calls the escrow again in the middle of a transfer.
contract ReenteringToken is PlainToken {
    ILeaseEscrow private immutable ESCROW;
    bytes public call;
    bytes public answered;
    bool public succeeded;

    constructor(ILeaseEscrow escrow) PlainToken(18) {
        ESCROW = escrow;
    }

    function setCall(bytes calldata call_) external {
        call = call_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        bytes memory again = call;
        if (again.length != 0 && from != address(0)) {
            delete call;
            (succeeded, answered) = address(ESCROW).call(again);
        }
        super._update(from, to, amount);
    }
}
