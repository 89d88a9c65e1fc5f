/** A microtask of a promise: one of `queueMicrotask` costs as much as all else that is done to share an answer. */
const turn = Promise.resolve();

/**
 * One answer for all who ask for the same in the same turn. Who comes later may know of something that has happened
 * since, and asks anew. Asked about by a key that is the same object for all of them.
 */
export class InTurn<Answer> {
  /** A new one for each turn: a map that is emptied for ever leaves a chain of its old tables to the collector. */
  private answers: Map<Buffer, Promise<Answer>> | undefined;
  private readonly end = (): void => void (this.answers = undefined);

  share(key: Buffer, ask: () => Promise<Answer>): Promise<Answer> {
    const known = this.answers?.get(key);
    if (known !== undefined) return known;
    if (this.answers === undefined) {
      this.answers = new Map();
      void turn.then(this.end);
    }
    const answer = ask();
    this.answers.set(key, answer);
    return answer;
  }
}
