const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Calls `work` for ever, a second after it is done with the last time; `hurry()` of the answer calls it at once. */
export function everySecond(work) {
  let wake = () => {};
  (async () => {
    for (;;) {
      const woken = new Promise((resolve) => (wake = resolve));
      await work();
      await Promise.race([pause(1_000), woken]);
    }
  })();
  return { hurry: () => wake() };
}
