import { html } from './html.js';
import { type ProviderName } from '../core/provider-name.js';
import { type DemoUser } from '../core/users.js';
import { expand } from '../core/randomness.js';

/** The path of a user's avatar; the same on every listener. */
export function avatarPath(provider: ProviderName, user: DemoUser): string {
  return `/__emulator/avatars/${provider}/${user.key}.svg`;
}

/** The absolute address of a user's avatar, or nothing for users without one. */
export function avatarUrl(origin: string, provider: ProviderName, user: DemoUser): string | undefined {
  return user.hasAvatar ? origin + avatarPath(provider, user) : undefined;
}

/** A round picture in a colour of the user's own, with the first letter of the name. */
export function avatarSvg(provider: ProviderName, user: DemoUser): string {
  const hue = expand(`avatar\n${provider}\n${user.key}`, 2).readUInt16BE() % 360;
  const letter = (/\p{L}/u.exec(user.name)?.[0] ?? '?').toUpperCase();
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96">
    <circle cx="48" cy="48" r="48" fill="hsl(${hue} 55% 42%)" />
    <text x="48" y="64" font-family="sans-serif" font-size="44" text-anchor="middle" fill="#fff">
      ${letter}
    </text>
  </svg>`.text;
}
