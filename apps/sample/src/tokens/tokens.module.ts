import { Module } from '@nestjs/common';
import { BrokerController, BrokerGuard } from './broker.controller.js';
import { JsConfigController } from './js-config.controller.js';
import { TokenLog } from './token-log.js';
import { TokensController } from './tokens.controller.js';

@Module({
  controllers: [TokensController, JsConfigController, BrokerController],
  providers: [BrokerGuard, TokenLog],
})
export class TokensModule {}
