/** Toys in threads are the toys of a lane; what goes wrong comes back as it was. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { UsageError } from "../../../../engine/errors.js";
import { ToyThread } from "../../../../workflow/steps/composition/toy-thread.js";
import { compositionToys, ToyLane } from "../../../../workflow/steps/composition/toys.js";
import { eventsOf } from "../../composition-sample.js";
import { readAs } from "../../configuration/composition/sources.js";

const analysis = await readAs(`name: Peak
columns: { m: { range: [0, 10] } }
samples: { data: data.npz }
parameters:
  mean: { start: 4, range: [-1e9, 1e9], constraint: { normal: { observed: 4, sigma: 0.2 } } }
  n: { start: 60, range: [0, 1000] }
densities:
  peak: { gaussian: { x: m, mean: mean, sigma: 1 } }
  model: { mixture: { peak: n } }
likelihoods: { fit: { density: model, sample: data } }
`);
const [plan] = analysis.likelihoods as [(typeof analysis.likelihoods)[0]];
const toysAt = (point: Readonly<Record<string, number>>) =>
  compositionToys({ plan, events: [eventsOf({ m: [3, 4.5] })] }, point, 7, "fit key");
const cpu = { precision: "f64", wide: false } as const;

test("toys of a thread, asked for at once, are those of a lane", async () => {
  const { signal } = new AbortController();
  const backend = await cpuBackend({ ...cpu, threads: 0 });
  const lane = new ToyLane(toysAt({ mean: 4.2 }), backend, signal);
  const thread = new ToyThread(toysAt({ mean: 4.2 }), cpu, signal);
  try {
    const found = await Promise.all([5, 0, 3].map((toy) => thread.run(toy)));
    for (const [i, toy] of [5, 0, 3].entries()) {
      assert.equal(found[i], await lane.run(toy));
      assert.is(found[i]!.fits.fit!.status, "converged");
    }
  } finally {
    await thread.close();
    await lane.close();
    await backend.close();
  }
});

test("toys that cannot be drawn are refused as in a lane, one after the other", async () => {
  const { signal } = new AbortController();
  // Nothing of the peak lies in the range.
  const thread = new ToyThread(toysAt({ mean: 1e6, n: 9 }), cpu, signal);
  try {
    const [first, second] = await Promise.allSettled([thread.run(0), thread.run(1)]);
    for (const own of [first, second]) {
      assert.is(own!.status, "rejected");
      const { reason } = own as PromiseRejectedResult;
      assert.instance(reason, UsageError);
      assert.match(reason.message, /^draws of m: expected a region that events are drawn in/);
    }
  } finally {
    await thread.close();
  }
});

test("what is under way ends with the signal, and with the thread", async () => {
  const stop = new AbortController();
  const thread = new ToyThread(toysAt({}), cpu, stop.signal);
  const pending = thread.run(0);
  stop.abort(new Error("enough"));
  await pending.then(
    () => assert.unreachable(),
    (reason) => assert.is(reason.message, "enough"),
  );
  await thread.close();
  const other = new ToyThread(toysAt({}), cpu, new AbortController().signal);
  await other.close();
  await other.run(0).then(
    () => assert.unreachable(),
    (reason) => assert.match(reason.message, /thread of toys ended/),
  );
});

test.run();
