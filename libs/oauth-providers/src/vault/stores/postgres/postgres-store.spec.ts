import { describeLastingStoreContract, describeStoreContract } from '../store-contract.js';
import { describeWithPostgres, makeFrozenSubject, serverForAll } from './subject/store-contract.js';

describeWithPostgres('postgresStore on a server', () => {
  const server = serverForAll({ settings: { fsync: 'off' } });
  const makeSubject = () => makeFrozenSubject(server());
  describeStoreContract('postgresStore', makeSubject);
  describeLastingStoreContract('postgresStore', makeSubject);
});
