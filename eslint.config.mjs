import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { importX } from 'eslint-plugin-import-x';
import jest from 'eslint-plugin-jest';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';

const root = dirname(fileURLToPath(import.meta.url));
const library = './libs/oauth-providers/src';
const emulator = './libs/platform-emulator';

/** The floors of the library, lowest first: a floor imports only from floors below it. */
const floors = ['core', 'providers', 'wire', 'vault', 'refresh', 'login', 'nest'];

const houseZones = [
  ...floors.flatMap((floor, level) =>
    floors.slice(level + 1).map((above) => ({
      target: `${library}/${floor}`,
      from: `${library}/${above}`,
      message: `The floor ${floor}/ may import only from floors below it, and ${above}/ is above it.`,
    })),
  ),
  ...floors.map((floor) => ({
    target: `${library}/${floor}`,
    from: [`${library}/index.ts`, `${library}/oauth-providers.module.ts`],
    message: 'A floor never imports the roof.',
  })),
  {
    target: `${library}`,
    from: [emulator, './apps', './test'],
    message: 'The library and the emulator check one another, so they never import each other.',
  },
  {
    target: emulator,
    from: [library, './apps', './test'],
    message: 'The emulator is written from the platforms’ documents and never imports the library.',
  },
];

/** Frameworks and drivers reach the lower floors through ports only. */
const frameworks = [
  '@nestjs/*',
  'express',
  'express-session',
  'axios',
  'passport',
  'passport-*',
  'rxjs',
  'rxjs/*',
  'libsql',
  'ioredis',
  'pg',
  'undici',
];

export default tseslint.config(
  { ignores: ['**/dist/', 'data/', 'coverage/', 'node_modules/'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: ['*.mjs', 'tools/*.mjs'],
          maximumDefaultProjectFileMatchCount_THIS_WILL_SLOW_DOWN_LINTING: 16,
        },
        tsconfigRootDir: root,
      },
    },
    settings: {
      'import-x/extensions': ['.ts', '.mjs', '.js'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [
        {
          interfaceVersion: 3,
          name: 'workspace',
          resolve: (await import('./tools/lint-resolver.mjs')).resolve,
        },
      ],
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': ['error', { basePath: root, zones: houseZones }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/unbound-method': 'off',
      // Nest declares its options as classes and takes plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-console': 'error',
    },
  },
  {
    files: ['libs/oauth-providers/src/{core,providers,wire,vault,refresh}/**/*.ts'],
    ignores: ['libs/oauth-providers/src/vault/stores/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: frameworks, message: 'Frameworks and drivers come in through a port.' }] },
      ],
    },
  },
  {
    files: ['libs/platform-emulator/src/**/*.ts', 'apps/emulator/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['nestjs-oauth-providers', 'nestjs-oauth-providers/*'],
              message: 'The emulator never imports the library.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['libs/oauth-providers/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'Calls go out through the HTTP port.' },
        { name: 'setInterval', message: 'Use the scheduler port.' },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time comes in through the Clock port.' },
        { object: 'Math', property: 'random', message: 'Randomness comes in through the Randomness port.' },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    ...jest.configs['flat/recommended'],
    rules: {
      ...jest.configs['flat/recommended'].rules,
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', '**.expect*'] }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    // The same for every store, or half of all seeds, in a file of its own for each: they run side by side.
    files: ['test/processes/*.ts', 'test/simulation/*.ts'],
    rules: { 'jest/no-export': 'off' },
  },
  {
    files: ['**/*.mjs'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        URLSearchParams: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        AbortSignal: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
      },
    },
    rules: { ...tseslint.configs.disableTypeChecked.rules, 'no-console': 'off' },
  },
  {
    files: ['bench/**/*.mjs'],
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: { Buffer: 'readonly', Headers: 'readonly', performance: 'readonly', setImmediate: 'readonly' },
    },
    // Without a compiler, decorators are functions that are called with an empty class.
    rules: { '@typescript-eslint/no-extraneous-class': 'off' },
  },
  {
    // Scripts that run in the visitor's browser.
    files: ['**/browser/**/*.js', 'libs/**/assets/**/*.js', 'apps/**/assets/**/*.js'],
    ...tseslint.configs.disableTypeChecked,
  },
  prettier,
);
