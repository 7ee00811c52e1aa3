/** When a lost connection is tried again. Pure. */

/** From the loss: later than that, the user has given up as well. */
export const RETRY_WITHIN_MS = 60_000;
const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/**
 * Each wait is about twice as long as the one before; a part of it is chance, so that the callers of a server
 * that restarts do not all come back at once.
 * @param {number} attempt the first is 0
 * @param {number} chance 0 to 1
 * @returns {number} ms
 */
export function retryDelayMs(attempt, chance) {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt) * (0.5 + chance / 2);
}
