import { describeStopped } from './processes/stopped.js';

describeStopped('postgres');
