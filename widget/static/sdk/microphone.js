/** The browser's answers about the microphone, and the request for it. */

/**
 * Chromium says what the permissions policy allows under an older name.
 * @typedef {{allowsFeature(name: string): boolean}} PolicyView
 * @typedef {Document & {permissionsPolicy?: PolicyView, featurePolicy?: PolicyView}} DocumentWithPolicy
 */

/** @returns {import('./problems.js').Surroundings} */
export function surroundings() {
  const page = /** @type {DocumentWithPolicy} */ (document);
  const policy = page.permissionsPolicy ?? page.featurePolicy;
  return {
    secure: isSecureContext,
    // A file's origin is opaque too, and yet it may ask for the microphone.
    opaque: self.origin === 'null' && location.protocol !== 'file:',
    framed: window.parent !== window,
    allowed: policy?.allowsFeature('microphone'),
    supported: typeof navigator.mediaDevices?.getUserMedia === 'function' && typeof AudioWorkletNode === 'function',
  };
}

/**
 * Asks for what a call needs; the browser may give less. Must be called in the handler of the user's tap: iOS gives
 * sound only then.
 * @param {MediaTrackConstraints} [wishes] such as `{ deviceId }`
 * @returns {Promise<MediaStream>}
 */
export function requestMicrophone(wishes) {
  const audio = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...wishes };
  return navigator.mediaDevices.getUserMedia({ audio });
}

/** @param {MediaStream} stream */
export function releaseMicrophone(stream) {
  for (const track of stream.getTracks()) {
    track.onended = null;
    track.stop();
  }
}
