/** Largest gossiped envelope. An order with the longest list of countries and a full brief stays far below. */
export const MAX_ENVELOPE_BYTES = 64 * 1024
