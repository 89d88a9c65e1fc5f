/**
 * How much may be under way at one client. A slot is a call: a claim takes it, and it falls free with the platform's
 * answer, so that the save of one and the claim of the next go to the store together. As many saves again may be under
 * way besides: a store that hangs stops new calls, and what it has not taken yet stays bounded.
 */
export class Slots {
  private calls = 0;
  private underWay = 0;

  constructor(private readonly size: number) {}

  /** How many more may be claimed. */
  get free(): number {
    return Math.min(this.size - this.calls, 2 * this.size - this.underWay);
  }

  /** Takes slots for what is about to be claimed. */
  take(count: number): void {
    this.calls += count;
    this.underWay += count;
  }

  /** Gives back what a claim has not filled. */
  giveBack(count: number): void {
    this.take(-count);
  }

  /** The platform has answered one call. */
  answered(): void {
    this.calls -= 1;
  }

  /** What the answer brought is through. */
  saved(): void {
    this.underWay -= 1;
  }
}
