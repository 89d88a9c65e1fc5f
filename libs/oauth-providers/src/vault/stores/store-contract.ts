import { describe } from '@jest/globals';
import { describeLeases } from './contract/leases/store-contract.js';
import { describeMarksAndBlobs } from './contract/marks-and-blobs/store-contract.js';
import { describeQuotas } from './contract/quotas/store-contract.js';
import { describeRecords } from './contract/records/store-contract.js';
import { describeSweeping } from './contract/sweeping/store-contract.js';
import { type StoreSubject } from './contract/subject/store-contract.js';

export { describeLastingStoreContract } from './contract/lasting/store-contract.js';
export { type StoreSubject } from './contract/subject/store-contract.js';

/**
 * What every store must do, whatever it is made of. It moves time itself and sleeps nowhere.
 *
 * @param name - the store's name, for the report
 * @param makeSubject - makes a store of one's own for each test
 */
export function describeStoreContract(name: string, makeSubject: () => Promise<StoreSubject>): void {
  describe(`${name} keeps the store contract`, () => {
    describeRecords(makeSubject);
    describeLeases(makeSubject);
    describeSweeping(makeSubject);
    describeQuotas(makeSubject);
    describeMarksAndBlobs(makeSubject);
  });
}
