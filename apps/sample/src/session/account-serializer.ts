import { Injectable } from '@nestjs/common';
import { PassportSerializer } from '@nestjs/passport';
import { type Identity, isIdentity } from '../users/identity.js';

/**
 * A session holds the identity of who signed in and nothing else. Both directions are pure: Passport keeps
 * serializers in one place for all applications of the process, so they must not look into anybody's database.
 */
@Injectable()
export class AccountSerializer extends PassportSerializer {
  override serializeUser(user: Identity, done: (error: null, identity: Identity) => void): void {
    const { provider, clientId, subject } = user;
    done(null, { provider, clientId, subject });
  }

  override deserializeUser(stored: unknown, done: (error: null, identity: Identity | false) => void): void {
    done(null, isIdentity(stored) ? stored : false);
  }
}
