interface Entry {
  readonly at: number;
  readonly order: number;
  readonly what: () => void;
}

/**
 * Everything that will happen, in order of time and then of planning. Between two events everything that needs no
 * time is done: promises of this process, and nothing else, so a run is the same every time.
 */
export class Schedule {
  private readonly heap: Entry[] = [];
  private planned = 0;
  /** Milliseconds since the beginning: the time that no change of a wall clock moves. */
  elapsed = 0;
  events = 0;

  /** Plans something for `delay` ms from now. */
  after(delay: number, what: () => void): void {
    this.planned += 1;
    this.push({ at: this.elapsed + Math.max(delay, 0), order: this.planned, what });
  }

  /** Lets time pass until `end`; `check` runs after each event. */
  async run(end: number, check: () => void): Promise<void> {
    await drained();
    for (let next = this.heap[0]; next !== undefined && next.at <= end; next = this.heap[0]) {
      this.pop();
      this.elapsed = next.at;
      this.events += 1;
      next.what();
      await drained();
      check();
    }
    this.elapsed = end;
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [one, two] = [heap[left], heap[left + 1]];
      if (one === undefined) break;
      const [place, child] = two !== undefined && isBefore(two, one) ? [left + 1, two] : [left, one];
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = place;
    }
    heap[at] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}

/** Node runs what `nextTick` was given when no promise has anything left to do. */
function drained(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
