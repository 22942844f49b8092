/** Files of HS³ as analyses: names, settings, and what is refused; written again by the recipe. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeHs3 } from "../../../../inference/model/hs3/write.js";
import type { CompositionOverrides } from "../../../../workflow/configuration/composition/composition-file.js";
import { expanded } from "../../../../workflow/configuration/composition/expanded.js";
import { loadComposition } from "../../../../workflow/configuration/composition/load-composition.js";
import { kindOfFile } from "../../../../workflow/configuration/kinds-of-file.js";
import { readChannel } from "../../../../workflow/events/channel-events.js";
import { hs3OfComposition } from "../../../../workflow/recipes/hs3-of-composition.js";
import { events, gaussian, point, type Sections, textOf } from "../../../inference/model/hs3/documents.js";
import { checkSameLikelihood } from "../../../inference/model/hs3/same-likelihood.js";
import { refusal } from "../../../support/rejects.js";
import { COMPOSITION } from "./sources.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-hs3-"));
test.after(() => rmSync(folder, { recursive: true }));

function written(text: string, name = "model.json"): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const load = (changed: Sections = {}, overrides?: CompositionOverrides) =>
  loadComposition(written(textOf(changed)), overrides);

/** Without the folder. */
const said = async (changed: Sections, set: readonly string[] = []) =>
  (await refusal(load(changed, { set }))).replaceAll(`${folder}/`, "");

const quiet = {
  progress: { begin: () => ({ update() {}, done() {} }), note() {} },
  signal: new AbortController().signal,
  warn() {},
} as unknown as Parameters<typeof hs3OfComposition>[1];

test("a file of HS³ is a composition, and one of a composition in JSON stays one", async () => {
  assert.is(kindOfFile(written(textOf())), "composition");
  const json = written(JSON.stringify({ likelihoods: {} }), "composition.json");
  assert.is(kindOfFile(json), "composition");
  assert.match(
    await refusal(loadComposition(json)),
    /composition\.json.*likelihoods: expected at least one likelihood/,
  );
  assert.is(kindOfFile(written(JSON.stringify({ name: "a" }), "measurement.json")), "measurement");
  // What is no JSON is refused as HS³, with what JSON lacks.
  const nan = written('{"metadata": {"hs3_version": "0.2"}, "data": NaN}', "nan.json");
  assert.match(await refusal(loadComposition(nan)), /nan\.json: expected a text in JSON/);
});

test("the analysis has the name of the file, its likelihood, its data and settings of --set", async () => {
  const analysis = await load({}, { set: ["fit.minos=true", "scan.parameters=[mu]", "output=out"], seed: 7 });
  const { configuration, likelihoods } = analysis;
  assert.is(configuration.name, "model");
  assert.is(configuration.seed, 7);
  assert.is(configuration.fit.minos, true);
  assert.equal(configuration.scan.parameters, ["mu"]);
  const [{ name, channels, parameters }] = likelihoods as [(typeof likelihoods)[number]];
  assert.equal(
    { name, channels, parameters },
    {
      name: "l",
      channels: [{ name: "g", density: "g", selected: "g", sample: "d", isExtended: false, region: {} }],
      parameters: ["mu", "s"],
    },
  );
  const { data, file, total } = await readChannel(analysis, channels[0]!);
  assert.equal(Array.from(data.columns.x!), [0.5, -1.25, 2]);
  assert.is(total, 3);
  assert.match(file, /model\.json$/);
});

test("parameters of interest are scanned, parameters take their options", async () => {
  const analyses = [{ name: "a", likelihood: "l", domain: "all", init: "p", parameters_of_interest: ["mu", "s"] }];
  const { configuration, composition } = await load(
    { analyses },
    { set: ["analysis=a"], parameters: { set: { mu: 1 }, limit: { s: [1, 2] } } },
  );
  assert.equal(configuration.scan.parameters, ["mu", "s"]);
  assert.equal(composition.parameters, [
    { name: "mu", start: 1, range: [-3, 3] },
    { name: "s", start: 1.5, range: [1, 2] },
  ]);
});

