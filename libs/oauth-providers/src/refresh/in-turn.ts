/** A microtask of a promise: one of `queueMicrotask` costs as much as all else that is done to share an answer. */
const turn = Promise.resolve();

/**
 * One answer for all who ask for the same in the same turn. Who comes later may know of something that has happened
 * since, and asks anew.
 */
export class InTurn<Answer> {
  private readonly answers = new Map<string, Promise<Answer>>();
  private readonly end = (): void => this.answers.clear();

  share(name: string, ask: () => Promise<Answer>): Promise<Answer> {
    const known = this.answers.get(name);
    if (known !== undefined) return known;
    if (this.answers.size === 0) void turn.then(this.end);
    const answer = ask();
    this.answers.set(name, answer);
    return answer;
  }
}
