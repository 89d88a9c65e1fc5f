import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

/**
 * A value that must never reach a log, an error, an event or JSON: whoever prints it sees the first eight
 * hexadecimal digits of its SHA-256, enough to tell two tokens apart. Only {@link Secret.reveal} gives the value.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it where the bytes are needed and nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return `[redacted sha256:${createHash('sha256').update(this.#value).digest('hex').slice(0, 8)}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
