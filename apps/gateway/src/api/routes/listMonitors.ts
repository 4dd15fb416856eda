import type { Handler } from '../handler.ts'
import { findMonitors } from '../queries/monitors.ts'
export const listMonitors: Handler<'listMonitors'> = async (_, { store }) => ({ items: await store.read(findMonitors) })
