/** What the plan of a measurement says of its trainings, and of what these decide. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { expandedMeasurement } from "../../../workflow/recipes/expanded-measurement.js";

interface Entry {
  readonly name: string;
  readonly decided_by_run?: readonly string[];
  readonly [key: string]: unknown;
}

async function planned(name: string, ...set: readonly string[]) {
  const graph = await expandedMeasurement(loadAnalysis(`examples/${name}/analysis.yaml`, { set }), undefined);
  const of = (all: readonly unknown[]) => (own: string) =>
    (all as readonly Entry[]).find((entry) => entry.name === own);
  return { density: of(graph.distributions), function: of(graph.functions) };
}

const textOf = (entry: Entry | undefined) => (entry?.decided_by_run ?? []).join(" ");

test("how features are transformed is decided by the nominal samples, unless it is said", async () => {
  const auto = (await planned("three-processes")).density("x nominal");
  assert.match(textOf(auto), "How x is transformed (observables.x.transform: auto) and scaled");
  const none = await planned("three-processes", "observables.x.transform=[none]", "observables.y.transform=[log]");
  assert.match(textOf(none.density("x nominal")), "By which powers of two x is scaled");
  assert.match(textOf(none.density("y nominal")), "How y is transformed (observables.y.transform: log) and scaled");
  assert.is(textOf((await planned("doi-toy")).density("x nominal")), "", "a generator's features need nothing");
});

test("a morph of a nuisance that is trained alone on events of its own is as simple as they allow; of pairs, and of fresh events, it is the configured one", async () => {
  const simplest = (text: string) => /The morph of (.*) is the simplest/.exec(text)?.[1];
  assert.is(simplest(textOf((await planned("three-processes")).density("y"))), "scale, modelling, tilt");
  const samples = JSON.stringify([
    { file: "a.npz", weight: "w" },
    { file: "a.npz", weight: "u", at: { scale: 1 } },
    { file: "b.npz", weight: "w", at: { modelling: 1 } },
  ]);
  const paired = await planned("three-processes", `processes.signal.samples=${samples}`);
  assert.is(simplest(textOf(paired.density("x"))), "modelling, tilt");
  assert.is(simplest(textOf((await planned("doi-toy")).density("x"))), undefined);
});

test("where T undoes what nuisances do, its density stays where the fit finds them; T of the paper has no such place", async () => {
  const own = await planned("three-processes");
  assert.equal(own.density("y")!.nuisances, [null, "tilt of T by process", "modelling of T by process"]);
  assert.equal(own.function("tilt of T by process")!.choices, [0, 0, null]);
  assert.match(textOf(own.function("tilt of T by process")), "the fit with T fixed finds");
  const paper = await planned("three-processes", "response.actsOn=data");
  assert.equal(paper.density("y")!.nuisances, ["scale", "tilt by process", "modelling by process"]);
  const { morph } = paper.density("y of response") as unknown as {
    readonly morph: { readonly architecture: { readonly nuisances: readonly object[] } };
  };
  assert.equal(morph.architecture.nuisances[0], { nominal: null, scale: null, linearOnly: false });
  const scaled = await planned("three-processes", "response.scale=0.7");
  const response = scaled.density("y of response") as unknown as typeof own & { readonly morph: typeof morph };
  assert.is((response.morph.architecture.nuisances[0] as { readonly scale: number }).scale, 0.7);
  assert.not.match(textOf(scaled.density("y of response")), "scales");
});

test("yields are said to lose the part of the samples that is left out", async () => {
  assert.is(textOf((await planned("three-processes")).function("yield of signal")), "");
  const without = await planned("three-processes", "data.without=[{ feature: x, values: [0] }]");
  assert.match(textOf(without.function("yield of signal")), "the part of the nominal samples that data.without leaves");
});

test("the conditional form is a density of y at given x", async () => {
  const analysis = loadAnalysis("examples/three-processes/analysis.yaml", { set: ["likelihood.form=conditional"] });
  const { distributions, likelihoods } = await expandedMeasurement(analysis, undefined);
  assert.is(likelihoods[0]!.distribution, "events given x");
  const { name, type, of, given } = distributions.at(-1)! as {
    name: string;
    type: string;
    of: unknown;
    given: unknown;
  };
  assert.equal([name, type, of, given], ["events given x", "conditional_dist", ["y1", "y2", "y3"], ["x"]]);
});

test.run();
