import { ConsoleLogger, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { readConfig } from './config/sample-config.js';
import { buildPipeline } from './http/pipeline.js';

/**
 * The sample as an application that does not listen yet. `PUBLIC_URL`, or `PORT` alone, says where browsers
 * will reach it, so whoever wants a free port picks it first.
 *
 * @param folder where packages are looked for that may be there or not
 * @throws ConfigError or OAuthConfigurationError with one sentence: which setting is wrong, and what to do
 */
export async function createSampleApp(
  env: NodeJS.ProcessEnv,
  folder = process.cwd(),
): Promise<NestExpressApplication> {
  const config = await readConfig(env, folder);
  try {
    const app = await NestFactory.create<NestExpressApplication>(AppModule.with(config), {
      logger: new ConsoleLogger({ logLevels: ['warn', 'error', 'fatal'] }),
      bodyParser: false,
      // What fails while starting is told by whoever starts, once and in a sentence.
      abortOnError: false,
      bufferLogs: true,
      autoFlushLogs: false,
    });
    buildPipeline(app);
    await app.init();
    app.flushLogs();
    return app;
  } catch (error) {
    Logger.detachBuffer();
    throw error;
  }
}
