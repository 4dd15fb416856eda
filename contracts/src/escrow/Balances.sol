// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ILeaseEscrow} from "../interfaces/ILeaseEscrow.sol";

/// @title The escrow's balances
/// @notice The only code of the escrow that calls a token.
abstract contract Balances is ILeaseEscrow, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    address internal immutable ORDER_BOOK;

    /// @inheritdoc ILeaseEscrow
    mapping(address account => mapping(address asset => uint256 amount)) public balanceOf;

    /// @inheritdoc ILeaseEscrow
    mapping(address asset => bool allowed) public isAllowedAsset;

    constructor(address orderBook) {
        ORDER_BOOK = orderBook;
    }

    modifier onlyOrderBook() {
        if (msg.sender != ORDER_BOOK) revert NotOrderBook(msg.sender);
        _;
    }

    /// @inheritdoc ILeaseEscrow
    function deposit(address account, address asset, uint256 amount) external nonReentrant returns (uint256 received) {
        return _deposit(msg.sender, account, asset, amount);
    }

    /// @inheritdoc ILeaseEscrow
    function depositWithPermit(
        address owner,
        address asset,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint256 received) {
        // A permit can be taken from the mempool and used before us: then the allowance is there, and that is all we need.
        try IERC20Permit(asset).permit(owner, address(this), amount, deadline, v, r, s) {} catch {}
        return _deposit(owner, owner, asset, amount);
    }

    /// @inheritdoc ILeaseEscrow
    function withdraw(address asset, uint256 amount, address to) external nonReentrant {
        // Check
        if (to == address(0)) revert ZeroAddress();
        // Effect
        _debit(msg.sender, asset, amount);
        emit Withdrawn(msg.sender, asset, amount, to);
        // Interaction
        IERC20(asset).safeTransfer(to, amount);
    }

    /// @inheritdoc ILeaseEscrow
    function give(address to, address asset, uint256 amount) external {
        // Check
        if (to == address(0)) revert ZeroAddress();
        // Effect
        _debit(msg.sender, asset, amount);
        _credit(to, asset, amount);
        emit Given(msg.sender, to, asset, amount);
    }

    /// @inheritdoc ILeaseEscrow
    function reserve(address account, address asset, uint256 amount) external onlyOrderBook {
        _debit(account, asset, amount);
        _credit(ORDER_BOOK, asset, amount);
        emit Reserved(account, asset, amount);
    }

    /// @inheritdoc ILeaseEscrow
    function unreserve(address account, address asset, uint256 amount) external onlyOrderBook {
        _debit(ORDER_BOOK, asset, amount);
        _credit(account, asset, amount);
        emit Unreserved(account, asset, amount);
    }

    /// @inheritdoc ILeaseEscrow
    function setAsset(address asset, bool allowed) external restricted {
        isAllowedAsset[asset] = allowed;
        emit AssetChanged(asset, allowed);
    }

    /// @dev Effects follow the interaction, since only our own balance says what came; callers are `nonReentrant`.
    function _deposit(address from, address account, address asset, uint256 amount) private returns (uint256 received) {
        // Check
        if (account == address(0)) revert ZeroAddress();
        if (!isAllowedAsset[asset]) revert AssetNotAllowed(asset);
        // Interaction
        uint256 before = IERC20(asset).balanceOf(address(this));
        IERC20(asset).safeTransferFrom(from, address(this), amount);
        received = IERC20(asset).balanceOf(address(this)) - before;
        if (received == 0) revert NothingReceived(asset, amount);
        // Effect
        _credit(account, asset, received);
        emit Deposited(account, asset, received, from);
    }

    function _credit(address account, address asset, uint256 amount) internal {
        if (amount != 0) balanceOf[account][asset] += amount;
    }

    function _debit(address account, address asset, uint256 amount) internal {
        mapping(address => uint256) storage balances = balanceOf[account];
        uint256 available = balances[asset];
        if (amount > available) revert InsufficientBalance(account, asset, amount, available);
        unchecked {
            balances[asset] = available - amount; // amount <= available
        }
    }
}
