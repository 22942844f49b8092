/** Impacts, modes and contours of compositions: of a Gaussian likelihood exactly, of others by fits of iminuit. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../../io/index.js";
import { runInProcess } from "../../../cli/in-process.js";
import { close } from "../../../support/close.js";
import { compositionFiles, type Files } from "../../composition-sample.js";

const answersFile = new URL("../../../../../test/references/gaussian-exponential/profiles.json", import.meta.url);
const answers = JSON.parse(readFileSync(answersFile, "utf8"));

let files: Files;
test.before(async () => {
  files = await compositionFiles();
});
test.after(() => files.remove());

async function ran(name: string, source: string) {
  const out = join(files.folder, name);
  const { out: text, error } = await runInProcess(
    ["run", files.write(`${name}.yaml`, source), "--out", out, "--json"],
    {
      judgesTrainings: true,
    },
  );
  assert.ok(text !== "", error);
  return { fit: JSON.parse(text).likelihoods.fit, error, out };
}

/** Means of two samples: m of mu + shift + tilt / 10 with width 1, k of shift with width 2. */
const N = [100, 50] as const;
const [SHIFT, TILT] = [
  { observed: 0.3, sigma: 0.2 },
  { observed: -0.5, sigma: 1.5 },
];
const EXACT = `columns: { m: {}, k: {} }
samples: { a: m.npz, b: k.npz }
parameters:
  mu: 1
  shift: { constraint: { normal: { observed: ${SHIFT.observed}, sigma: ${SHIFT.sigma} } } }
  tilt: { constraint: { normal: { observed: ${TILT.observed}, sigma: ${TILT.sigma} } } }
functions: { mean: { expression: "mu + shift + tilt / 10" } }
densities: { first: { gaussian: { x: m, mean: mean, sigma: 1 } }, second: { gaussian: { x: k, mean: shift, sigma: 2 } } }
likelihoods: { fit: { channels: { a: { density: first, sample: a }, b: { density: second, sample: b } } } }
scan: { pairs: [[mu, shift]], range: 4 }
impacts: { parameters: [mu, shift], definitions: [shift, covariance, auxiliary], groups: { both: [shift, tilt] } }
`;
/**
 * By hand: the data know s = mu + shift + tilt / 10 with variance 1 / 100, shift with variance v, tilt with 1.5² alone, all independently; and
 * mu = s - shift - tilt / 10.
 */
const V = 1 / (1 / SHIFT.sigma ** 2 + N[1] / 4);
const COVARIANCE = {
  mu: { mu: 1 / N[0] + V + TILT.sigma ** 2 / 100, shift: -V, tilt: -(TILT.sigma ** 2) / 10 },
  shift: { mu: -V, shift: V, tilt: 0 },
  tilt: { mu: -(TILT.sigma ** 2) / 10, shift: 0, tilt: TILT.sigma ** 2 },
} as const;
type Name = keyof typeof COVARIANCE;
const sigmaOf = (name: Name) => Math.sqrt(COVARIANCE[name][name]);
const MEAN_K = 0.7;
/** Both fits stop within 1e-5 of an error. */
const NEAR = { absolute: 1e-5, relative: 1e-5 };

async function exact() {
  const spread = (n: number, mean: number) => Array.from({ length: n }, (_, i) => mean + (i + 0.5 - n / 2) * (3.4 / n));
  await files.sample("m.npz", { m: spread(N[0], 2) });
  await files.sample("k.npz", { k: spread(N[1], MEAN_K) });
  return ran("exact", EXACT);
}

