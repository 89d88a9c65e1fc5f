import { type Identity } from './identity.js';

/** What the directory keeps of an account. */
export interface AccountFacts {
  readonly displayName: string | null;
  readonly avatarUrl: string | null;
  /** RFC 3339, in UTC. */
  readonly linkedAt: string;
}

/** The public face of a user. */
export interface UserAnswer {
  readonly provider: string;
  readonly subject: string;
  readonly displayName: string | null;
  readonly avatarUrl: string | null;
}

/** An account of a platform with which somebody has signed in here. */
export class Account implements Identity, AccountFacts {
  readonly provider: string;
  readonly clientId: string;
  readonly subject: string;
  readonly displayName: string | null;
  readonly avatarUrl: string | null;
  readonly linkedAt: string;

  constructor(identity: Identity, facts: AccountFacts) {
    this.provider = identity.provider;
    this.clientId = identity.clientId;
    this.subject = identity.subject;
    this.displayName = facts.displayName;
    this.avatarUrl = facts.avatarUrl;
    this.linkedAt = facts.linkedAt;
  }

  /** As the user sees it in an answer of the API. */
  toJSON(): UserAnswer {
    const { provider, subject, displayName, avatarUrl } = this;
    return { provider, subject, displayName, avatarUrl };
  }
}
