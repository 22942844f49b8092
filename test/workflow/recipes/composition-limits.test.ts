/** Compositions whose fits end at a limit, count nothing, or are not at the minimum: what is written, said, and the exit code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { runInProcess } from "../../cli/in-process.js";
import { close } from "../../support/close.js";
import { compositionFiles, type Files } from "../composition-sample.js";

let files: Files;
/** Of a flat background; a signal would lie below 1. */
const ABOVE = Array.from({ length: 40 }, (_, i) => 1 + (9 * (i + 0.5)) / 40);
test.before(async () => {
  files = await compositionFiles();
  await files.sample("above.npz", { m: ABOVE, w: ABOVE.map(() => 2) });
  await files.sample("none.npz", { m: [] });
  await files.sample("narrow.npz", { m: [4, 5, 6], w: [2, 1, 2] });
});
test.after(() => files.remove());

async function run(verb: "run" | "fit", name: string, source: string, ...words: readonly string[]) {
  const file = files.write(`${name}.yaml`, `output: out\n${source}`);
  const out = verb === "run" ? ["--out", join(files.folder, name)] : [];
  const said = await runInProcess([verb, file, ...out, ...words, "--json"], { judgesTrainings: true });
  const { code, error } = said;
  const found = code === 2 ? undefined : JSON.parse(said.out).likelihoods.fit;
  const of = (parameter: string) => found.parameters.find((own: { name: string }) => own.name === parameter);
  return { code, error, found, of };
}

const YIELDS = `columns: { m: { range: [0, 10] } }
samples: { data: above.npz }
parameters: { nsig: { start: 5, range: [0, 100] }, nbkg: { start: 30, range: [0, 1000] } }
densities:
  flat: { uniform: m }
  low: { truncated: { density: flat, region: { m: [[0, 1]] } } }
  model: { mixture: { low: nsig, flat: nbkg } }
likelihoods: { fit: { density: model, sample: data } }
scan: { parameters: [nsig, nbkg], points: 21 }
`;

test("a yield that the data pull below 0 is a result: exit code 0, an upper error, a scan, errors of the others", async () => {
  const { code, error, found, of } = await run("run", "held", YIELDS);
  assert.is(code, 0, error);
  assert.match(
    error,
    /warning: likelihood fit: the fit ended with nsig at 0, the limit of its range\. Its error is that/,
  );
  assert.is(found.status, "at-bound");
  const { estimate, sigma, minos } = of("nsig");
  assert.equal([estimate, sigma, minos.lower], [0, null, null]);
  // -ln L = nsig + nbkg - 40 ln nbkg.
  close([minos.upper], [0.5], { absolute: 0, relative: 2e-4 });
  close([of("nbkg").estimate, of("nbkg").sigma], [40, Math.sqrt(40)], { absolute: 0, relative: 1e-5 });
  const [scan, other] = found.scans;
  assert.equal([scan.name, other.name], ["nsig", "nbkg"]);
  assert.equal(scan.intervals.length, 1);
  assert.is(scan.intervals[0].lower, null);
  // Interpolated along √(-2Δ ln L), which a slope does not make a line.
  close([scan.intervals[0].upper], [0.5], { absolute: 0, relative: 0.02 });
  assert.match(readFileSync(join(files.folder, "held", "report.html"), "utf8"), /scan\.fit\.nsig|nsig, fit/);
});

test("at a limit there is no pair and no impact on the parameter; those on the others stay", async () => {
  const source = `${YIELDS.replace("points: 21", "points: 3, pairs: [[nsig, nbkg]]")}impacts: { parameters: [nsig, nbkg] }\n`;
  const { code, error, found } = await run("run", "impacts", source);
  assert.is(code, 0, error);
  assert.match(error, /scan\.fit\.nsig\+nbkg is left out, as nsig is at a limit of its range$/m);
  assert.match(error, /impacts on nsig are left out, as it is at a limit of its range$/m);
  assert.not.match(error, /did not give/);
  const targets = new Set(found.impacts.map((own: { parameter: string }) => own.parameter));
  assert.equal([...targets], ["nbkg"]);
  for (const { total } of found.impacts) close([total], [Math.sqrt(40)], { absolute: 0, relative: 1e-5 });
  const only = await run("run", "only", source.replace("{ parameters: [nsig, nbkg] }", "{ parameters: [nsig] }"));
  assert.is(only.code, 0, only.error);
  assert.equal(only.found.impacts, []);
});

test("weights at a limit where -ln L bends down leave no level: no error, no scan, and results", async () => {
  // d²/dσ² of Σ w (ln σ + (m - 5)² / (2 σ²)) is below 0 where σ² is above three times the variance.
  const source = `columns: { m: {} }
samples: { data: { file: narrow.npz, weight: w } }
parameters: { mean: { start: 5, range: [0, 10] }, sigma: { start: 7, range: [6, 10] } }
densities: { peak: { gaussian: { x: m, mean: mean, sigma: sigma } } }
likelihoods: { fit: { density: peak, sample: data, extended: false } }
scan: { parameters: [sigma, mean], points: 3 }
`;
  const { error, found, of } = await run("run", "bent", source);
  assert.match(error, /minos error of sigma: The events carry weights, and without an error/);
  assert.match(error, /scan\.fit\.sigma is left out, as the fit did not give an error$/m);
  assert.match(error, /sigma at 6, the limit of its range\. The errors of the others are with it fixed there\./);
  assert.equal([of("sigma").estimate, of("sigma").sigma], [6, null]);
  assert.equal(
    found.scans.map((own: { name: string }) => own.name),
    ["mean"],
  );
});

