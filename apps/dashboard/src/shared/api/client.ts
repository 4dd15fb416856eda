import { createApiClient } from '@tender/api'

/** The gateway that served this page. */
export const api = createApiClient({ baseUrl: '' })
