// What the product promises, and how a measured number compares with it.

const atLeast = (must, aim) => ({
  must: `≥ ${must}x`,
  aim: `≥ ${aim}x`,
  meets: (value) => (value >= aim ? 'aim' : value >= must ? 'must' : 'no'),
  show: (value) => `${value.toFixed(2)}x`,
});
const atMost = (must, aim, { unit = 'x', digits = 2 } = {}) => ({
  must: `≤ ${must}${unit}`,
  aim: `≤ ${aim}${unit}`,
  meets: (value) => (value <= aim ? 'aim' : value <= must ? 'must' : 'no'),
  show: (value) => `${value.toFixed(digits)}${unit}`,
});

const peer = 'Nest + @nestjs/passport + passport-oauth2, which saves nothing';

/** Every claim, with the benchmark that measures it and what it is compared with in the same run. */
export const targets = {
  login: {
    benchmark: 'login',
    title: 'Login with express-session, including the encrypted save',
    reference: peer,
    ...atLeast(1.15, 1.25),
  },
  'login-tls': {
    benchmark: 'login',
    title: 'Login against a TLS provider',
    reference: peer,
    ...atLeast(1.3, 2),
  },
  'for-user-cached': {
    benchmark: 'for-user',
    title: '`forUser` of a valid token, cached',
    reference: 'async Map lookup',
    ...atLeast(0.3, 0.6),
  },
  'for-user': {
    benchmark: 'for-user',
    title: '`forUser` of a valid token, without the cache',
    reference: 'raw read + AES-256-GCM open',
    ...atLeast(0.75, 0.9),
  },
  sweep: {
    benchmark: 'sweep',
    title: 'Sweep of due tokens',
    reference: 'the same duty written by hand on the same store',
    ...atLeast(0.6, 0.8),
  },
  'sweep-latency': {
    benchmark: 'sweep-latency',
    title: 'Sweep while the platform takes 50 ms',
    reference: 'concurrency ÷ latency',
    ...atLeast(0.93, 0.96),
  },
  'sweep-memory': {
    benchmark: 'sweep-memory',
    title: 'Memory that a sweep adds',
    reference: 'nothing',
    must: '≤ 100 MB',
    aim: 'flat in the number of tokens',
    meets: ({ once, twice }) =>
      once > 100 ? 'no' : twice <= Math.max(once * 1.25, once + 8) ? 'aim' : 'must',
    show: ({ once, twice, tokens }) =>
      `+${once.toFixed(0)} MB for ${tokens} tokens, +${twice.toFixed(0)} MB for ${tokens * 2}`,
  },
  'due-scan': {
    benchmark: 'due-scan',
    title: 'Claiming 100 due records, from 10 k stored records to the most',
    reference: 'itself at 10 k',
    ...atMost(1.5, 1.2),
  },
  stampede: {
    benchmark: 'stampede',
    title: 'Stampede on one expired token: 4 processes × 250 callers',
    reference: 'one call, nobody fails',
    must: '1 call, 0 failures',
    aim: 'over within latency + 20 ms',
    meets: ({ calls, failures, over }) => (calls !== 1 || failures > 0 ? 'no' : over <= 20 ? 'aim' : 'must'),
    show: ({ calls, failures, over }) =>
      `${calls} call, ${failures} failures, latency + ${over.toFixed(0)} ms`,
  },
  'size-sqlite': sizeTarget('SQLite', 1.2),
  'size-redis': sizeTarget('Redis', 1.4),
  'size-postgres': sizeTarget('PostgreSQL', 1.5),
  'start-up': {
    benchmark: 'start-up',
    title: 'Start with 12 providers',
    reference: 'bare Nest',
    ...atMost(1.15, 1.08),
  },
};

function sizeTarget(store, must) {
  return {
    benchmark: 'size',
    title: `Bytes per record of 4,096 B, ${store}`,
    reference: 'the payload; the aim: sealed binary rows by hand',
    must: `≤ ${must}x`,
    aim: 'by hand + 3 %',
    meets: ({ ratio, byHand }) => (ratio > must ? 'no' : ratio <= byHand * 1.03 ? 'aim' : 'must'),
    show: ({ ratio, byHand }) => `${ratio.toFixed(2)}x (by hand ${byHand.toFixed(2)}x)`,
  };
}

const verdicts = { aim: 'aim reached', must: 'must reached', no: '**missed**', none: 'not measured' };

/** The rows of the table of claims: each measured value, or one row that says that there is none. */
export function claimRows(measured) {
  return Object.entries(targets).flatMap(([id, target]) => {
    const command = `\`npm run bench -- --full --only=${target.benchmark}\``;
    const found = measured.filter((each) => each.id === id);
    if (found.length === 0) {
      return [[target.title, target.reference, target.must, target.aim, '–', verdicts.none, command]];
    }
    return found.map(({ what, value, note }) => {
      const isNumber = typeof value !== 'number' || Number.isFinite(value);
      const shown = isNumber ? target.show(value) + (note ? ` (${note})` : '') : '–';
      const verdict = verdicts[isNumber ? target.meets(value) : 'none'];
      const title = what ? `${target.title}: ${what}` : target.title;
      return [title, target.reference, target.must, target.aim, shown, verdict, command];
    });
  });
}
