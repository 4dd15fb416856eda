// What reading a log takes, by name: a whole package that is imported late would come as a whole, with the first page already.
export { readLogs } from '@tender/network/browser'
export { unseal } from '@tender/protocol'
