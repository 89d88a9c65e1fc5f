import { describeRestarted } from './processes/restarted.js';

describeRestarted('postgres');
