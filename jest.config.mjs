// Nest 12 is ESM only, so Jest runs in VM-modules mode: `npm run jest` sets the flag (see CONTRIBUTING.md).
const swc = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2023',
      keepClassNames: true,
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
  },
];

const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': swc },
  moduleNameMapper: {
    '^nestjs-oauth-providers$': '<rootDir>/libs/oauth-providers/src/index.ts',
    '^nestjs-oauth-providers/(redis|postgres)$':
      '<rootDir>/libs/oauth-providers/src/vault/stores/$1/index.ts',
    '^platform-emulator$': '<rootDir>/libs/platform-emulator/src/index.ts',
    '^platform-emulator/demo-clients$': '<rootDir>/libs/platform-emulator/src/demo-clients.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['/dist/'],
};

export default {
  maxWorkers: 2,
  // A limit against hanging, not a claim about speed: real processes start slowly on a busy machine.
  testTimeout: 60_000,
  workerIdleMemoryLimit: '1GB',
  coverageProvider: 'babel',
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/libs/*/src/**/*.spec.ts', '<rootDir>/apps/*/src/**/*.spec.ts'],
    },
    { ...base, displayName: 'e2e', testMatch: ['<rootDir>/test/**/*.e2e-spec.ts'] },
    { ...base, displayName: 'browser', testMatch: ['<rootDir>/test/**/*.browser-spec.ts'] },
  ],
};
