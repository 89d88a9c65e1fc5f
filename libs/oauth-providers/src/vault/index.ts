export { generateKey, KeyRing, type KeyRingSettings, type SealPurpose } from './key-ring.js';
export {
  type CoolDowns,
  type QuotaOutcome,
  type QuotaStore,
  type QuotaTake,
  reservationBytes,
  type SlidingTake,
} from './quota-store.port.js';
export { ClientCoolDowns, type QuotaDraw, type QuotaName, Quotas, type SlidingDraw } from './quotas.js';
export { type RecordCause } from './record-cause.js';
export {
  type ClientRecordIdentity,
  nameOf,
  type RecordIdentity,
  sameIdentity,
  type UserRecordIdentity,
} from './record-identity.js';
export { LookupHasher, type LookupPurpose } from './record-key.js';
export { type ResealOptions, type ResealProgress } from './resealing.js';
export { SealError, type SealFailure } from './seal-error.js';
export { SealedBlobs } from './sealed-blobs.js';
export { SealedSessions } from './sealed-sessions.js';
export { type SealBinding, Sealer } from './sealing.js';
export {
  type BlobPage,
  type BlobPageRequest,
  type BlobReplacement,
  type BlobStore,
  type Marks,
  type OpenStore,
  type StoreEngine,
  type StoreHealth,
  type WakeUps,
} from './store-engine.port.js';
export { StoreUnavailableError } from './store-errors.js';
export { memoryStore } from './stores/memory/memory-store.js';
export { sqliteStore, type SqliteStoreOptions } from './stores/sqlite/sqlite-store.js';
export { type TokenRecord } from './token-record.js';
export {
  type Backlog,
  type ClaimOutcome,
  type DueRequest,
  type Lease,
  type LeaseHolder,
  type LeaseRequest,
  type PageRequest,
  type RecordState,
  type ReplacingWrite,
  type Resealing,
  type SaveOutcome,
  type Settlement,
  type SpendingMark,
  type StateChange,
  type StoredToken,
  type TokenPage,
  type TokenRemoval,
  type TokenStore,
  type TokenWrite,
} from './token-store.port.js';
export {
  type BrokenRecord,
  type DueClaim,
  type DueRecords,
  type LoginSave,
  type OpenedRecord,
  type OwnerName,
  type PreparedRenewal,
  type RecordChange,
  type RecordClaim,
  type RecordPage,
  type RenewalOutcome,
  type SavedRecord,
  type VaultOptions,
} from './vault-types.js';
export { Vault } from './vault.js';
