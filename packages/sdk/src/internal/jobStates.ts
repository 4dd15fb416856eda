/** What a job is, by the number that its contract gives the state. */
export const jobStates = ['opened', 'begun', 'submitted', 'drawn', 'recalled', 'redrawn', 'ended'] as const

/** `opened` before its provider began it, `recalled` while a second set of validators is to be drawn. */
export type JobStateName = (typeof jobStates)[number]
