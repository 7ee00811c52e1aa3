/** What the wait for one answer went into, as bars on one scale (PROTOCOL.md, onmetrics). Pure. */

/**
 * @typedef {object} Metrics ms; null or absent: the turn did not have it
 * @property {number | null} [endpointing_delay] from the end of speech
 * @property {number | null} [first_segment] from the request to the model
 * @property {number | null} [tts_ttfb] from that segment
 * @property {number | null} [first_audio] from the end of speech
 *
 * @typedef {object} Bar
 * @property {'endpointing' | 'llm' | 'tts'} part
 * @property {number} from ms after the end of speech; a prepared answer begins before it, and counts from 0
 * @property {number} to
 */

/**
 * The voice ends with the first sound, and the model where the voice begins: whatever was prepared overlaps.
 * @param {Metrics} metrics
 * @returns {readonly Bar[]} none when there was no spoken turn
 */
export function barsOf({ endpointing_delay: decided, first_segment: thought, tts_ttfb: spoke, first_audio: heard }) {
  if (typeof heard !== 'number') return [];
  /** @type {Bar[]} */
  const bars = [];
  const clipped = (/** @type {number} */ ms) => Math.min(Math.max(0, ms), heard);
  const voice = heard - (spoke ?? 0);
  if (typeof decided === 'number') bars.push({ part: 'endpointing', from: 0, to: clipped(decided) });
  if (typeof thought === 'number') bars.push({ part: 'llm', from: clipped(voice - thought), to: clipped(voice) });
  if (typeof spoke === 'number') bars.push({ part: 'tts', from: clipped(voice), to: heard });
  return bars;
}
