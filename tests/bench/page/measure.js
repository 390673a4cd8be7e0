// How everything here is timed: all peers take turns within one run, so that what disturbs the machine
// disturbs them alike, and what is reported is a median of passes or a ratio within each pass.

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Lets what is left over from the last turn come to an end. */
function settle() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/**
 * Times peers in turn, in passes of so many rounds. A peer is a function that is given the number of the
 * round, or `{ run, every }` when it takes too long to run in every round. `before` is not timed.
 * Gives by name the median of every pass in milliseconds, and the mean of all samples.
 */
export async function measure(peers, { passes, rounds, warmup = 4, before }) {
  const all = Object.entries(peers).map(([name, peer]) => ({ name, every: 1, samples: [], ...(typeof peer === "function" ? { run: peer } : peer) }));
  let turn = 0;
  for (let pass = -1; pass < passes; pass += 1) {
    if (pass >= 0) all.forEach(({ samples }) => samples.push([]));
    for (let round = 0; round < (pass < 0 ? warmup : rounds); round += 1, turn += 1) {
      await before?.(turn);
      for (let n = 0; n < all.length; n += 1) {
        // Whoever comes after a slow neighbor is another one in every round.
        const { run, every, samples } = all[(n + turn) % all.length];
        if (round % every !== 0) continue;
        await settle();
        const begun = performance.now();
        await run(turn);
        const taken = performance.now() - begun;
        if (pass >= 0) samples[pass].push(taken);
      }
    }
  }
  return Object.fromEntries(all.map(({ name, samples }) => [name, { passes: samples.map(median), mean: mean(samples.flat()), samples: samples.flat().length }]));
}
