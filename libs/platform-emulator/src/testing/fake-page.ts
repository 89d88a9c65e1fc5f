import { createContext, runInContext } from 'node:vm';

/** A message as a page receives it. */
export interface PageMessage {
  readonly origin: string;
  readonly source: unknown;
  readonly data: unknown;
}

/** The frame a stand-in laid over the page. */
export interface FakeFrame {
  src: string;
  readonly contentWindow: object;
  readonly style: Record<string, string>;
}

/** As much of a browser's page as the stand-ins use. */
export class FakePage {
  readonly origin = 'http://127.0.0.1:3000';
  readonly frames: FakeFrame[] = [];
  readonly window: Record<string, unknown>;
  readonly #listeners = new Set<(message: PageMessage) => void>();

  constructor(scriptUrl: string, script: string) {
    this.window = createContext({
      location: { origin: this.origin },
      addEventListener: (_type: string, listener: (message: PageMessage) => void) =>
        this.#listeners.add(listener),
      removeEventListener: (_type: string, listener: (message: PageMessage) => void) =>
        this.#listeners.delete(listener),
      document: {
        currentScript: { src: scriptUrl },
        createElement: () => this.#createFrame(),
        body: { append: (frame: FakeFrame) => this.frames.push(frame) },
      },
      URL,
      URLSearchParams,
      fetch,
      setTimeout,
      console,
    });
    this.window['window'] = this.window;
    runInContext(script, this.window);
  }

  /** Runs an expression in the page. */
  run(expression: string): unknown {
    return runInContext(expression, this.window);
  }

  post(message: PageMessage): void {
    for (const listener of [...this.#listeners]) listener(message);
  }

  #createFrame(): FakeFrame & { remove(): void } {
    const frame = {
      src: '',
      style: {},
      contentWindow: {},
      remove: () => {
        this.frames.splice(this.frames.indexOf(frame), 1);
      },
    };
    return frame;
  }
}
