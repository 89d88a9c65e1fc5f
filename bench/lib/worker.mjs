// The inside of a process that `workers.mjs` starts: calls the functions of one module as they are asked for.
import { pathToFileURL } from 'node:url';

const usage = () => {
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system, rss: process.memoryUsage.rss() };
};

process.on('disconnect', () => process.exit());

const actions = await import(pathToFileURL(process.argv[2]).href).catch((error) => {
  process.send({ broken: String(error?.stack ?? error) });
  return {};
});

process.on('message', ({ id, name, input }) => {
  const action = name === 'usage' ? usage : actions[name];
  Promise.resolve()
    .then(() => action(input))
    .then(
      (value) => process.send({ id, value }),
      (error) => process.send({ id, error: String(error?.stack ?? error) }),
    );
});
process.send({ ready: true });
