import type { Handler } from '../handler.ts'
import { findMatches } from '../queries/matches.ts'
export const listMatches: Handler<'listMatches'> = ({ query }, { store }) => store.read((db) => findMatches(db, query))
