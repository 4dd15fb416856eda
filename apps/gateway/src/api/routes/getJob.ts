import { NotFoundError } from '@tender/protocol'
import type { Handler } from '../handler.ts'
import { findJobEvents } from '../queries/jobEvents.ts'
import { findJobsById } from '../queries/jobs.ts'

export const getJob: Handler<'getJob'> = async ({ params }, { store }) =>
  store.read(async (db) => {
    const job = (await findJobsById(db, [params.id])).get(params.id)
    if (job) return { ...job, events: await findJobEvents(db, job) }
    throw new NotFoundError(`there is no job ${params.id}`, {
      code: 'unknownJob',
      hint: 'A job has the id of its lease. A lease that is a service is none.',
    })
  })