test("a limit on the other side, and a range in which the profile does not rise by 1", async () => {
  const narrow = YIELDS.replace("range: [0, 100]", "range: [0, 0.3]").replace("start: 5", "start: 0.1");
  const { code, error, found, of } = await run("run", "narrow", narrow);
  assert.is(code, 0, error);
  assert.match(error, /minos error of nsig: -2Δ\S* is 0\.600 at the bound 0\.3, below 1\.$/m);
  assert.equal(of("nsig").minos, { lower: null, upper: null });
  assert.equal(found.scans[0].intervals, [{ lower: null, upper: null }]);
  const upper = await run("run", "upper", YIELDS.replace("range: [0, 1000]", "range: [0, 35]"));
  assert.is(upper.code, 0, upper.error);
  const { estimate, minos } = upper.of("nbkg");
  assert.equal([estimate, minos.upper], [35, null]);
  // -ln L = n - 40 ln n.
  const rise = (n: number) => 2 * (n - 40 * Math.log(n) - (35 - 40 * Math.log(35)));
  close([rise(35 + minos.lower)], [1], { absolute: 0, relative: 1e-3 });
});

test("weights of 2 at a limit say no more than events that count once", async () => {
  const shape = YIELDS.replace(
    "nsig: { start: 5, range: [0, 100] }, nbkg: { start: 30, range: [0, 1000] }",
    "f: { start: 0.2, range: [0, 1] }",
  )
    .replace("low: nsig, flat: nbkg", "low: f, flat: rest")
    .replace("[nsig, nbkg]", "[f]");
  const plain = await run("run", "once", shape);
  const twice = await run("run", "twice", shape.replace("above.npz", "{ file: above.npz, weight: w }"));
  assert.equal([plain.code, twice.code], [0, 0], twice.error);
  // -ln L = -40 ln(1 - f).
  close([plain.of("f").minos.upper], [1 - Math.exp(-0.5 / 40)], { absolute: 0, relative: 2e-4 });
  close([twice.of("f").minos.upper], [plain.of("f").minos.upper], { absolute: 0, relative: 1e-3 });
  close([twice.found.scans[0].level], [2], { absolute: 0, relative: 1e-9 });
  const arrays = await readNpz(join(files.folder, "twice", "arrays.npz"));
  const scan = (name: string) => Array.from(arrays.get(`fit/scans/f/${name}`)!.data as Float64Array);
  close(scan("level"), [2], { absolute: 0, relative: 1e-9 });
  const profile = scan("values").map((f) => -80 * Math.log(1 - f));
  close(scan("delta_two_nll"), profile, { absolute: 1e-9, relative: 1e-9 });
  assert.not((await readNpz(join(files.folder, "once", "arrays.npz"))).has("fit/scans/f/level"));
  close([twice.found.scans[0].intervals[0].upper], [plain.found.scans[0].intervals[0].upper], {
    absolute: 0,
    relative: 1e-3,
  });
});

test("no event in the channel and none in the auxiliary count: everything is 0, with upper errors", async () => {
  const source = `columns: { m: { range: [0, 10] } }
samples: { data: none.npz }
parameters: { nsig: { start: 1, range: [0, 10] }, nbkg: { constraint: { poisson: { observed: 0, scale: 3 } } } }
densities: { flat: { uniform: m }, other: { uniform: m }, model: { mixture: { flat: nbkg, other: nsig } } }
likelihoods: { fit: { density: model, sample: data } }
scan: { parameters: [nbkg] }
`;
  const { code, error, found, of } = await run("run", "nothing", source);
  assert.is(code, 0, error);
  assert.not.match(error, /e-3\d\d/);
  assert.equal([of("nsig").estimate, of("nbkg").estimate], [0, 0]);
  close([of("nsig").minos.upper, of("nbkg").minos.upper], [0.5, 1 / 8], { absolute: 0, relative: 2e-4 });
  assert.equal([of("nsig").sigma, of("nbkg").sigma], [null, null]);
  assert.is(found.scans.length, 1);
  const unlimited = await run("fit", "unlimited", source.replace(", range: [0, 10] }, nbkg", " }, nbkg"));
  assert.is(unlimited.code, 3);
  assert.match(unlimited.error, /Numbers of events that the data may lack need a range from 0/);
});

test("a scan beside an end that is open does not ask for a logarithm of 0", async () => {
  const source = YIELDS.replace(
    "nbkg: { start: 30, range: [0, 1000] }",
    "nbkg: { constraint: { poisson: { observed: 1, scale: 0.02 } } }",
  ).replace("above.npz", "none.npz");
  const { code, error, found } = await run("run", "open", source.replace("scan:", "fit: { minos: true }\nscan:"));
  assert.is(code, 0, error);
  assert.not.match(error, /e-3\d\d|scan of/);
  assert.is(found.scans.length, 2);
});

