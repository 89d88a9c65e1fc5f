/** A server on loopback in a temporary folder of its own. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** The certificate it shows, where it speaks TLS. */
  readonly ca: string | undefined;
  /** Of the server itself; undefined while it is down. */
  readonly pid: number | undefined;
  /** Runs redis-cli and returns what it printed. */
  cli(args: readonly string[]): Promise<string>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on its port: with its data, or `empty`. */
  restart(options?: { empty?: boolean; extra?: readonly string[] }): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Writes each change to the disk this often; without it nothing is written. */
  readonly appendfsync?: 'always' | 'everysec' | 'no' | undefined;
  readonly password?: string;
  readonly tls?: boolean;
  /** More arguments of redis-server. */
  readonly extra?: readonly string[];
}

export interface RedisCluster {
  readonly urls: readonly string[];
  readonly nodes: readonly RedisServer[];
  stop(): Promise<unknown>;
}

/** Whether there is a redis-server to start. */
export function redisAvailable(): boolean;

/** What to say where there is none. */
export const redisMissing: string;

/** Starts a server of one's own and waits until it answers. */
export function startRedis(options?: RedisServerOptions): Promise<RedisServer>;

/** Starts masters that share all slots, and waits until each of them says that the cluster is complete. */
export function startRedisCluster(
  options?: { readonly masters?: number } & Pick<RedisServerOptions, 'appendfsync' | 'extra'>,
): Promise<RedisCluster>;
