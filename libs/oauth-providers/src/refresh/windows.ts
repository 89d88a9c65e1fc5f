import { type Randomness } from '../core/ports.js';
import { type TokenSet } from '../core/token-set.js';
import { type RenewalSettings } from './settings.js';

/** What a token is taken to live where its record does not say when it was issued. */
const assumedLife = 3_600_000;
/** Jitter is a part of the life: a fleet that was issued together is renewed spread out. */
const jitterShare = 0.1;
/** No token is renewed by itself within this time of its issue, however short it lives. */
export const minimumAge = 1_000;

/** How long the access token lives, from the request to its end. */
export function lifeOf(tokens: TokenSet): number {
  return Math.max(tokens.expiresAt - (tokens.issuedAt ?? tokens.expiresAt - assumedLife), 0);
}

/** From when on callers wait for the renewal of a token. */
export function mandatoryFrom(tokens: TokenSet, settings: RenewalSettings): number {
  return tokens.expiresAt - Math.min(settings.mandatoryMs, lifeOf(tokens) / 4);
}

/**
 * When a token is to be renewed: once computed, at the save, and stored. The jitter only makes it earlier, by at
 * most a tenth of the life. It is behind the end of a token that lives less than a second.
 */
export function renewsAt(tokens: TokenSet, settings: RenewalSettings, randomness: Randomness): number {
  const life = lifeOf(tokens);
  const advisory = Math.min(settings.advisoryMs, life / 2);
  const early = life * jitterShare * fraction(randomness);
  const earliest = tokens.expiresAt - life + minimumAge;
  return Math.floor(Math.max(tokens.expiresAt - advisory - early, earliest));
}

/** A random number from 0 up to, and not including, 1. */
export function fraction(randomness: Randomness): number {
  return randomness.bytes(4).readUInt32BE() / 2 ** 32;
}
