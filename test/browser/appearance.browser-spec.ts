import { describe, expect, it } from '@jest/globals';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue, words } from './support/catalogue.js';
import { useStage } from './support/stage.js';
import { devices, type Language, type Visitor } from './support/visitor.js';

/** What `page-facts.js` says of a page. */
interface PageFacts {
  readonly language: string;
  readonly title: string;
  readonly headings: readonly string[];
  readonly texts: readonly { readonly text: string; readonly contrast: number }[];
  readonly clipped: readonly string[];
  readonly inline: readonly string[];
  readonly scrollsSideways: boolean;
  readonly cookie: string;
  readonly unnamed: readonly string[];
  readonly focusable: number;
  readonly ground: readonly number[];
}

/** What `focus-facts.js` says of what has the focus. */
interface FocusFacts {
  readonly name: string;
  readonly isVisible: boolean;
  readonly isOnScreen: boolean;
}

const pageFacts = scriptOf('page-facts.js');
const focusFacts = scriptOf('focus-facts.js');
const pictures = process.env['SCREENSHOTS'] ?? '';
const languages: readonly Language[] = ['en', 'zh'];
const schemes = ['light', 'dark'] as const;
const pages = Object.keys(catalogue).flatMap((page) =>
  languages.map((language) => [page, language] as const),
);
const stage = useStage();

if (pictures !== '') mkdirSync(pictures, { recursive: true });

describe.each(pages)('the page %s (%s)', (name, language) => {
  it('is readable, named and whole in light and dark, on phone and desktop', async () => {
    const visitor = await stage().visitor({ language });
    await catalogue[name]?.(visitor, stage().site, words[language]);
    for (const device of ['desktop', 'phone'] as const) {
      await visitor.page.setViewportSize(devices[device]);
      for (const scheme of schemes) {
        await visitor.page.emulateMedia({ colorScheme: scheme });
        const facts = await visitor.ask<PageFacts>(pageFacts);
        expectOrder(facts, language);
        expect(facts.ground[0]).toBeGreaterThan(scheme === 'light' ? 200 : -1);
        expect(facts.ground[0]).toBeLessThan(scheme === 'light' ? 256 : 60);
        await photograph(visitor, `${name}.${language}.${device}.${scheme}`);
      }
    }
    await expectVisibleFocus(visitor);
  });
});

function expectOrder(facts: PageFacts, language: Language): void {
  expect(facts).toMatchObject({
    language: language === 'zh' ? 'zh-CN' : 'en',
    headings: [expect.stringMatching(/\S/)],
    clipped: [],
    inline: [],
    unnamed: [],
    scrollsSideways: false,
    cookie: '',
  });
  expect(facts.title).toMatch(language === 'zh' ? /.+ · 登录示例$/ : /.+ · Sign-in sample$/);
  expect(facts.texts.length).toBeGreaterThan(3);
  expect(facts.texts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
}

/** Goes through the page with Tab: everything is reached once, and shows it. */
async function expectVisibleFocus(visitor: Visitor): Promise<void> {
  const { focusable } = await visitor.ask<PageFacts>(pageFacts);
  const reached: FocusFacts[] = [];
  for (let presses = 0; presses < focusable; presses += 1) {
    await visitor.page.keyboard.press('Tab');
    reached.push(await visitor.ask<FocusFacts>(focusFacts));
  }
  expect(reached.length).toBeGreaterThan(0);
  expect(reached.filter(({ isVisible, isOnScreen }) => !isVisible || !isOnScreen)).toEqual([]);
  expect(new Set(reached.map((facts) => facts.name)).size).toBe(focusable);
}

async function photograph(visitor: Visitor, name: string): Promise<void> {
  if (pictures === '') return;
  await visitor.page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

function scriptOf(file: string): string {
  return readFileSync(join(import.meta.dirname, 'support', file), 'utf8');
}
