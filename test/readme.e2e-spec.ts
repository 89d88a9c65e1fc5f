import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = process.cwd();

describe.each(['README.md', 'README.zh.md'])('%s', (name) => {
  it('shows the quick start that is compiled here', async () => {
    const readme = await readFile(join(root, name), 'utf8');
    const code = (await readFile(join(root, 'test/quick-start/app.module.ts'), 'utf8')).trim();
    expect(readme).toContain(`\`\`\`ts\n${code}\n\`\`\``);
  });

  it('leads to places that exist', async () => {
    const readme = await readFile(join(root, name), 'utf8');
    const targets = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, target = '']) => target);
    expect(targets.length).toBeGreaterThan(5);
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });
});
