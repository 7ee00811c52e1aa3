/** The lines of a conversation, oldest first. Pure. */

/**
 * @typedef {'user' | 'agent'} Speaker
 * @typedef {{readonly id: number, readonly speaker: Speaker, readonly text: string, readonly open: boolean}} Line
 *   an open line is replaced by the next text of its speaker
 */

/** Older lines go: a call may last for hours. */
export const MAX_LINES = 400;

/**
 * Put a text on its speaker's open line, or on a new one. Texts are cumulative (protocol.md 2.4).
 * @param {readonly Line[]} lines
 * @param {Speaker} speaker
 * @param {string} text an empty one takes the open line back
 * @param {boolean} isFinal
 * @returns {readonly Line[]}
 */
export function withText(lines, speaker, text, isFinal) {
  const open = openLine(lines, speaker);
  if (text.trim() === '') return open ? lines.filter((line) => line !== open) : lines;
  if (open) return lines.map((line) => (line === open ? { ...open, text, open: !isFinal } : line));
  const id = (lines[lines.length - 1]?.id ?? 0) + 1;
  return [...lines, { id, speaker, text, open: !isFinal }].slice(-MAX_LINES);
}

/**
 * Close a speaker's open line as it stands.
 * @param {readonly Line[]} lines
 * @param {Speaker} speaker
 * @returns {readonly Line[]}
 */
export function withClosedLine(lines, speaker) {
  const open = openLine(lines, speaker);
  return open ? lines.map((line) => (line === open ? { ...open, open: false } : line)) : lines;
}

/**
 * @param {readonly Line[]} lines
 * @param {Speaker} speaker
 */
function openLine(lines, speaker) {
  return lines.find((line) => line.open && line.speaker === speaker);
}
