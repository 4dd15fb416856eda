export { buildDashboard } from './buildDashboard.ts'
