// Sealed tokens in a map.

export function openFloor() {
  const rows = new Map();
  const leases = new Map();
  return {
    async fill(records) {
      for (const { key, sealed, dueAt } of records) rows.set(key.toString('latin1'), { key, sealed, dueAt });
      leases.clear();
    },
    async get(key) {
      return rows.get(key.toString('latin1'))?.sealed;
    },
    async claim(limit, owner) {
      const now = Date.now();
      const claimed = [];
      for (const [name, row] of rows) {
        if (claimed.length === limit) break;
        if (row.dueAt > now || leases.has(name)) continue;
        leases.set(name, owner);
        claimed.push(row);
      }
      return claimed;
    },
    async save(key, sealed, dueAt, owner) {
      const name = key.toString('latin1');
      if (leases.get(name) !== owner) throw new Error('the lease is gone');
      // At the end, so that what is due stands in front.
      rows.delete(name);
      rows.set(name, { key, sealed, dueAt });
      leases.delete(name);
    },
    close: async () => undefined,
  };
}
