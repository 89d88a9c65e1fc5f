import { describe, expect, it } from '@jest/globals';
import * as api from 'nestjs-oauth-providers';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Whoever changes what the package exports sees it here, and says so in the changelog. */
describe('the public API', () => {
  it('exports these values', () => {
    expect(Object.keys(api).sort()).toMatchSnapshot();
  });

  it('exports these types', async () => {
    const index = await readFile(join(process.cwd(), 'libs/oauth-providers/src/index.ts'), 'utf8');
    const types = [...index.matchAll(/\btype (\w+)/g)].map(([, name]) => name);
    expect(types.sort()).toMatchSnapshot();
    // Nothing but re-exports by name: what is public is a decision each time.
    expect(index.replace(/export \{[^}]*\} from '[^']+';\s*/g, '').trim()).toBe('');
  });
});
