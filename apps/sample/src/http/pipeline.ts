import { type NestExpressApplication } from '@nestjs/platform-express';
import express from 'express';
import { OAuthLogin, Vault } from 'nestjs-oauth-providers';
import passport from 'passport';
import { SampleConfig } from '../config/sample-config.js';
import { anywebSdkPath } from '../config/vendor-sdk.js';
import { assetsFolder } from '../pages/render.js';
import { publicScheme, sessions } from '../session/session.middleware.js';
import { refuseCrossSite } from './cross-site.js';
import { ProblemFilter } from './problem.filter.js';
import { limitLogins } from './login-rate-limit.js';
import { securityHeaders } from './security-headers.js';

const bodyLimit = '32kb';

/** What every request goes through before its route, in this order: what costs least refuses first. */
export function buildPipeline(app: NestExpressApplication): void {
  const config = app.get(SampleConfig);
  // Here and not as APP_FILTER: of several global filters the last one is asked first, and the library has one too.
  app.useGlobalFilters(app.get(ProblemFilter));
  app.disable('x-powered-by');
  // Nothing in X-Forwarded-* is believed: where browsers reach us is said by PUBLIC_URL alone.
  app.set('trust proxy', false);
  app.use(securityHeaders(config), refuseCrossSite(app.get(OAuthLogin)), limitLogins(config.loginRateLimit));
  app.use('/assets', express.static(assetsFolder, { index: false, maxAge: '1h', redirect: false }));
  if (config.anywebSdk !== undefined) {
    app.use(anywebSdkPath, express.static(config.anywebSdk, { index: false, maxAge: '1h', redirect: false }));
  }
  app.useBodyParser('json', { limit: bodyLimit });
  app.useBodyParser('urlencoded', { limit: bodyLimit, extended: false });
  app.use(
    publicScheme(config.publicUrl.secure),
    sessions(config, app.get(Vault).sessions),
    passport.session(),
  );
}
