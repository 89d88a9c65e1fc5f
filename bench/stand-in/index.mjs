import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startWorker } from '../lib/workers.mjs';

/** A certificate for localhost that only the processes of this run trust; undefined without openssl. */
export function makeCertificate(folder) {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  try {
    execFileSync(
      'openssl',
      ['req', '-x509', ...curve, '-nodes', '-days', '2', ...names, '-keyout', key, '-out', cert],
      {
        stdio: 'ignore',
      },
    );
  } catch {
    return undefined;
  }
  return { file: cert, tls: { key: readFileSync(key), cert: readFileSync(cert) } };
}

/** The stand-in in a process of its own. */
export async function startStandIn({ tls } = {}) {
  const worker = await startWorker(new URL('./server.mjs', import.meta.url), { role: 'rest' });
  const { url, tlsUrl } = await worker.call('start', { tls });
  return {
    url,
    tlsUrl,
    set: (change) => worker.call('set', change),
    reset: () => worker.call('reset'),
    counted: () => worker.call('counted'),
    stop: () => worker.stop(),
  };
}
