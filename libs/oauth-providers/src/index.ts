export {
  type CallbackRules,
  type Condition,
  type ErrorFields,
  type ErrorRule,
  type HandoffLogin,
  type IdTokenRules,
  input,
  type InputName,
  type Operation,
  type OperationName,
  type Operations,
  optionalInput,
  type Param,
  type ProfileFields,
  type ProviderContract,
  type RedirectLogin,
  type ReplySpec,
  type RequestSpec,
  type TokenFields,
} from './core/contract.js';
export {
  type CommonProviderOptions,
  type ConfiguredProvider,
  defineProvider,
  type SigningKey,
  type ProviderOptions,
} from './core/define-provider.js';
export { type DiscoveredProvider, type ProviderSource } from './core/discovered-provider.js';
export { type ErrorClass, OAuthConfigurationError, OAuthProviderError } from './core/errors.js';
export {
  type Clock,
  HttpFailure,
  type HttpPort,
  type HttpReply,
  type HttpRequest,
  type Randomness,
  type Timers,
} from './core/ports.js';
export { Secret } from './core/secret.js';
export { type LoginProfile, type TokenSet } from './core/token-set.js';
export { type Login } from './login/login-flow.js';
export { LoginRefusedError } from './login/login-error.js';
export { type LoginInfo, LoginPageSignal } from './login/login-provider.js';
export {
  contentSecurityPolicy,
  type ForeignOrigins,
  LoginPages,
  type PageContent,
  type PageLayout,
} from './login/pages/pages.js';
export { PublicUrl } from './login/public-url.js';
export { languageOf, prefersJson } from './nest/negotiation.js';
export { OAuthExceptionFilter } from './nest/oauth-exception.filter.js';
export { OAuthLoginGuard } from './nest/oauth-login.guard.js';
export { OAuthLogin, type ProviderSummary } from './nest/oauth-login.service.js';
export { type LoginAnswer } from './nest/oauth-routes.controller.js';
export { type OAuthProvidersOptions } from './nest/options.js';
export { JsTickets, type SignedPage } from './nest/js-tickets.service.js';
export {
  type LiveToken,
  OAuthTokens,
  type TokenStatus,
  type TokenTarget,
} from './nest/oauth-tokens.service.js';
export { type RefreshHealth, TokenRefreshService } from './nest/token-refresh.service.js';
export { type TokenEvent, type TokenListener } from './refresh/events.js';
export { type TokenRequest } from './refresh/live-tokens.js';
export { type QuotaSettings } from './refresh/quota-ledger.js';
export { type RenewalSettings } from './refresh/settings.js';
export { type CacheSettings } from './refresh/token-cache.js';
export { type Client } from './refresh/client-gate.js';
export { type ClientBacklog, type SweepReport } from './refresh/sweeper.js';
export { type Introspection } from './wire/fields.js';
export { assertSameOrigin } from './nest/same-origin.js';
export { type OAuthProvidersAsyncOptions, OAuthProvidersModule } from './oauth-providers.module.js';
export { anyweb } from './providers/anyweb.js';
export { huawei } from './providers/huawei.js';
export { oauth2, type OAuth2Options } from './providers/oauth2.js';
export { oidc, type OidcOptions } from './providers/oidc.js';
export { type ClientAuthentication } from './providers/rfc6749.js';
export { wps } from './providers/wps.js';
export { yuanzhibang } from './providers/yuanzhibang.js';
export {
  generateKey,
  KeyRing,
  memoryStore,
  SealedBlobs,
  SealedSessions,
  SealError,
  sqliteStore,
  type StoreEngine,
  type StoreHealth,
  StoreUnavailableError,
  Vault,
} from './vault/index.js';
