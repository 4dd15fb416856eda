export const scriptedReportsAbi = [

] as const

export const scriptedReportsBytecode = '0x'
