import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { Site } from '../../support/site.js';
import { launch } from './chromium.js';
import { Visitor, type VisitorOptions } from './visitor.js';

/** The sample, the emulator and one browser for all tests of a file; every visitor has a context of their own. */
export class Stage {
  private visitors: Visitor[] = [];

  private constructor(
    readonly site: Site,
    private readonly browser: Browser,
  ) {}

  static async set(env: Readonly<Record<string, string>> = {}): Promise<Stage> {
    const browser = await launch();
    try {
      return new Stage(await Site.start(env), browser);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  async visitor(options: VisitorOptions = {}): Promise<Visitor> {
    const visitor = await Visitor.arrive(this.browser, this.site.url, options);
    this.visitors.push(visitor);
    return visitor;
  }

  /** Sends everybody home, and fails if anything went wrong on any page of theirs. */
  async clear(): Promise<void> {
    const visitors = this.visitors;
    this.visitors = [];
    this.site.emulator.reset();
    const findings = await Promise.all(visitors.map(({ watch }) => watch.findings()));
    await Promise.all(visitors.map(({ context }) => context.close()));
    const all = findings.flat();
    if (all.length > 0) throw new Error(`not as quiet as it should be:\n${all.join('\n')}`);
  }

  async strike(): Promise<void> {
    await this.browser.close();
    await this.site.stop();
  }
}

/** Sets the stage for the tests of a file; ask for it inside of them. */
export function useStage(env: Readonly<Record<string, string>> = {}): () => Stage {
  let stage: Stage | undefined;
  const current = (): Stage => {
    if (stage === undefined) throw new Error('the stage is not set yet');
    return stage;
  };
  beforeAll(async () => {
    stage = await Stage.set(env);
  });
  afterEach(() => current().clear());
  afterAll(async () => stage?.strike());
  return current;
}
