import { describeLastingStoreContract, describeStoreContract } from '../store-contract.js';
import {
  clusterForAll,
  describeWithRedis,
  makeFrozenSubject,
  serverForAll,
} from './subject/store-contract.js';

describeWithRedis('redisStore on one server', () => {
  const server = serverForAll();
  const makeSubject = () => makeFrozenSubject({ url: server().url });
  describeStoreContract('redisStore', makeSubject);
  describeLastingStoreContract('redisStore', makeSubject);
});

describeWithRedis('redisStore on a cluster', () => {
  const cluster = clusterForAll();
  const makeSubject = () => makeFrozenSubject({ cluster: cluster().urls });
  describeStoreContract('redisStore with { cluster }', makeSubject);
  describeLastingStoreContract('redisStore with { cluster }', makeSubject);
});
