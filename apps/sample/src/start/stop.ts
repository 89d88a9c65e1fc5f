import { type NestExpressApplication } from '@nestjs/platform-express';
import { type Server } from 'node:http';

const graceMs = 3000;
const pollMs = 50;

/** On the first SIGINT or SIGTERM: finishes what is under way, lets go of everything and ends the process. */
export function stopOnSignals(app: NestExpressApplication): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void drain(app.getHttpServer())
      .then(() => app.close())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(
            `${error instanceof Error ? (error.stack ?? error.message) : 'stop failed'}\n`,
          );
          process.exit(1);
        },
      );
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
}

/** Takes no more connections, lets requests finish, and cuts what is left after the grace period. */
export async function drain(server: Server, grace = graceMs): Promise<void> {
  // Connections that are kept alive become idle one by one, as their last answers go out.
  const idle = setInterval(() => server.closeIdleConnections(), pollMs);
  const deadline = setTimeout(() => server.closeAllConnections(), grace);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  clearInterval(idle);
  clearTimeout(deadline);
}
