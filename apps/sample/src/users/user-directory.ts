import { Inject, Injectable } from '@nestjs/common';
import { type Login, Vault } from 'nestjs-oauth-providers';
import { Account, type AccountFacts } from './account.js';
import { type Identity } from './identity.js';

/** Who has signed in here, kept sealed in the same store as their tokens. */
@Injectable()
export class UserDirectory {
  constructor(@Inject(Vault) private readonly vault: Vault) {}

  /** The account that signed in, made at its first login. Name and avatar are what the platform says today. */
  async findOrCreate(login: Login): Promise<Account> {
    const { displayName, avatarUrl } = login.profile;
    const known = await this.find(login);
    const linkedAt = known?.linkedAt ?? new Date(this.vault.clock.now()).toISOString();
    const account = new Account(login, { displayName, avatarUrl, linkedAt });
    if (known === undefined || known.displayName !== displayName || known.avatarUrl !== avatarUrl) {
      const facts: AccountFacts = { displayName, avatarUrl, linkedAt };
      await this.vault.directory.put(nameOf(login), JSON.stringify(facts), null);
    }
    return account;
  }

  /** The account of an identity, if it has ever signed in. */
  async find(identity: Identity): Promise<Account | undefined> {
    const text = await this.vault.directory.get(nameOf(identity));
    return text === undefined ? undefined : new Account(identity, JSON.parse(text) as AccountFacts);
  }
}

function nameOf({ provider, clientId, subject }: Identity): string {
  return JSON.stringify(['account', provider, clientId, subject]);
}
