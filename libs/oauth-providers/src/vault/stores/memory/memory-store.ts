import { type StoreEngine } from '../../store-engine.port.js';

/**
 * A store in this process's memory: for tests and for trying things out. Nothing survives a restart, and
 * opening it again starts empty.
 */
export function memoryStore(): StoreEngine {
  return {
    kind: 'memory',
    embedded: true,
    open: async (clock) => (await import('./open-memory-store.js')).openMemoryStore(clock),
  };
}
