/** Injection token of the checked options. */
export const RESOLVED_OPTIONS = Symbol('nestjs-oauth-providers:options');
/** Injection token of the HTTP port. */
export const HTTP_PORT = Symbol('nestjs-oauth-providers:http');
/** Injection token of the clock. */
export const CLOCK = Symbol('nestjs-oauth-providers:clock');
/** Injection token of the random source. */
export const RANDOMNESS = Symbol('nestjs-oauth-providers:randomness');
/** Injection token of the timers. */
export const TIMERS = Symbol('nestjs-oauth-providers:timers');
