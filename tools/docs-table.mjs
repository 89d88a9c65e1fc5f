// Writes the support table of the providers into the documents, from what the conformance suite measured.
//   npm run docs:table                      runs the suite and rewrites the tables
//   npm run docs:table -- --check           changes nothing; exit code 1 when a document is out of date
//   npm run docs:table -- --report <file>   takes a report the suite has already written (CONFORMANCE_REPORT)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const [begin, end] = ['<!-- providers:begin -->', '<!-- providers:end -->'];
const documents = [
  { file: 'docs/providers.md', language: 'en' },
  { file: 'README.md', language: 'en' },
  { file: 'README.zh.md', language: 'zh' },
];

/** The words of the table; everything else in it is measured. */
const words = {
  en: {
    heads: {
      provider: 'Provider',
      flow: 'Sign-in',
      pkce: 'PKCE',
      idToken: 'id_token',
      operations: 'Operations',
      successes: 'Success bodies',
      errors: 'Documented errors',
      others: 'Undocumented and broken answers',
    },
    redirect: 'redirect',
    handoff: 'code handed in by the page',
    none: '–',
    listed: ', ',
  },
  zh: {
    heads: {
      provider: '平台',
      flow: '登录方式',
      pkce: 'PKCE',
      idToken: 'id_token',
      operations: '支持的操作',
      successes: '成功响应',
      errors: '文档中的错误',
      others: '文档之外及损坏的响应',
    },
    redirect: '浏览器跳转',
    handoff: '由页面提交 code',
    none: '–',
    listed: '、',
  },
};

const options = readOptions();
const report = options.report === undefined ? measure() : readReport(options.report);
const open = report.rows.filter((row) => !row.passed);
for (const row of open) {
  console.error(
    `does not hold: ${row.provider} ${row.operation}, ${row.what}${row.bug ? ` (${row.bug})` : ''}`,
  );
}
if (open.some((row) => row.bug === undefined)) process.exitCode = 1;

for (const { file, language } of documents) {
  const path = join(root, file);
  if (!existsSync(path)) continue;
  const text = readFileSync(path, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 && to < 0) continue;
  if (from < 0 || to < from)
    fail(`${file} has only one of the markers ${begin} and ${end}, or both in the wrong order.`);
  const written = `${text.slice(0, from + begin.length)}\n\n${tableOf(report, language)}\n\n${text.slice(to)}`;
  if (written === text) continue;
  if (options.check) {
    console.error(`${file} is out of date: run \`npm run docs:table\` and commit it.`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, written);
    console.log(`${file} rewritten`);
  }
}

function readOptions() {
  try {
    return parseArgs({
      options: { check: { type: 'boolean', default: false }, report: { type: 'string' } },
    }).values;
  } catch (error) {
    return fail(error.message);
  }
}

/** Runs the suite; its report is written whatever the outcome. */
function measure() {
  const directory = mkdtempSync(join(tmpdir(), 'conformance-'));
  const file = join(directory, 'report.json');
  try {
    const run = spawnSync(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        'node_modules/jest/bin/jest.js',
        '--selectProjects=e2e',
        '--testPathPatterns=test/conformance',
      ],
      { cwd: root, encoding: 'utf8', env: { ...process.env, CONFORMANCE_REPORT: file } },
    );
    if (run.status !== 0) {
      process.exitCode = 1;
      console.error(run.stderr);
    }
    return readReport(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readReport(file) {
  if (!existsSync(file)) fail(`There is no report at ${file}: the conformance suite did not run to its end.`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function tableOf({ providers, rows }, language) {
  const { heads, none, listed, ...terms } = words[language];
  const lines = providers.map((provider) => {
    const own = rows.filter((row) => row.provider === provider.name);
    const documented = own.filter((row) => row.basis === 'documented');
    const list = (items) => (items.length === 0 ? none : items.join(listed));
    const cells = {
      provider: provider.title[language],
      flow: terms[provider.flow],
      pkce: provider.pkce === 'none' ? none : provider.pkce,
      idToken: list(provider.idToken),
      operations: list(provider.operations.map(({ name }) => name).filter((name) => works(own, name))),
      successes: share(documented.filter((row) => row.outcome === 'success')),
      errors: share(documented.filter((row) => row.outcome === 'error')),
      others: share(own.filter((row) => row.basis !== 'documented')),
    };
    return Object.keys(heads).map((column) => cells[column]);
  });
  return [Object.values(heads), Object.keys(heads).map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** An operation counts as supported when every answer that should be understood is. */
function works(rows, operation) {
  const successes = rows.filter((row) => row.operation === operation && row.outcome === 'success');
  return successes.length > 0 && successes.every((row) => row.passed);
}

function share(rows) {
  return `${rows.filter((row) => row.passed).length}/${rows.length}`;
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
