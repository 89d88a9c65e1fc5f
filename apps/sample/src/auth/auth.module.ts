import { Module } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { OAuthProvidersModule, type OAuthProvidersOptions } from 'nestjs-oauth-providers';
import { SampleConfig } from '../config/sample-config.js';
import { AccountSerializer } from '../session/account-serializer.js';
import { pageFrame } from '../pages/render.js';
import { tokenEvent } from '../tokens/token-log.js';
import { UserDirectory } from '../users/user-directory.js';
import { LogoutController } from './logout.controller.js';

@Module({
  imports: [
    OAuthProvidersModule.forRootAsync({
      routes: true,
      inject: [SampleConfig, ModuleRef],
      useFactory: (config: SampleConfig, modules: ModuleRef): OAuthProvidersOptions => ({
        publicUrl: config.publicUrl.origin,
        encryptionKeys: config.encryptionKeys,
        lookupKey: config.lookupKey,
        store: config.store,
        providers: config.platforms.map(({ provider }) => provider),
        layout: pageFrame,
        renewal: config.renewal,
        ...(config.tickMs === undefined ? {} : { tickMs: config.tickMs }),
        ...(config.spoolFile === undefined ? {} : { spoolFile: config.spoolFile }),
        onTokenEvent: (event) => modules.get(EventEmitter2, { strict: false }).emit(tokenEvent, event),
        // The directory lies in the vault that is made from these options, so it is asked for when needed.
        resolveUser: (login) => modules.get(UserDirectory, { strict: false }).findOrCreate(login),
      }),
    }),
  ],
  controllers: [LogoutController],
  providers: [AccountSerializer],
})
export class AuthModule {}
