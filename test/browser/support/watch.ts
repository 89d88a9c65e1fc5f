import { type BrowserContext, type ConsoleMessage, type Request, type Response } from 'playwright-core';

/** What Chromium writes to the console for every answer of 400 and above. */
const refusedLoad = 'Failed to load resource: the server responded with a status of';

// Chromium's own report goes to the console; this one is there even where a page silences its console.
const reportViolations = `
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
    console.error('policy violated: ' + effectiveDirective + ' by ' + blockedURI));
`;

/**
 * Notices whatever must not happen on any page: errors and warnings in the console, uncaught exceptions, violated
 * policies, dialogs, requests that fail, refusals nobody announced, and referrers that tell another origin where
 * somebody was or anybody what a callback carried.
 */
export class Watch {
  private readonly complaints: ConsoleMessage[] = [];
  private readonly refusals: Response[] = [];
  private readonly troubles: string[] = [];
  private readonly referrers: Promise<void>[] = [];
  private readonly announced: number[] = [];

  private constructor(private readonly ours: string) {}

  static async over(context: BrowserContext, ours: string): Promise<Watch> {
    const watch = new Watch(ours);
    context.on('console', (message) => {
      if (['error', 'warning', 'assert'].includes(message.type())) watch.complaints.push(message);
    });
    context.on('weberror', (error) => watch.troubles.push(`uncaught: ${error.error().message}`));
    context.on('dialog', (dialog) => {
      watch.troubles.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    context.on('requestfailed', (request) => watch.failed(request));
    context.on('response', (response) => {
      if (response.status() >= 400) watch.refusals.push(response);
    });
    context.on('request', (request) => watch.referrers.push(watch.readReferrer(request)));
    await context.addInitScript(reportViolations);
    return watch;
  }

  /** Says that an answer with this status, 400 or above, is about to come, exactly once. */
  announce(...statuses: number[]): void {
    this.announced.push(...statuses);
  }

  /** Everything that should not have happened so far, in words; best asked at the end. */
  async findings(): Promise<string[]> {
    await Promise.all(this.referrers);
    const refused = this.refusals.map((response) => response.url());
    const complaints = this.complaints
      .filter((message) => !(isRefusedLoad(message) && refused.includes(message.location().url)))
      .map((message) => `${message.type()}: ${message.text()} (${message.location().url})`);
    return [...this.troubles, ...complaints, ...this.surprises()];
  }

  /** Refusals that were not announced, and announced ones that did not come. */
  private surprises(): string[] {
    const open = [...this.announced];
    const unexpected = this.refusals.flatMap((response) => {
      const place = open.indexOf(response.status());
      if (place === -1) return [`${response.status()} from ${response.url()}`];
      open.splice(place, 1);
      return [];
    });
    return [...unexpected, ...open.map((status) => `no ${status}, though it was announced`)];
  }

  private failed(request: Request): void {
    const reason = request.failure()?.errorText ?? 'no reason given';
    // Whoever leaves a page stops what it was still loading.
    if (reason !== 'net::ERR_ABORTED') this.troubles.push(`${request.url()} failed: ${reason}`);
  }

  private async readReferrer(request: Request): Promise<void> {
    const { referer } = await request.allHeaders().catch((): Record<string, string> => ({}));
    if (referer?.startsWith(this.ours) !== true) return;
    const leaves = new URL(request.url()).origin !== this.ours;
    if (leaves || /[?&](code|state|error)=/.test(referer)) {
      this.troubles.push(`${request.url()} was told of ${referer}`);
    }
  }
}

function isRefusedLoad(message: ConsoleMessage): boolean {
  return message.text().startsWith(refusedLoad);
}
