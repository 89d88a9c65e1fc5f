import { type RequestHandler } from 'express';
import helmet from 'helmet';
import { type SampleConfig } from '../config/sample-config.js';

const year = 365 * 24 * 60 * 60;

/** Headers of every answer. Nothing inline, nothing from elsewhere but the pictures of people. */
export function securityHeaders({ publicUrl, platforms }: SampleConfig): RequestHandler {
  const emulators = platforms.flatMap(({ baseUrl }) => (baseUrl?.startsWith('http:') ? [baseUrl] : []));
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        // Platforms do not say from which hosts they serve pictures; emulators are on plain http.
        imgSrc: ["'self'", 'https:', 'data:', ...new Set(emulators)],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        ...(publicUrl.secure ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    strictTransportSecurity: publicUrl.secure ? { maxAge: year, includeSubDomains: false } : false,
    // A platform's script may open a window to ask for consent.
    crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' },
    // With no-referrer browsers would send our own forms with "Origin: null".
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
}
