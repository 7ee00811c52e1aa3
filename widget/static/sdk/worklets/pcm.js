/** The audio of the wire: signed 16 bit, 16 kHz, mono (protocol.md 2.1), and the floats of Web Audio. */

export const WIRE_RATE_HZ = 16_000;
/** 20 ms. */
export const FRAME_SAMPLES = 320;

/**
 * @param {number} value nominally -1 to 1; what is beyond is clipped
 * @returns {number} an integer of 16 bits
 */
export function toInt16(value) {
  return Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
}

/**
 * @param {number} sample
 * @returns {number} -1 to 1
 */
export function toFloat(sample) {
  return sample / 32_768;
}
