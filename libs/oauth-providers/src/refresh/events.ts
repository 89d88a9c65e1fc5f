import { type RecordState } from '../vault/index.js';
import { type Cause } from './cause.js';

/** Something that happened to a record. No event holds a token. */
export interface TokenEvent {
  readonly type:
    'renewed' | 'degraded' | 'in_doubt' | 'needs_login' | 'revoked' | 'unsaved' | 'quota_warning';
  readonly provider: string;
  readonly clientId: string;
  readonly kind: 'user' | 'app' | 'ticket';
  /** The user; absent for tokens of the client itself. */
  readonly subject?: string;
  readonly state?: RecordState;
  readonly cause?: Cause;
}

/** Is told of every event. What it throws is ignored: nobody's listener may stop a renewal. */
export type TokenListener = (event: TokenEvent) => void;
