import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { type Request } from 'express';
import { huawei, OAuthProvidersModule, sqliteStore, wps } from 'nestjs-oauth-providers';

const { HUAWEI_ID = '', HUAWEI_SECRET = '', WPS_ID = '', WPS_SECRET = '', OAUTH_KEYS = '' } = process.env;

@Controller('auth')
class AuthController {
  @Get('huawei')
  @UseGuards(AuthGuard('huawei'))
  start(): void {}

  @Get('huawei/callback')
  @UseGuards(AuthGuard('huawei'))
  finish(@Req() request: Request): unknown {
    return request.user; // what resolveUser returned
  }
}

@Module({
  imports: [
    OAuthProvidersModule.forRoot({
      publicUrl: 'https://app.example.com', // callbacks are built from this, never from a request
      encryptionKeys: OAUTH_KEYS, // `npm run keys -- generate`
      store: sqliteStore({ file: 'data/tokens.db' }),
      providers: [
        huawei({ clientId: HUAWEI_ID, clientSecret: HUAWEI_SECRET, scope: ['openid', 'profile'] }),
        wps({ clientId: WPS_ID, clientSecret: WPS_SECRET }),
      ],
      resolveUser: ({ provider, subject, profile }) => ({
        id: `${provider}:${subject}`,
        name: profile.displayName,
      }),
    }),
  ],
  controllers: [AuthController],
})
export class AppModule {}