test("a Gaussian likelihood: impacts, modes and contours are those of its covariance", async () => {
  const { fit } = await exact();
  const impact = (definition: string, target: string, source: string) => {
    const found = fit.impacts.find(
      (own: { definition: string; parameter: string }) => own.definition === definition && own.parameter === target,
    );
    return { ...found, own: found.impacts.find((one: { source: string }) => one.source === source) };
  };
  const widths = { shift: SHIFT.sigma, tilt: TILT.sigma } as const;
  for (const source of ["shift", "tilt"] as const) {
    const c = COVARIANCE.mu[source];
    for (const definition of ["shift", "covariance"]) {
      const { own, total } = impact(definition, "mu", source);
      close([own.up, own.down], [c / sigmaOf(source), -c / sigmaOf(source)], NEAR, `${definition} of ${source}`);
      close([total], [sigmaOf("mu")], NEAR, "total");
    }
    const { own } = impact("auxiliary", "mu", source);
    close([own.up, own.down], [c / widths[source], -c / widths[source]], NEAR, `auxiliary of ${source}`);
  }
  const { impacts, statistical, groups } = impact("auxiliary", "mu", "shift");
  assert.equal(
    impacts.map((own: { source: string }) => own.source),
    ["shift", "tilt"],
    "mu has no auxiliary measurement",
  );
  const constraints = Math.hypot(COVARIANCE.mu.shift / SHIFT.sigma, COVARIANCE.mu.tilt / TILT.sigma);
  close([statistical], [Math.sqrt(COVARIANCE.mu.mu - constraints ** 2)], NEAR, "statistical");
  close([groups[0].size], [constraints], NEAR, "group");
  // With both known, mu has the variance of s alone.
  const group = impact("shift", "mu", "shift").groups[0].size;
  close([group], [Math.sqrt(COVARIANCE.mu.mu - 1 / N[0])], NEAR, "group by shift");

  // shift and tilt are independent: modes are along the axes, tilt with width 1, as the data say nothing of it.
  assert.equal(fit.modes.names, ["shift", "tilt"]);
  const [wide, narrow] = fit.modes.modes;
  close([wide.sigma, narrow.sigma], [1, Math.sqrt(V) / SHIFT.sigma], NEAR, "widths");
  close(wide.direction, [0, 1], NEAR, "wide");
  close(narrow.direction, [1, 0], NEAR, "narrow");
  const estimate = V * (SHIFT.observed / SHIFT.sigma ** 2 + (MEAN_K * N[1]) / 4);
  close([wide.pull, narrow.pull], [0, (estimate - SHIFT.observed) / SHIFT.sigma], NEAR, "pulls");

  const [pair] = fit.pairs;
  assert.equal([pair.names, pair.level], [["mu", "shift"], 1]);
  const [mu] = fit.parameters;
  const { mu: a, shift: b } = COVARIANCE.mu;
  const determinant = a * V - b * b;
  for (const { level, lines } of pair.contours) {
    assert.is(lines.length, 1);
    assert.ok(lines[0].isClosed && lines[0].points.length > 20);
    for (const [x, y] of lines[0].points) {
      const [d, e] = [x - mu.estimate, y - estimate];
      // Between points of the grid, √(-2Δ ln L) is followed along lines.
      close([(V * d * d - 2 * b * d * e + a * e * e) / determinant], [level], { absolute: 0, relative: 0.01 });
    }
  }
});

const BASE = `columns: { m: { range: [100, 180] } }
samples: { data: data.npz }
densities:
  signal: { gaussian: { x: m, mean: mean, sigma: sigma } }
  background: { exponential: { x: m, c: c } }
  model: { mixture: { signal: nsig, background: nbkg } }
likelihoods: { fit: { density: model, sample: data } }
`;
const FITS: Readonly<Record<string, string>> = {
  scale: `${BASE}parameters:
  nsig: 250
  nbkg: 5000
  scale: { constraint: { normal: { observed: 1, sigma: 0.002 } } }
  sigma: 2
  c: 0.02
functions: { mean: { product: [125, scale] } }
impacts: { parameters: [nsig] }
`,
  constrained: `columns: { m: { range: [100, 180] } }
samples: { data: data.npz }
parameters:
  nflat: { start: 300, constraint: { poisson: { observed: 9, scale: 0.03 } } }
  nbkg: 5000
  c: { start: 0.02, constraint: { log-normal: { observed: 0.02, kappa: 1.05 } } }
densities:
  flat: { uniform: m }
  background: { exponential: { x: m, c: c } }
  model: { mixture: { flat: nflat, background: nbkg } }
likelihoods: { fit: { density: model, sample: data } }
impacts: { parameters: [nflat] }
`,
};

for (const [name, source] of Object.entries(FITS)) {
  test(`${name}: impacts of iminuit, by refits with fixed parameters and with other outcomes`, async () => {
    const { fit } = await ran(name, source);
    const { target, sigma, ...expected } = answers.impacts[name];
    for (const definition of ["shift", "auxiliary"]) {
      const table = fit.impacts.find((own: { definition: string }) => own.definition === definition);
      assert.is(table.parameter, target);
      const found = Object.fromEntries(
        table.impacts.map((own: { source: string; up: number; down: number }) => [own.source, [own.up, own.down]]),
      );
      assert.equal(Object.keys(found).sort(), Object.keys(expected[definition]).sort());
      // Both fits stop within 1e-4 of an error; the errors at whose ends shifts are made agree to 2e-3.
      for (const [source, ends] of Object.entries(expected[definition])) {
        close(
          found[source],
          ends as number[],
          { absolute: 3e-4 * sigma, relative: 3e-3 },
          `${definition} of ${source}`,
        );
      }
    }
  });
}

test("peak: the profile of iminuit in two parameters", async () => {
  const source = `${BASE}parameters: { nsig: 250, nbkg: 5000, mean: 125, sigma: { start: 2, range: [0.5, 10] }, c: 0.02 }
scan: { pairs: [[nsig, sigma]], range: 1.5, grid: 4 }
`;
  const { out } = await ran("peak", source);
  const arrays = await readNpz(join(out, "arrays.npz"));
  const grid = Array.from(arrays.get("fit/scans/nsig,sigma/delta_two_nll")!.data as Float64Array);
  // Points follow the errors, which agree to 2e-3.
  close(grid, answers.pairs.deltaTwoNll.flat(), { absolute: 1e-3, relative: 1e-2 });
});

test.run();