interface Undetermined {
  readonly source: string;
  readonly says: RegExp;
  /** With this option the fit has nothing that is said of it. */
  readonly fix: string;
}

const FLAT = "likelihoods: { fit: { density: model, sample: data } }\nsamples: { data: above.npz }";
const FREE = "nbkg: { start: 30, range: [0, 1000] }";

/** One of each way in which a likelihood does not determine its parameters. */
const UNDETERMINED: Readonly<Record<string, Undetermined>> = {
  "two yields of one shape": {
    source: `columns: { m: { range: [0, 10] } }
parameters: { one: 20, two: 20 }
densities: { flat: { uniform: m }, same: { uniform: m }, model: { mixture: { flat: one, same: two } } }
${FLAT}
`,
    says: /the data do not distinguish one and two: -ln L does not change along a common direction\. Fix or constrain/,
    fix: "two",
  },
  "a product of two parameters": {
    source: `columns: { m: { range: [0, 10] } }
parameters: { n: 30, efficiency: 1 }
functions: { seen: { product: [n, efficiency] } }
densities: { flat: { uniform: m }, model: { mixture: { flat: seen } } }
${FLAT}
`,
    says: /the data do not distinguish n and efficiency/,
    fix: "efficiency",
  },
  "the shape of a density of which there is none": {
    source: `columns: { m: { range: [0, 10] } }
parameters: { ${FREE}, nsig: { start: 0, fixed: true }, c: 0.1 }
densities: { flat: { uniform: m }, falling: { exponential: { x: m, c: c } }, model: { mixture: { falling: nsig, flat: nbkg } } }
${FLAT}
`,
    says: /c has no effect on the likelihood\. Fix it \(--fix c, or fixed: true\), or remove it/,
    fix: "c",
  },
  "the shape of a density whose number ends at a limit": {
    source: `columns: { m: { range: [0, 10] } }
parameters: { ${FREE}, nsig: { start: 5, range: [0, 100] }, width: { start: 0.2, range: [0.1, 0.4] } }
densities: { flat: { uniform: m }, peak: { gaussian: { x: m, mean: 0, sigma: width } }, model: { mixture: { peak: nsig, flat: nbkg } } }
${FLAT}
`,
    says: /width has no effect on the likelihood, with nsig at 0\. Fix it \(--fix width/,
    fix: "width",
  },
};

for (const [name, { source, says, fix }] of Object.entries(UNDETERMINED)) {
  test(`${name}: named in the verdict, and gone with --fix`, async () => {
    const free = await run("fit", "undetermined", source);
    assert.ok(free.code === 3 || free.code === 4, free.error);
    assert.match(free.error, says);
    const fixed = await run("fit", "undetermined", source, "--fix", fix);
    assert.is(fixed.code, 0, fixed.error);
    assert.not.match(fixed.error, /no effect|do not distinguish/);
    assert.is(fixed.of(fix).fixed, true);
  });
}

/** -ln L = ½ (a² - 1)² + ½ ((a - 0.5) / 2)² by an auxiliary count of means: minima near a = -1 and, lower, near a = 1. */
const TWO_MINIMA = `columns: { m: {} }
samples: { data: pair.npz }
parameters: { a: { start: -1, constraint: { normal: { observed: 0.5, sigma: 2 } } } }
functions: { mean: { expression: "a^2 + 139" } }
densities: { model: { gaussian: { x: m, mean: mean, sigma: 10 } } }
likelihoods: { fit: { density: model, sample: data } }
`;

test("a fit that is not the minimum fails with 3, and says where to fit again", async () => {
  // 100 events of mean 140 and about normal: quantiles by Shore 1982, mirrored.
  const quantile = (p: number) => 5.5556 * (1 - ((1 - p) / p) ** 0.1186);
  const above = Array.from({ length: 50 }, (_, i) => 10 * quantile(0.5 + (i + 0.5) / 100));
  await files.sample("pair.npz", { m: above.flatMap((own) => [140 + own, 140 - own]) });
  const said =
    /the fit is not the minimum, as (\S+ \S+ \S+( \S+)?) finds -2 Delta ln L = -0\.\d+ at a = [\d.]+\. Fit again from there: (--set-parameter) (a=[\d.]+)$/m;
  const minos = await run("fit", "minos", `${TWO_MINIMA}fit: { minos: true }\n`);
  assert.is(minos.code, 3, minos.error);
  assert.match(minos.error, said);
  const scan = await run("run", "scanned", `${TWO_MINIMA}scan: { parameters: [a], range: 5 }\n`);
  assert.is(scan.code, 3, scan.error);
  const [, found, , option, point] = said.exec(scan.error)!;
  assert.is(found, "the scan of a");
  const again = await run("run", "again", `${TWO_MINIMA}scan: { parameters: [a], range: 5 }\n`, option!, point!);
  assert.is(again.code, 0, again.error);
  assert.ok(again.of("a").estimate > 0.9);
});

test.run();
