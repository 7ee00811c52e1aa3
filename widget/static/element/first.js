/** What is shown before the first use, in English and without a look of its own. */

/** strings/en.js has them from here. */
export const FIRST_WORDS = { start: 'Start', launch: 'Talk to us' };

/** An outline on a grid of 24, drawn with a round pen of 2. */
export const MICROPHONE = 'M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11v1a7 7 0 0 0 14 0v-1M12 19v3';
