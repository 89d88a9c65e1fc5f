export interface PostgresOptions {
  /** Lines of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Of the superuser `postgres`; without one everybody on this machine may enter. */
  readonly password?: string;
  /** Files of a certificate and its key. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface PostgresServer {
  /** Of the database `postgres`, as its superuser. */
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  urlOf(database: string): string;
  start(): Promise<void>;
  halt(): Promise<void>;
  restart(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
  psql(sql: string, database?: string): Promise<string>;
  log(): Promise<string>;
}

export const howToInstall: string;

export function postgresAvailable(): boolean;

export function startPostgres(options?: PostgresOptions): Promise<PostgresServer>;
