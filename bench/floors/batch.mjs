/** Collects what is asked for in one turn of the event loop and does it in one go. */
export function batched(work) {
  let waiting = [];
  const run = async () => {
    const batch = waiting;
    waiting = [];
    try {
      const results = await work(batch.map(({ item }) => item));
      batch.forEach(({ done }, index) => done(results?.[index]));
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  };
  return (item) =>
    new Promise((done, failed) => {
      if (waiting.length === 0) setImmediate(run);
      waiting.push({ item, done, failed });
    });
}
