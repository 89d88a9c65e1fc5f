// `node bench/read-profile.mjs folder`: whose code the processes of `npm run bench -- --profile=folder` were in. What Node
// does itself counts for whoever called it, so that a cipher is the vault's and a socket is whose request it carries.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from './lib/page.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('Which folder? The one that was given to --profile.');
  process.exit(2);
}

for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith('.cpuprofile')) continue;
  const shares = sharesOf(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  const rows = shares.slice(0, 16).map(([owner, share]) => [owner, `${(share * 100).toFixed(1)} %`]);
  console.log(`\n${file}\n\n${markdownTable({ columns: ['whose', 'share of the CPU'], rows })}`);
}

/** How much of the time that was not idle belongs to whom, largest first. */
function sharesOf({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const owners = new Map();
  const ownerOf = (id) => {
    if (!owners.has(id)) {
      const { callFrame } = byId.get(id);
      const parent = parents.get(id);
      owners.set(id, ownerIn(callFrame) ?? (parent === undefined ? 'Node.js by itself' : ownerOf(parent)));
    }
    return owners.get(id);
  };
  const times = new Map();
  samples.forEach((id, index) => {
    const owner = ownerOf(id);
    times.set(owner, (times.get(owner) ?? 0) + timeDeltas[index]);
  });
  times.delete('idle');
  const busy = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times].map(([owner, time]) => [owner, time / busy]).sort((a, b) => b[1] - a[1]);
}

/** Whose frame it is; undefined: one of Node.js, or nobody's. */
function ownerIn({ url, functionName }) {
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(program)') return 'native code without a frame';
  const [, own] = /\/libs\/oauth-providers\/dist\/([^/]+)/.exec(url) ?? [];
  if (own !== undefined) return `product: ${own.replace(/\.js$/, '')}`;
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  return name ?? (url.includes('/bench/') ? 'the benchmark' : undefined);
}
