export const stakeTokenAbi = [
  {"type":"function","name":"approve","inputs":[{"name":"spender","type":"address"},{"name":"value","type":"uint256"}],"outputs":[{"name":"","type":"bool"}],"stateMutability":"nonpayable"},
  {"type":"function","name":"mint","inputs":[{"name":"to","type":"address"},{"name":"value","type":"uint256"}],"outputs":[],"stateMutability":"nonpayable"},
  {"type":"constructor","inputs":[],"stateMutability":"nonpayable"},
] as const

export const stakeTokenBytecode = '0x'
