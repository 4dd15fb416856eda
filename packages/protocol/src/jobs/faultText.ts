import type { ResultFault } from './checkResult.ts'

/**
 * A fault of a result in words for people, one sentence without its end.
 *
 * @example
 * faultText({ fault: 'missingTask', task: 4 }) // 'task 4 was not done'
 */
export function faultText(fault: ResultFault): string {
  switch (fault.fault) {
    case 'otherLease':
      return `the result is of lease ${fault.lease} and provider ${fault.provider}`
    case 'missingTask':
      return `task ${fault.task} was not done`
    case 'duplicateTask':
      return `task ${fault.task} is there twice`
    case 'foreignTask':
      return `task ${fault.task} is not one of this lease's`
    case 'unknownBlock':
      return `task ${fault.task} names a hash that block ${fault.block} does not have`
    case 'blockOutside':
      return `task ${fault.task} names block ${fault.block}, outside of the time in which it was to be done`
    case 'blockFalls':
      return `task ${fault.task} names block ${fault.block}, older than the one before it`
    case 'outputTooLarge':
      return `the output of task ${fault.task} has ${fault.outputBytes} bytes, more than it may`
    case 'wrongRoot':
      return `the records lead to the root ${fault.root}, which is not what was submitted`
    case 'progressNotPrefix':
      return `the progress ${fault.root} is of no beginning of the records`
  }
}
