/** One replica of the simulation: what it starts from, what its trainings see, and the models of the fits. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MixtureModel } from "../../../../inference/model/mixture-model.js";
import { modelOf, simulationReplica } from "../../../../workflow/steps/simulation-errors/replicas.js";
import { folder, removeMass, runMass } from "../../../cli/mass-run.js";
import { fittedRun } from "./fitted-mass.js";

test.before(runMass);
test.after(removeMass);

test("a replica follows from its number, and its scores differ from those of the fit by their noise", async () => {
  const { context, of, close: done } = await fittedRun(join(folder, "analysis.yaml"), join(folder, "out"));
  const stored: string[] = [];
  const watched = {
    ...context,
    store: {
      run: (async (name, _inputs, body) => {
        stored.push(name);
        const result = await body({ save: async () => {}, restore: async () => undefined });
        return { ...result, key: name };
      }) as typeof context.store.run,
    },
  };
  const first = await simulationReplica(watched, of, 0);
  const [again, second] = [await simulationReplica(watched, of, 0), await simulationReplica(watched, of, 1)];
  await done();
  // Its trainings are no steps of their own.
  assert.equal(stored, ["simulation.replica.0", "simulation.replica.0", "simulation.replica.1"]);
  assert.equal(again, first);
  assert.not.equal(second, first);
  assert.equal(Object.keys(first), ["xAlone"]);
  const { estimate, status, noise } = first.xAlone!;
  assert.is(status, "converged");
  const { estimate: ofFit, sigma } = of.fitted.fits.xAlone!.summary;
  // Within five σ of 1800 events, and not where it began.
  assert.ok(Math.abs(estimate[0]! - ofFit[0]!) < 5 * sigma![0]!);
  assert.ok(Math.abs(estimate[0]! - ofFit[0]!) > 1e-4);
  // ln 1.2 (z² - 1) with another width: next to nothing of Σ s² = 133; the rate's score is that of all events.
  assert.ok(noise[0]! > 0 && noise[0]! < 30, `${noise[0]}`);
  assert.ok(Math.abs(noise[3]!) < 1e-6);
});

test("x alone has no y, a fixed T no response", () => {
  const model = { x: 1, y: 2, transport: 3, response: 4, frame: 5 } as unknown as MixtureModel;
  assert.equal(modelOf("xAlone", model), { x: 1, frame: 5 });
  assert.equal(modelOf("fixed", model), { x: 1, y: 2, transport: 3, frame: 5 });
  assert.equal(modelOf("profiled", model), model);
  assert.equal(modelOf("fixed", { x: 1 } as unknown as MixtureModel), { x: 1 });
});

test.run();
