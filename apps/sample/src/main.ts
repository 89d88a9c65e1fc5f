import { loadDotEnv } from './config/dotenv.js';
import { reasonOf } from './start/reason.js';
import { startSample } from './start/start.js';

loadDotEnv();
try {
  await startSample(process.env);
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exitCode = 1;
}
