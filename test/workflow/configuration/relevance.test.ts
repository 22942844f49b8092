/** Entries that only some sources and choices read. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import type { Entry } from "../../../workflow/configuration/entries.js";
import { RELEVANCE } from "../../../workflow/configuration/relevance.js";
import { configurationTable } from "../../../workflow/configuration/table.js";
import { FILES, GENERATED_OF_FILES, message, PUBLISHED, TOY } from "./sources.js";

/** For every rule: an analysis that does not read the entry, a setting that it refuses, and why. */
const UNREAD: Readonly<Record<keyof typeof RELEVANCE, readonly (readonly [string, string, RegExp])[]>> = {
  "simulation.events": [
    [
      FILES,
      "simulation.events=1000",
      /simulation\.events: expected nothing, as it is read with simulation\.generator only, got 1000\. Remove it, or set simulation\.generator/,
    ],
    [PUBLISHED, "simulation.events=1000", /read with simulation\.generator only/],
  ],
  "simulation.variations": [
    [FILES, "simulation.variations=[{scale: 2}]", /with simulation\.generator only, got \[\{"scale":2\}\]/],
  ],
  "simulation.weight": [
    [
      TOY,
      "simulation.weight=w",
      /simulation\.weight: expected nothing, as it is read with samples of the processes only, got "w"\. Remove it, or add samples/,
    ],
    [PUBLISHED, "simulation.weight=w", /simulation\.weight: .* samples of the processes only/],
  ],
  "simulation.heldOut": [
    [
      PUBLISHED,
      "simulation.heldOut=0.3",
      /simulation\.heldOut: .* a simulation to train on only, got 0\.3\. Remove it, or remove model\.file/,
    ],
  ],
  "simulation.replicas": [
    [
      TOY,
      "simulation.replicas=10",
      /simulation\.replicas: .* read with samples of the processes only, got 10\. Remove it, or add samples/,
    ],
    [PUBLISHED, "simulation.replicas=10", /simulation\.replicas: .* samples of the processes only/],
  ],
  "data.events": [
    [
      FILES,
      "data.events=100",
      /data\.events: expected nothing, as it is read with data\.generator only, got 100\. Remove it, or set data\.generator in place of data\.file/,
    ],
    [GENERATED_OF_FILES, "data.events=100", /a simulation has its size from simulation\.events/],
  ],
  "observables.columns": [
    [TOY, "observables.columns={x: log(x)}", /observables\.columns: .* read with files of data or samples only/],
  ],
  "observables.missing": [
    [TOY, "observables.missing={x: 1}", /observables\.missing: .* read with files of data or samples only/],
  ],
  "observables.where": [
    [TOY, "observables.where=x > 1", /observables\.where: .* read with files of data or samples only/],
  ],
  "data.columns": [[TOY, "data.columns={x: log(x)}", /data\.columns: .* read with data\.file or --events only/]],
  "data.where": [[TOY, "data.where=x > 1", /data\.where: .* read with data\.file or --events only, got "x > 1"/]],
  "data.weight": [[TOY, "data.weight=w", /data\.weight: .* read with data\.file or --events only, got "w"/]],
  "data.without": [
    [
      TOY,
      "data.without=[{feature: 'x[0]', values: [0]}]",
      /data\.without: expected nothing, as it is read with files of simulation or of a model only, got .*x\[0\].*\. Remove it, or remove simulation\.generator/,
    ],
  ],
  "data.source": [[TOY, "data.source=there", /data\.source: .* read with data\.file only, got "there"/]],
  "model.source": [[TOY, "model.source=there", /model\.source: .* read with model\.file only, got "there"/]],
  "model.activation": [[TOY, "model.activation=elu", /model\.activation: .* read with model\.file only, got "elu"/]],
  "model.leastSlope": [[TOY, "model.leastSlope=0.01", /model\.leastSlope: .* read with model\.file only, got 0\.01/]],
  "flows.x.bins": [
    [
      TOY,
      "flows.x={kind: affine, bins: 4}",
      /flows\.x\.bins: expected nothing, as it is read with flows\.x\.kind spline only, got 4\. Remove it, or set flows\.x\.kind to spline/,
    ],
  ],
  "flows.y.bins": [[FILES, "flows.y={kind: affine, bins: 4}", /flows\.y\.bins: .* flows\.y\.kind spline only/]],
  "morph.x.bins": [
    [
      TOY,
      "morph.x={kind: affine, bins: 4}",
      /morph\.x\.bins: expected nothing, as it is read with morph\.x\.kind spline only, got 4\. Remove it, or set morph\.x\.kind to spline/,
    ],
  ],
  "morph.y.bins": [[FILES, "morph.y={kind: affine, bins: 4}", /morph\.y\.bins: .* morph\.y\.kind spline only/]],
  "morph.x.bound": [
    [TOY, "morph.x={kind: affine, bound: 4}", /morph\.x\.bound: .* read with morph\.x\.kind spline only, got 4/],
  ],
  "morph.y.bound": [[FILES, "morph.y={kind: affine, bound: 4}", /morph\.y\.bound: .* morph\.y\.kind spline only/]],
  "flows.x.bound": [
    [TOY, "flows.x={kind: affine, bound: 5}", /flows\.x\.bound: .* read with flows\.x\.kind spline only, got 5/],
  ],
  "flows.y.bound": [[FILES, "flows.y={kind: affine, bound: 5}", /flows\.y\.bound: .* flows\.y\.kind spline only/]],
  "response.points": [
    [TOY, "response.points=8", /response\.points: .* read with response\.nodes quadrature only, got 8/],
  ],
  "response.events": [
    [
      TOY,
      "response={sample: data, events: 100}",
      /response\.events: .* read with response\.sample model only, got 100/,
    ],
  ],
  "response.bins": [[TOY, "response.bins=4", /response\.bins: .* read with response\.kind spline only, got 4/]],
};

