/**
 * Speech made longer or shorter by whole periods of the voice, which leaves its pitch as it is. Pure.
 *
 * Two parts that are a period apart are faded into one another, where they are most alike (pitch-synchronous overlap and
 * add: Moulines and Charpentier, Speech Communication 9, 1990).
 */

/** 12.5 and 3.1 ms, of voices of 80 and 320 Hz. */
export const MAX_PERIOD = 200;
const MIN_PERIOD = 50;
/** The likeness of every other sample tells enough. */
const STEP = 2;

/**
 * The period with which the voice repeats itself best, behind `from`.
 * @param {Float32Array} speech has twice MAX_PERIOD from there on
 * @param {number} from
 */
export function periodAt(speech, from) {
  let best = MAX_PERIOD;
  let most = -Infinity;
  for (let period = MIN_PERIOD; period <= MAX_PERIOD; period += 1) {
    let likeness = 0;
    let energy = 1e-9;
    for (let index = from; index < from + MAX_PERIOD; index += STEP) {
      const later = speech[index + period];
      likeness += speech[index] * later;
      energy += later * later;
    }
    likeness /= Math.sqrt(energy);
    if (likeness > most) {
      most = likeness;
      best = period;
    }
  }
  return best;
}

/**
 * Fade from one place of the speech to another.
 * @param {Float32Array} speech
 * @param {number} from
 * @param {number} to
 * @param {Float32Array} output filled
 */
export function fade(speech, from, to, output) {
  for (let index = 0; index < output.length; index += 1) {
    const part = index / output.length;
    output[index] = speech[from + index] * (1 - part) + speech[to + index] * part;
  }
}
