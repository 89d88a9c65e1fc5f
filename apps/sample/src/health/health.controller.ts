import { Controller, Get, Header } from '@nestjs/common';

/** Whether the process is alive; asks nobody else. */
@Controller('healthz')
export class HealthController {
  @Get()
  @Header('Cache-Control', 'no-store')
  healthz(): { status: 'ok' } {
    return { status: 'ok' };
  }
}
