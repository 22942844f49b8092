/** Models of measurements that are not trained: what of them the configuration says. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { partsOf } from "../../../inference/model/mixture-model.js";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { plannedModel, plannedSamples, plannedStages } from "../../../workflow/recipes/planned-model.js";

const configured = (name: string, ...set: readonly string[]) =>
  loadAnalysis(`examples/${name}/analysis.yaml`, { set }).configuration;

test("the parts are those that the likelihood looks at and that are not switched off", () => {
  const parts = (...set: readonly string[]) =>
    partsOf(plannedModel(configured("three-processes", ...set))).map(([name]) => name);
  const ofX = ["x.nominal", "x.morph"];
  assert.equal(parts(), [...ofX, "y.nominal", "y.morph", "transport", "response"]);
  assert.equal(parts("response.enabled=false"), [...ofX, "y.nominal", "y.morph", "transport"]);
  assert.equal(parts("transport.enabled=false"), [...ofX, "y.nominal", "y.morph"]);
  assert.equal(parts("likelihood.observables=[x]"), ofX);
});

test("yields are the configured ones; stages and samples are those of the file", () => {
  const configuration = configured("three-processes");
  const { processes } = plannedModel(configuration);
  assert.equal(
    processes.map(({ name, logYield }) => [name, Math.round(Math.exp(logYield))]),
    [
      ["signal", 1000],
      ["resonance", 1500],
      ["continuum", 2500],
    ],
  );
  assert.equal(
    plannedStages(configuration).map(({ name }) => name),
    ["single.scale", "single.modelling", "single.tilt"],
  );
  const moved = plannedSamples(configuration).filter((own) => own.moved.length > 0);
  assert.equal([...new Set(moved.flatMap((own) => own.moved))], ["scale", "modelling", "tilt"]);
});

/** Sides on which the yields of the processes follow a nuisance, as "+-". */
function sides(name: string, ...set: readonly string[]): string[] {
  const { nuisances } = plannedModel(configured("three-processes", ...set));
  const own = nuisances.find((one) => one.name === name)!;
  if (own.kind !== "shape") return [];
  return (own.acceptance ?? []).map(({ up, down }) => `${up === null ? "" : "+"}${down === null ? "" : "-"}`);
}

test("yields follow a shape nuisance where it has samples on a side, and these have weights or are said to be yields", () => {
  // modelling has one sample, of the signal; tilt acts on the continuum alone.
  assert.equal(sides("scale", "nuisances.scale.acceptance=sums"), ["+-", "+-", "+-"]);
  assert.equal(sides("modelling", "nuisances.modelling.acceptance=sums"), ["+", "", ""]);
  assert.equal(sides("tilt", "nuisances.tilt.acceptance=sums"), ["", "", "+-"]);
  for (const name of ["scale", "modelling", "tilt"]) assert.equal(sides(name, `nuisances.${name}.acceptance=none`), []);
});

test.run();
