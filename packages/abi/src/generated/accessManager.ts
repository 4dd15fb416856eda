export const accessManagerAbi = [

] as const

export const accessManagerBytecode = '0x'