test("settings of what the file has, and names that it lacks, are refused", async () => {
  assert.is(
    await said({}, ["columns.x.range=[0,1]"]).then((text) => text.replace(/^.*?: /, "")),
    "expected one of the names of columns, got x",
  );
  assert.is(
    await said({}, ["densities={}"]),
    "--set: densities: expected analysis, name, seed, output, fit, scan, impacts, report, as the model is that of the file, got densities. Change the file, or parameters by --set-parameter, --fix, --free and --limit",
  );
  assert.is(
    await said({}, ["scan.parameters=[muu]"]),
    '--set: scan.parameters[0]: expected a free parameter of the likelihood, got "muu". Did you mean mu?',
  );
  assert.match(await said({}, ["analysis=k"]), /^model\.json: likelihoods: expected one of l, got "k"/);
  assert.match(
    await said({ parameter_points: [point({ mu: 0, s: 1 }, "mu", "s")] }),
    /^model\.json: likelihoods\.l: expected a free parameter that it depends on, got fixed ones alone \(mu, s\)$/,
  );
});

test("names of likelihoods and channels become names of files", async () => {
  const { likelihoods } = await load({
    likelihoods: [{ name: "l:1.a", distributions: ["g.x", "g:x"], data: ["d", "d"] }],
    distributions: ["g.x", "g:x"].map((name) => ({ ...gaussian, name })),
  });
  assert.is(likelihoods[0]!.name, "l_1_a");
  assert.equal(
    likelihoods[0]!.channels.map(({ name }) => name),
    ["g_x", "g_x_"],
  );
});

test("events outside of the range of their axis are left out; weights are read", async () => {
  const data = [{ ...events, entries: [[0.5], [-6], [2]], weights: [1, 2, 3] }];
  const analysis = await load({ data });
  const { data: own, leftOut } = await readChannel(analysis, analysis.likelihoods[0]!.channels[0]!);
  assert.equal(
    [Array.from(own.columns.x!), Array.from(own.weights!)],
    [
      [0.5, 2],
      [1, 3],
    ],
  );
  assert.is(leftOut[0]!.count, 1);
});

test("a file of HS³ is expanded with the texts of its expressions, and written as the same likelihood", async () => {
  const changed: Sections = {
    distributions: [
      { ...gaussian, mean: "f" },
      { name: "t", type: "gaussian_dist", x: 0.5, mean: "mu", sigma: 2 },
    ],
    functions: [{ name: "f", type: "generic_function", expression: "mu+0.25*mu" }],
    likelihoods: [{ name: "l", distributions: ["g"], data: ["d"], aux_distributions: ["t"] }],
  };
  const analysis = await load(changed);
  const graph = expanded(analysis);
  assert.equal(graph.functions, [{ name: "f", type: "generic_function", expression: "mu + 0.25 * mu" }]);
  const text = await hs3OfComposition(analysis, quiet);
  const again = await loadComposition(written(text, "again.json"));
  const model = ({ composition, inline, likelihoods }: typeof analysis) => ({
    composition,
    samples: inline!.samples,
    likelihoods: likelihoods.map(({ name, channels }) => ({ name, channels })),
  });
  await checkSameLikelihood(model(again), model(analysis));
  assert.is(await hs3OfComposition(again, quiet), text);
  assert.ok(writeHs3(model(analysis)).includes('"mu_constraint"'));
});

test("a composition of ours with a region is no file of HS³", async () => {
  writeFileSync(join(folder, "data.csv"), "m\n101\n120\n150\n");
  const source = COMPOSITION.replace("data.npz", "data.csv");
  const whole = await loadComposition(written(source, "whole.yaml"));
  assert.ok((await hs3OfComposition(whole, quiet)).includes("[101],\n[120],\n[150]"));
  const region = source.replace("sample: data }", "sample: data, region: { m: [[100, 110], [140, 180]] } }");
  const cut = await loadComposition(written(region, "region.yaml"));
  assert.match(
    await refusal(hs3OfComposition(cut, quiet)),
    /^density model in fit\/fit: expected what HS³ can say, got truncated: HS³ has no word for it: give the column/,
  );
});

test("a file that is too large is refused", async () => {
  const large = written(`{"metadata": {"hs3_version": "0.2"}}${" ".repeat(64 * 2 ** 20)}`, "large.json");
  assert.match(await refusal(loadComposition(large)), /large\.json: expected at most 67108864 bytes, got \d+/);
  const other = written(`{"name": "a"}${" ".repeat(5 * 2 ** 20)}`, "other.json");
  assert.match(await refusal(loadComposition(other)), /other\.json: expected at most 4194304 bytes, got \d+ bytes/);
});

test.run();
