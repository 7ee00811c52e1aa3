/** What the widget draws by itself, on a grid of 24 with a round pen of 2. */

import { MICROPHONE } from './first.js';

export const OUTLINES = Object.freeze({
  mic: MICROPHONE,
  'mic-off':
    'M9 9v3a3 3 0 0 0 5 2.2M15 11V6a3 3 0 0 0-5.7-1.3M5 11v1a7 7 0 0 0 11.5 5.4M19 11v1a7 7 0 0 1-.4 2.3M12 19v3M3 3l18 18',
  dots: 'M5 12h.01M12 12h.01M19 12h.01',
  stop: 'M7 5h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z',
  wave: 'M4 10v4M8 7v10M12 4v16M16 7v10M20 10v4',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9l6 6 6-6',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  send: 'M5 12h14M13 6l6 6-6 6',
});

/** @typedef {keyof typeof OUTLINES} Outline */
