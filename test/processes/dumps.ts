import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres } from '../../tools/servers/postgres.mjs';
import { startRedis } from '../../tools/servers/redis.mjs';
import { until } from '../support/until.js';
import { type StoreServer } from './ground.js';

const run = promisify(execFile);
const largest = 256 << 20;

/** Everything a server holds, read as a thief would: by the name of the file or the tool it came from. */
export type Dump = ReadonlyMap<string, Buffer>;

/** A server whose disk can be searched. */
export interface DumpedServer extends StoreServer {
  /** Puts a text in, as it is: what a search must find. */
  plant(text: string): Promise<void>;
  dump(): Promise<readonly Dump[]>;
}

/** Every value of every key, whatever its type. */
const everything = `
local all = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local type = redis.call('TYPE', key).ok
  table.insert(all, key)
  if type == 'string' then table.insert(all, redis.call('GET', key)) end
  if type == 'hash' then table.insert(all, redis.call('HGETALL', key)) end
  if type == 'set' then table.insert(all, redis.call('SMEMBERS', key)) end
  if type == 'zset' then table.insert(all, redis.call('ZRANGE', key, 0, -1)) end
  if type == 'list' then table.insert(all, redis.call('LRANGE', key, 0, -1)) end
end
return all`;

export const dumpedServers = {
  redis: async (): Promise<DumpedServer> => {
    // What is compressed on the disk could not be searched.
    const server = await startRedis({ appendfsync: 'always', extra: ['--rdbcompression', 'no'] });
    return {
      place: { kind: 'redis', url: server.url },
      kill: () => server.kill(),
      restart: () => server.restart(),
      stop: () => server.stop(),
      async plant(text) {
        await server.cli(['SET', text, text]);
      },
      async dump() {
        await server.cli(['BGSAVE']);
        await until(async () => {
          const state = await server.cli(['INFO', 'persistence']);
          return state.includes('rdb_bgsave_in_progress:0') && !state.includes('rdb_last_save_time:0');
        });
        const log = await filesOf(join(server.dir, 'appendonlydir'));
        const snapshot = await readFile(join(server.dir, 'dump.rdb'));
        const told = await server.cli(['EVAL', everything, '0']);
        return [
          new Map([['append-only files', Buffer.concat([...log.values()])]]),
          new Map([['dump.rdb', snapshot]]),
          new Map([['redis-cli', Buffer.from(told)]]),
        ];
      },
    };
  },
  postgres: async (): Promise<DumpedServer> => {
    const server = await startPostgres();
    const since = Date.now();
    return {
      place: { kind: 'postgres', url: server.url },
      kill: () => server.kill(),
      restart: () => server.start(),
      stop: () => server.stop(),
      async plant(text) {
        const table = `marker_${Buffer.from(text).toString('hex').slice(-16)}`;
        await server.psql(
          `CREATE TABLE ${table} AS SELECT '${text}' AS said, convert_to('${text}', 'UTF8') AS kept`,
        );
      },
      async dump() {
        await server.psql('CHECKPOINT');
        const tools = await server.psql(`SELECT setting FROM pg_config() WHERE name = 'BINDIR'`);
        const { stdout } = await run(join(tools, 'pg_dump'), [server.url], { maxBuffer: largest });
        return [new Map([['pg_dump', Buffer.from(stdout)]]), await filesOf(join(server.dir, 'data'), since)];
      },
    };
  },
};

/** In which forms a text stands in a dump: as it is, in hex or in base64, alone or as a part of something longer. */
export function formsIn(dump: Dump, text: string): string[] {
  const all = [...dump.values()];
  return [...formsOf(text)]
    .filter(([, bytes]) => all.some((file) => file.includes(bytes)))
    .map(([form]) => form);
}

function formsOf(text: string): ReadonlyMap<string, Buffer> {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  const forms = new Map([
    ['clear', bytes],
    ['hex', Buffer.from(hex)],
    ['upper-case hex', Buffer.from(hex.toUpperCase())],
  ]);
  for (const shift of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    // Only the characters that hold nothing but bits of the text.
    const span = [Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6)] as const;
    for (const encoding of ['base64', 'base64url'] as const) {
      forms.set(`${encoding} from ${shift}`, Buffer.from(shifted.toString(encoding).slice(...span)));
    }
  }
  return forms;
}

/** The files of a folder that were written to since a time, without the zeros at their ends. */
async function filesOf(folder: string, since = 0): Promise<Dump> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || (await stat(path)).mtimeMs < since) continue;
    const bytes = await readFile(path);
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end -= 1;
    files.set(path, bytes.subarray(0, end));
  }
  return files;
}
