/** Everything that runs on the audio thread. */

import './capture.js';
import './playback.js';