test("what is set and not read is an error, once, for every entry that only some sources and choices read", () => {
  assert.equal(Object.keys(UNREAD).sort(), Object.keys(RELEVANCE).sort());
  for (const [entry, cases] of Object.entries(UNREAD)) {
    for (const [source, set, pattern] of cases) {
      const found = message(source, set);
      assert.match(found, pattern, set);
      assert.is(found.split("\n").length, 1, `${entry}: ${found}`);
      assert.is(message(source), "no error", entry);
    }
  }
});

test("what is read is no error, and neither is a default", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [TOY, ["simulation.events=1000", "simulation.variations=[{shift: 1}, {squeeze: 1}]", "data.events=100"]],
    [TOY, ["flows.x.bins=4", "response={kind: spline, bins: 4, nodes: quadrature, points: 3, events: 200}"]],
    [FILES, ["simulation.weight=w", "data.weight=w", "data.source=there", "simulation.heldOut=0.3"]],
    [GENERATED_OF_FILES, ["simulation.events=1000"]],
    [PUBLISHED, ["model.source=there", "model.activation=elu", "model.leastSlope=1e-4"]],
    [PUBLISHED, ["processes.A.yield=3", "scan.points=3", "flows.x.hidden=[8]", "response.range=1"]],
    [FILES, ["data.events=50000", "response.points=6"]],
    // Switched off, and kept for when it is switched on again.
    [TOY, ["likelihood.observables=[x]", "transport.bins=4", "ensemble.replicas=3"]],
    [
      TOY,
      ["transport.enabled=false", "transport.bins=4", "response={enabled: false, layers: 3}", "morph.pairDamping=0.2"],
    ],
  ];
  for (const [source, set] of cases) assert.is(message(source, ...set), "no error", set.join());
  const weighted = readConfiguration(TOY, "a.yaml", { set: ["data.weight=w"], events: "other.npz" });
  assert.is(weighted.data.weight, "w");
});

test("every entry that is documented as one choice's only has its check", () => {
  const documented: string[] = [];
  const visit = (entry: Entry, path: readonly string[]) => {
    if (/\(.* only\)/.test(entry.doc)) documented.push(path.join("."));
    if (entry.kind === "section") for (const [key, inner] of Object.entries(entry.keys)) visit(inner, [...path, key]);
    if (entry.kind === "map" || entry.kind === "list") visit(entry.item, [...path, "*"]);
  };
  visit(configurationTable, []);
  // Checked with their kind of nuisance and their optimiser.
  const elsewhere = /^nuisances\.\*\.(kappa|acceptance)$|\.training\.weightDecay$/;
  const found = documented.filter((path) => !elsewhere.test(path));
  assert.equal(found, ["response.points", "response.events", "response.bins"]);
  for (const path of found) assert.ok(RELEVANCE[path], path);
});

test.run();
