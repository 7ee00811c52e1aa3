/** The error of a call. */

import { Problem } from './problems.js';

/**
 * The same call may well succeed when it is started again.
 * @type {ReadonlySet<Problem>}
 */
const PASSING = new Set([
  Problem.UNREACHABLE,
  Problem.NO_ANSWER,
  Problem.BUSY,
  Problem.RESTARTING,
  Problem.SERVER_ERROR,
  Problem.LOST,
  Problem.MICROPHONE_BUSY,
]);

/** Why a call could not begin, or ended before its time. */
export class CallError extends Error {
  name = 'CallError';

  /**
   * @param {Problem} problem
   * @param {string} [detail] what the browser or the server said, for a developer
   * @param {{sessionId?: string, cause?: unknown}} [more] the session, to be quoted; the exception behind it
   */
  constructor(problem, detail = '', { sessionId, cause } = {}) {
    super(detail ? `${problem}: ${detail}` : problem, { cause });
    this.problem = problem;
    this.detail = detail;
    this.sessionId = sessionId;
  }

  /** Whether it may help to start again, without anybody changing anything. */
  get retryable() {
    return PASSING.has(this.problem);
  }
}
