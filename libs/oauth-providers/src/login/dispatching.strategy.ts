import { type Request } from 'express';
import passport, { Strategy } from 'passport';
import { OAuthConfigurationError } from '../core/errors.js';
import { type WebRequest } from './http-exchange.js';
import { acting } from './settling.js';

/** A strategy with a name; the base type wants its methods called on a type of its own. */
interface OwnedStrategy {
  readonly name: string;
  authenticate(request: Request, options?: object): void;
}

/**
 * Passport's registry is one per process, and `AuthGuard('wps')` looks nowhere else. So one strategy per name
 * stands there for all Nest applications of the process and hands each request to the strategy of the
 * application that owns it.
 */
export class DispatchingStrategy extends Strategy {
  private static readonly byName = new Map<string, DispatchingStrategy>();
  private readonly owners = new Map<unknown, OwnedStrategy>();

  private constructor(override readonly name: string) {
    super();
  }

  /**
   * Registers a strategy for one application.
   * @returns what takes it away again
   * @throws OAuthConfigurationError when the application already has a provider of this name
   */
  static register(application: unknown, strategy: OwnedStrategy): () => void {
    const known = DispatchingStrategy.byName.get(strategy.name);
    const dispatcher = known ?? new DispatchingStrategy(strategy.name);
    if (dispatcher.owners.has(application)) {
      throw new OAuthConfigurationError(
        `Two providers of this application are called ${strategy.name}; give one of them another \`name\`.`,
      );
    }
    dispatcher.owners.set(application, strategy);
    if (known === undefined) {
      DispatchingStrategy.byName.set(strategy.name, dispatcher);
      passport.use(strategy.name, dispatcher);
    }
    return () => dispatcher.release(application, strategy);
  }

  override authenticate(request: Request, options: object): void {
    const owner = this.owners.get((request as WebRequest).app);
    if (owner === undefined) {
      acting(this).error(
        new OAuthConfigurationError(`This application has no provider called ${this.name}.`),
      );
      return;
    }
    const { success, fail, redirect, pass, error } = acting(this);
    const delegate = Object.assign(Object.create(owner) as OwnedStrategy, {
      success,
      fail,
      redirect,
      pass,
      error,
    });
    delegate.authenticate(request, options);
  }

  private release(application: unknown, strategy: OwnedStrategy): void {
    if (this.owners.get(application) !== strategy) return;
    this.owners.delete(application);
    if (this.owners.size === 0) {
      DispatchingStrategy.byName.delete(this.name);
      passport.unuse(this.name);
    }
  }
}
