/** Compositions of files without their columns: masses of real Z decays as an expression, and yields of weighted samples. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../../cli/in-process.js";
import { hasReference, referenceFile, referenceTest } from "../../support/reference.js";
import { compositionFiles, type Files } from "../composition-sample.js";

let files: Files;
test.before(async () => {
  files = await compositionFiles();
});
test.after(() => files.remove());

const fitted = async (text: string, ...words: readonly string[]) => {
  const out = join(files.folder, "fit");
  const ran = await runInProcess(["fit", files.write("a.yaml", text), "--out", out, "--threads", "1", ...words]);
  assert.is(ran.code, 0, ran.error);
  const { likelihoods } = JSON.parse(readFileSync(join(out, "fit.json"), "utf8"));
  return { likelihoods, said: `${ran.out}${ran.error}` };
};

const BARREL = `columns: { EB1: 'type1 == "EB"', EB2: 'type2 == "EB"' }, `;
const SAMPLES = [
  ["mumu", "Zmumu", "", ""],
  ["central", "Zmumu", " && abs(eta1) < 1 && abs(eta2) < 1", ""],
  ["ee", "Zee", "", ""],
  ["barrel", "Zee", " && EB1 && EB2", BARREL],
] as const;

const Z = `
columns: { m: { range: [80, 100], expression: "sqrt(2 * pt1 * pt2 * (cosh(eta1 - eta2) - cos(phi1 - phi2)))" } }
samples:
${SAMPLES.map(([name, file, where, columns]) => `  ${name}: { ${columns}file: ${referenceFile(`cms-z/${file}_Run2011A.csv`)}, where: "Q1 * Q2 < 0${where}" }`).join("\n")}
parameters:
${SAMPLES.map(
  ([name]) => `  mass_${name}: { start: 91, range: [85, 95] }
  sigma_${name}: { start: 1.5, range: [0.3, 5] }
  f_${name}: { start: 0.8, range: [0, 1] }
  slope_${name}: { start: 0.02, range: [-1, 1] }`,
).join("\n")}
densities:
${SAMPLES.map(
  ([name]) => `  peak_${name}: { voigt: { x: m, mean: mass_${name}, width: 2.4952, sigma: sigma_${name} } }
  falling_${name}: { exponential: { x: m, c: slope_${name} } }
  model_${name}: { mixture: { peak_${name}: f_${name}, falling_${name}: rest } }`,
).join("\n")}
likelihoods:
${SAMPLES.map(([name]) => `  ${name}: { density: model_${name}, sample: ${name}, extended: false }`).join("\n")}
`;

/**
 * Fits of iminuit to the same files (docs of the events: CMS open data, record 545): N, NLL / N, M, σ, f. The tolerances are the last
 * digits of the answers.
 */
const ANSWERS = {
  mumu: [8645, 2.53691, 90.8307, 1.2357, 0.9153],
  central: [2578, 2.473203, 90.8871, 0.9358, 0.9299],
  ee: [10_814, 2.788301, 90.7154, 2.2049, 0.7556],
  // Both in the barrel, as the columns of words type1 and type2 say: no cut on |eta| selects the same.
  barrel: [5734, 2.727778, 90.772, 1.8539, 0.7948],
} as const;

referenceTest("the mass of two leptons as an expression gives the fits of iminuit to real Z decays", async () => {
  assert.ok(hasReference);
  const { likelihoods, said } = await fitted(Z);
  for (const [name, [n, nllPerEvent, mass, sigma, f]] of Object.entries(ANSWERS)) {
    const own = likelihoods[name];
    const channel = own.channels[name];
    const estimate = (of: string) =>
      own.parameters.find((row: { readonly name: string }) => row.name === `${of}_${name}`).estimate;
    assert.is(channel.events, n);
    assert.ok(Math.abs(own.nll / n - nllPerEvent) < 1e-6, `${name}: ${own.nll / n}`);
    assert.ok(Math.abs(estimate("mass") - mass) < 0.001, `${name}: ${estimate("mass")}`);
    assert.ok(Math.abs(estimate("sigma") - sigma) < 0.002, `${name}: ${estimate("sigma")}`);
    assert.ok(Math.abs(estimate("f") - f) < 0.001, `${name}: ${estimate("f")}`);
    const flow = channel.cutFlow as readonly { readonly after: string; readonly events: number }[];
    assert.equal([flow[0]!.after, flow[0]!.events, flow[1]!.after], ["read", channel.eventsInFile, "Q1 * Q2 < 0"]);
    assert.equal(flow.at(-1), { after: "without m outside of 80 to 100", events: n, sumOfWeights: n });
  }
  assert.match(
    said,
    /Zmumu_Run2011A\.csv: events read: 10583, Q1 \* Q2 < 0: 10227, without m outside of 80 to 100: 8645/,
  );
});

const YIELDS = (of: string) => `
columns: { m: { range: [100, 180] } }
samples: { data: background.npz, simulated: { file: weighted.npz, weight: "w * pu", where: "m > 110" } }
parameters: { mu: 1, slope: 0.02 }
functions: { expected: { yield: ${of} }, n: { product: [mu, expected] } }
densities: { background: { exponential: { x: m, c: slope } }, model: { mixture: { background: n } } }
likelihoods: { fit: { density: model, sample: data } }
`;

test("a yield of a composition is the sum of weights of a sample, or its cross section with luminosity", async () => {
  // Selected within the range: 1.5 + 0.5 - 0.25 + 2; all: 0.5 more before the condition, 4 beyond the range.
  await files.sample("weighted.npz", {
    m: [105, 120, 130, 140, 150, 190],
    w: [1, 3, 1, -0.5, 4, 8],
    pu: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
  });
  // An extended fit of one density: mu is the number of events over the expected one.
  for (const [of, expected] of [
    ["simulated", 3.75],
    ["{ sample: simulated, crossSection: 2, luminosity: 100, generated: 50 }", 15],
    ["{ sample: simulated, crossSection: 2, luminosity: 100, generated: weights }", (200 * 3.75) / 8.25],
  ] as const) {
    const text = YIELDS(of).replace("mu: 1", "mu: { start: 5000, range: [0, 10000] }");
    const { likelihoods } = await fitted(text);
    const [mu] = likelihoods.fit.parameters;
    assert.ok(Math.abs(mu.estimate * expected - 5000) < 0.01, `${of}: ${mu.estimate}`);
  }
});

test("yields that are none are refused", async () => {
  const cases = [
    ["nothing", /functions\.expected\.yield\.sample: expected a sample, got "nothing"/],
    [
      "{ sample: simulated, luminosity: 3 }",
      /functions\.expected\.yield: expected crossSection, luminosity and generated, got luminosity alone/,
    ],
  ] as const;
  for (const [of, pattern] of cases) {
    const { code, error } = await runInProcess(["validate", files.write("a.yaml", YIELDS(of))]);
    assert.is(code, 2);
    assert.match(error, pattern);
  }
  await files.sample("weighted.npz", { m: [120, 130], w: [1, -2], pu: [1, 1] });
  const { error } = await runInProcess(["validate", files.write("a.yaml", YIELDS("simulated"))]);
  assert.match(
    error,
    /a\.yaml: functions\.expected\.yield: expected a number of events from .*, got -1, with sums of weights -1 of all events/,
  );
});

test.run();
