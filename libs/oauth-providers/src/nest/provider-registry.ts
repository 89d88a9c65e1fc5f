import { Inject, Injectable } from '@nestjs/common';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { isDiscovered, type ProviderSource } from '../core/discovered-provider.js';
import { Discovery } from '../wire/discovery.js';
import { type ResolvedOptions } from './options.js';
import { RESOLVED_OPTIONS } from './tokens.js';

/** The providers of the module by name, looked up where they describe themselves. */
@Injectable()
export class ProviderRegistry {
  private readonly sources: ReadonlyMap<string, ProviderSource>;
  /** Those that need not be looked up. */
  private readonly written: ReadonlyMap<string, ConfiguredProvider>;

  constructor(
    @Inject(RESOLVED_OPTIONS) options: ResolvedOptions,
    @Inject(Discovery) private readonly discovery: Discovery,
  ) {
    this.sources = new Map(options.providers.map((source) => [source.name, source]));
    this.written = new Map(
      options.providers.flatMap((source) => (isDiscovered(source) ? [] : [[source.name, source] as const])),
    );
  }

  /** The provider of this name where nothing has to be looked up; undefined: {@link resolve} knows. */
  known(name: string): ConfiguredProvider | undefined {
    return this.written.get(name);
  }

  /** The provider of this name; undefined when there is none. */
  async resolve(name: string): Promise<ConfiguredProvider | undefined> {
    const source = this.sources.get(name);
    return source && this.discovery.resolve(source);
  }

  /** All providers that can be looked up right now. */
  async all(): Promise<ConfiguredProvider[]> {
    const found = await Promise.allSettled(
      [...this.sources.values()].map((source) => this.discovery.resolve(source)),
    );
    return found.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  }
}
