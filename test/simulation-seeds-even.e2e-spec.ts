import { describeSeeds } from './simulation/describe-seeds.js';

describeSeeds('even');
