import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { TokenRefreshService } from 'nestjs-oauth-providers';
import { HealthController } from './health.controller.js';
import { ReadinessSource } from './readiness-source.js';
import { Readiness } from './readiness.js';

@Module({
  // Whoever asks is told; a line per answer would only fill the log during an outage.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [Readiness, { provide: ReadinessSource, useExisting: TokenRefreshService }],
})
export class HealthModule {}
