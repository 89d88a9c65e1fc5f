/** A place among what is due some time. */
export interface DueEntry<Item> {
  readonly dueAt: number;
  /** Decides between two that are due at the same time. */
  readonly id: string;
  /** Undefined once it is deleted. */
  item: Item | undefined;
}

/**
 * What is due and when: a binary heap, so that a change costs the logarithm of what is stored, and looking at what is
 * due costs what is due. What is deleted goes once it is first, or half of all is.
 */
export class DueList<Item> {
  #heap: DueEntry<Item>[] = [];
  #deleted = 0;

  get size(): number {
    return this.#heap.length - this.#deleted;
  }

  add(dueAt: number, id: string, item: Item): DueEntry<Item> {
    const entry = { dueAt, id, item };
    push(this.#heap, entry, isBefore);
    return entry;
  }

  delete(entry: DueEntry<Item>): void {
    if (entry.item === undefined) return;
    entry.item = undefined;
    this.#deleted += 1;
    // What is done is first, mostly: left there, every look at what is due would have to pass it.
    while (this.#heap.length > 0 && at(this.#heap, 0).item === undefined) {
      pop(this.#heap, isBefore);
      this.#deleted -= 1;
    }
    if (this.#deleted * 2 <= this.#heap.length) return;
    // In order, entries are a heap as well.
    this.#heap = this.#heap
      .filter(({ item }) => item !== undefined)
      .sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#deleted = 0;
  }

  /** What is due at `now`, longest due first. Nothing must be added or deleted while this is read. */
  *until(now: number): Generator<Item> {
    const heap = this.#heap;
    const comesFirst = (a: number, b: number): boolean => isBefore(at(heap, a), at(heap, b));
    // Places whose parents have all been passed: the next one is the first of them.
    const next: number[] = [];
    const visit = (place: number): void => {
      if (place < heap.length && at(heap, place).dueAt <= now) push(next, place, comesFirst);
    };
    visit(0);
    while (next.length > 0) {
      const place = pop(next, comesFirst);
      const { item } = at(heap, place);
      if (item !== undefined) yield item;
      visit(2 * place + 1);
      visit(2 * place + 2);
    }
  }
}

type Order<T> = (a: T, b: T) => boolean;

function isBefore<Item>(a: DueEntry<Item>, b: DueEntry<Item>): boolean {
  return a.dueAt === b.dueAt ? a.id < b.id : a.dueAt < b.dueAt;
}

function at<T>(heap: readonly T[], place: number): T {
  return heap[place] as T;
}

function push<T>(heap: T[], value: T, comesFirst: Order<T>): void {
  let place = heap.length;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!comesFirst(value, at(heap, parent))) break;
    heap[place] = at(heap, parent);
    place = parent;
  }
  heap[place] = value;
}

/** Takes the first out of a heap that is not empty. */
function pop<T>(heap: T[], comesFirst: Order<T>): T {
  const first = at(heap, 0);
  const last = heap.pop() as T;
  if (heap.length === 0) return first;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && comesFirst(at(heap, child + 1), at(heap, child))) child += 1;
    if (!comesFirst(at(heap, child), last)) break;
    heap[place] = at(heap, child);
    place = child;
  }
  heap[place] = last;
  return first;
}
