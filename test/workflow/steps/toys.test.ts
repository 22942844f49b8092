/** What toys follow from, and where their truth lies. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { RunContext } from "../../../workflow/context.js";
import type { SampledPoint } from "../../../workflow/steps/toy-samples.js";
import { planKey, pointOf, truthOf } from "../../../workflow/steps/toys.js";
import { FILES, read, TOY } from "../configuration/sources.js";

const contextOf = (text: string, ...sets: string[]) =>
  ({
    analysis: { file: "a.yaml", configuration: read(text, ...sets) },
    dataKey: "of the data",
  }) as unknown as RunContext;
const of = { source: "generator" as const, trained: "model", truth: [0.5, -0.5] };

test("the truth of generated data is that of the generator, of other data the estimate of the fit, where there is one", () => {
  const generated = contextOf(TOY, "truth.shift=0.5");
  assert.equal(truthOf(generated, "generator", [9, 9]), [0.5, 0]);
  const files = contextOf(FILES, "truth.scale=0.25");
  assert.equal(truthOf(files, "model", [1, 2, 3]), [1, 2, 3]);
  assert.equal(truthOf(files, "model", undefined), [0.25, 0, 0]);
});

test("toys with T kept do not depend on how T is trained; toys with new fits do", () => {
  const [before, after] = [contextOf(TOY), contextOf(TOY, "transport.training.epochs=7")];
  assert.is(planKey(before, "data", of), planKey(after, "data", of));
  assert.is.not(planKey(before, "full", of), planKey(after, "full", of));
  assert.is.not(planKey(before, "data", of), planKey(before, "full", of));
});

test("the key of toys holds seed, model, truth and number of events, and no label", () => {
  const key = (...sets: string[]) => planKey(contextOf(TOY, ...sets), "full", of);
  for (const set of ["seed=2", "data.events=77", "fit.bounds=[-3, 3]"]) assert.is.not(key(set), key(), set);
  for (const set of ["name=Other", "nuisances.shift.label=S", "report.bins=7"]) assert.is(key(set), key(), set);
  assert.is.not(planKey(contextOf(TOY), "full", { ...of, trained: "other" }), key());
  assert.is.not(planKey(contextOf(TOY), "full", { ...of, truth: [0.5, 0.5] }), key());
  assert.is.not(planKey(contextOf(TOY), "full", { ...of, source: "model" }), key());
});

test("toys of samples follow from the samples, and not from the data", () => {
  const key = (drawn: string, dataKey: string) =>
    planKey({ ...contextOf(FILES), dataKey }, "full", { source: "samples", trained: "model", drawn });
  assert.is(key("samples", "data"), key("samples", "other data"));
  assert.is.not(key("samples", "data"), key("other samples", "data"));
});

test("toys of samples take the points in turn", () => {
  const points = ["nominal", "scale=1"].map((name) => ({ name })) as unknown as readonly SampledPoint[];
  const names = [0, 1, 2, 3].map((toy) => pointOf({ points }, toy)!.name);
  assert.equal(names, ["nominal", "scale=1", "nominal", "scale=1"]);
  assert.is(pointOf({ points: [] }, 3), undefined);
});

test.run();
