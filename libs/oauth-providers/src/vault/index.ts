export { generateKey, KeyRing, type KeyRingSettings, type SealPurpose } from './key-ring.js';
export {
  type ClientRecordIdentity,
  type RecordIdentity,
  sameIdentity,
  type UserRecordIdentity,
} from './record-identity.js';
export { LookupHasher, type LookupPurpose } from './record-key.js';
export { SealError, type SealFailure } from './seal-error.js';
export { SealedBlobs } from './sealed-blobs.js';
export { SealedSessions } from './sealed-sessions.js';
export { type SealBinding, Sealer } from './sealing.js';
export { type BlobStore, type Marks, type OpenStore, type StoreEngine } from './store-engine.port.js';
export { StoreUnavailableError } from './store-errors.js';
export { memoryStore } from './stores/memory/memory-store.js';
export { sqliteStore, type SqliteStoreOptions } from './stores/sqlite/sqlite-store.js';
export { type TokenRecord } from './token-record.js';
export {
  type RecordState,
  type ReplacingWrite,
  type SaveOutcome,
  type StoredToken,
  type TokenPage,
  type TokenRemoval,
  type TokenStore,
  type TokenWrite,
} from './token-store.port.js';
export {
  type LoginSave,
  type OpenedRecord,
  type OwnerName,
  type PreparedRenewal,
  type RecordPage,
  type RenewalOutcome,
  type SavedRecord,
  type VaultOptions,
} from './vault-types.js';
export { Vault } from './vault.js';
