// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// The market is governed by OpenZeppelin's access manager as it is. Imported here, it is built with what it governs.
// forge-lint: disable-next-line(unused-import)
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
