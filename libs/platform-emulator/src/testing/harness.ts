import { afterEach } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { createPlatformEmulator, type PlatformEmulator } from '../emulator.js';
import { type PlatformEmulatorOptions } from '../emulator.options.js';

const running: PlatformEmulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((emulator) => emulator.close()));
});

/** An emulator that ends with the test. */
export async function start(options: PlatformEmulatorOptions = {}): Promise<PlatformEmulator> {
  const emulator = await createPlatformEmulator(options);
  running.push(emulator);
  return emulator;
}

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. */
  readonly json: Record<string, unknown> & { data: Record<string, unknown> };
}

/** Fetches without following redirects. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text) as Answer['json'];
    },
  };
}

/** Posts a urlencoded form. */
export function postForm(url: string, fields: Record<string, string>): Promise<Answer> {
  return ask(url, { method: 'POST', body: new URLSearchParams(fields) });
}

/** Posts JSON. */
export function postJson(url: string, value: unknown): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return ask(url, { method: 'POST', headers, body: JSON.stringify(value) });
}

/** Where a redirect leads. */
export function locationOf(answer: Answer): URL {
  return new URL(answer.headers.get('location') ?? '');
}

/** The status of a request whose headers `fetch` would not let through, such as `Host`. */
export function statusOf(url: string, method: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject).end();
  });
}

/** Copies fields without some of them. */
export function without(fields: Record<string, string>, ...names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}
