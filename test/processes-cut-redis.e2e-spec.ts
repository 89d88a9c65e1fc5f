import { describeCut } from './processes/cut-off.js';

describeCut('redis');
