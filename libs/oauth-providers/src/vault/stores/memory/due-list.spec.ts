import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DueEntry, DueList } from './due-list.js';

const time = fc.integer({ min: 0, max: 20 });
const step = fc.oneof(
  fc.record({ add: time, id: fc.integer({ min: 0, max: 999 }) }),
  fc.record({ remove: fc.nat() }),
  fc.record({ look: time }),
);

describe('what is due', () => {
  it('comes as a sorted list of what is there would give it, whatever was added and deleted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const list = new DueList<string>();
        const there: DueEntry<string>[] = [];
        steps.forEach((each, number) => {
          if ('add' in each) {
            const id = `${each.id}-${number}`;
            there.push(list.add(each.add, id, id));
          } else if ('remove' in each && there.length > 0) {
            const [entry] = there.splice(each.remove % there.length, 1);
            list.delete(entry!);
            list.delete(entry!);
          }
          const now = 'look' in each ? each.look : Infinity;
          const due = there.filter(({ dueAt }) => dueAt <= now);
          due.sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
          expect([...list.until(now)]).toEqual(due.map(({ id }) => id));
          expect(list.size).toBe(there.length);
        });
      }),
    );
  });
});
