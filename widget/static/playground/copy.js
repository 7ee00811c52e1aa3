/** A page whose texts can be copied. */

import { enableCopying } from './copying.js';

enableCopying();
