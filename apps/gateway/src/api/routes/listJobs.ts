import type { Handler } from '../handler.ts'
import { findJobs } from '../queries/jobs.ts'

export const listJobs: Handler<'listJobs'> = ({ query }, { store }) => store.read((db) => findJobs(db, query))
