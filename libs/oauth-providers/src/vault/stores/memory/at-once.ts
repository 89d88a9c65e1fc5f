/** Runs `work` at once, in one piece, and turns what it throws into a rejection. */
export function atOnce<Result>(work: () => Result): Promise<Result> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
