import { type DynamicModule, Module } from '@nestjs/common';
import { SampleConfig } from './sample-config.js';

/** Hands the configuration to whoever injects {@link SampleConfig}; it was read before the application was made. */
@Module({})
export class ConfigModule {
  static with(config: SampleConfig): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: SampleConfig, useValue: config }],
      exports: [SampleConfig],
    };
  }
}
