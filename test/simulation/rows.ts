import { type UserRecordIdentity } from '../../libs/oauth-providers/src/vault/index.js';
import { type OpenStore, type StoredToken, type Vault } from '../../libs/oauth-providers/src/vault/index.js';
import { type TokenSet } from '../../libs/oauth-providers/src/core/token-set.js';
import { type StoreWitness } from './faulty-store.js';

/** A user of the simulation and what lies in the store for them. */
export interface Row {
  readonly name: string;
  readonly identity: UserRecordIdentity;
  readonly key: Buffer;
  stored: StoredToken | undefined;
  tokens: TokenSet | undefined;
  /** When the tokens last changed, in steps of the store. */
  changed: number;
  /** Virtual time since which there is no record; undefined while there is one. */
  goneSince: number | undefined;
  /** Virtual time at which there was last no record, or one that only a login helps. */
  endedAt: number;
  /** Every generation there ever was. */
  readonly generations: Set<string>;
}

/** What a process did to a record, in steps of the store. */
interface Hand {
  claimed: number;
  marked: number;
  /** Whether the record was in doubt when it was claimed. */
  doubt: boolean;
  readonly owners: Set<string>;
}

/** What changed in a step of the store. */
export interface Change {
  readonly row: Row;
  readonly method: string;
  readonly before: { readonly stored: StoredToken | undefined; readonly tokens: TokenSet | undefined };
}

/** Sees the store as it really is, after every single thing that is done to it. */
export class Rows implements StoreWitness {
  readonly all: Row[] = [];
  private readonly byName = new Map<string, Row>();
  private readonly byKey = new Map<string, Row>();
  private readonly hands = new Map<object, Map<Row, Hand>>();
  private steps = 0;

  constructor(
    private readonly store: OpenStore,
    private readonly vault: Vault,
    private readonly elapsed: () => number,
    private readonly changed: (change: Change) => void,
  ) {}

  add(name: string, identity: UserRecordIdentity): Row {
    const key = this.vault.hasher.recordKey(identity);
    const row: Row = {
      ...{ name, identity, key, stored: undefined, tokens: undefined, changed: 0 },
      ...{ goneSince: 0, endedAt: 0 },
      generations: new Set(),
    };
    this.all.push(row);
    this.byName.set(name, row);
    this.byKey.set(key.toString('latin1'), row);
    return row;
  }

  named(name: string): Row | undefined {
    return this.byName.get(name);
  }

  /** What a process has done to a record. */
  hand(process: object, row: Row): Hand {
    const mine = this.hands.get(process) ?? new Map<Row, Hand>();
    this.hands.set(process, mine);
    const known = mine.get(row) ?? { claimed: 0, marked: 0, doubt: false, owners: new Set() };
    mine.set(row, known);
    return known;
  }

  before(): void {
    this.steps += 1;
  }

  async after(process: object, method: string, request: unknown, result: unknown): Promise<void> {
    if (method === 'claimDue') {
      const { owner, spending } = request as { owner: Buffer; spending: boolean };
      for (const { key } of result as StoredToken[]) {
        const row = this.byKey.get(key.toString('latin1'));
        if (row === undefined) continue;
        // The claim itself may mark it: what counts is how it was before.
        const doubt = isMarked(row);
        await this.touched(process, 'claim', { owner, key }, { claimed: true });
        const hand = this.hand(process, row);
        hand.doubt = doubt;
        if (spending) hand.marked = this.steps;
      }
    } else if (writing.has(method)) {
      await this.touched(process, method, request as { key: Buffer }, result);
    }
  }

  private async touched(
    process: object,
    method: string,
    request: { readonly key: Buffer; readonly owner?: Buffer | null },
    result: unknown,
  ): Promise<void> {
    const row = this.byKey.get(request.key.toString('latin1'));
    if (row === undefined) return;
    const before = { stored: row.stored, tokens: row.tokens };
    // As it was up to now, and as it will be from now on.
    if (isEnded(row)) row.endedAt = this.elapsed();
    const stored = await this.store.tokens.get(row.key);
    row.stored = stored;
    if (stored === undefined) {
      row.tokens = undefined;
      row.goneSince ??= this.elapsed();
    } else {
      row.goneSince = undefined;
    }
    if (stored !== undefined && before.stored?.generation.equals(stored.generation) !== true) {
      row.tokens = (await this.vault.load(row.identity))?.tokens;
    }
    if (isEnded(row)) row.endedAt = this.elapsed();
    if (before.tokens !== row.tokens) row.changed = this.steps;
    this.note(process, row, method, request.owner, result);
    this.changed({ row, method, before });
  }

  private note(
    process: object,
    row: Row,
    method: string,
    owner: Buffer | null | undefined,
    result: unknown,
  ): void {
    const hand = this.hand(process, row);
    if (method === 'claim' && (result as { claimed: boolean }).claimed) {
      hand.claimed = this.steps;
      hand.doubt = isMarked(row);
      if (owner instanceof Buffer) hand.owners.add(owner.toString('latin1'));
    }
    if (method === 'markSpending' && result === true) hand.marked = this.steps;
  }
}

/** Whether a caller is rightly told that only a login helps. */
export function isEnded({ stored }: Row): boolean {
  return stored === undefined || stored.state === 'needs_login' || stored.state === 'revoked';
}

const writing = new Set([
  'claim',
  'markSpending',
  'unmarkSpending',
  'settle',
  'release',
  'replace',
  'saveIf',
  'remove',
]);

/** Whether the refresh token that lies in the store is being spent, or may have been. */
export function isMarked({ stored }: Row): boolean {
  return stored?.spending?.equals(stored.generation) === true;
}
