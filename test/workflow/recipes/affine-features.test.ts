/** Measurements do not depend on units and origins: the same analysis of a x + b, feature by feature, gives the same numbers. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz, writeNpz } from "../../../io/index.js";
import { type Ran, runInProcess } from "../../cli/in-process.js";
import { close } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-affine-"));
test.after(() => rmSync(folder, { recursive: true }));

/** Of every feature x1, y1, y2: a x + b. */
type Maps = readonly (readonly [scale: number, offset: number])[];

const YAML = `name: Affine
output: out
observables: { x: { features: 1 }, y: { features: 2 } }
processes:
  signal: { yield: 200, samples: [{ file: s.npz }, { file: s-up.npz, at: { scale: 1 } }, { file: s-down.npz, at: { scale: -1 } }] }
  background: { yield: 300, samples: [{ file: b.npz }, { file: b-up.npz, at: { scale: 1 } }, { file: b-down.npz, at: { scale: -1 } }] }
nuisances: { scale: , norm: { kind: rate, processes: [background], kappa: 0.2 } }
data: { file: data.npz }
flows:
  x: { transforms: 1, bins: 4, hidden: [4], training: { epochs: 4, batch: 200, learningRate: 0.02 } }
  y: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 3, batch: 200, learningRate: 0.02 } }
morph:
  x: { kind: affine, hidden: [4], training: { epochs: 2, batch: 200, learningRate: 0.02 } }
  y: { kind: affine, layers: 1, hidden: [4], training: { epochs: 2, batch: 200, learningRate: 0.02 } }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 3, batch: 100 } }
response: { range: 2, scale: 1, events: 1000, layers: 1, hidden: [4], training: { epochs: 2, batch: 100 } }
fit: { secondStart: 0 }
scan: { points: 3, grid: 3, range: 1 }
report: { bins: 8 }
`;

const COUNTS = { s: 600, b: 600, data: 500 };

/** x1, y1, y2 of each event, multiples of 2⁻²⁰: with an offset up to 2³² they still fit into f64. */
function drawn(process: "s" | "b", shift: number, count: number, seed: number): number[][] {
  const random = randomNumbers(seed);
  const normal = () => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
  const rounded = (value: number) => Math.round(value * 2 ** 20) / 2 ** 20;
  return Array.from({ length: count }, () => {
    const x = process === "s" ? 1 + 0.3 * shift + 0.5 * normal() : 1.5 * normal() + 0.2 * shift;
    return [x, 0.5 * x + normal() + 0.2 * shift, normal() + (process === "s" ? 1 : 0)].map(rounded);
  });
}

/** In which x is stored. */
type Kind = "f32" | "f64";

async function write(
  at: string,
  events: readonly (readonly number[])[],
  maps: Maps,
  store: Kind = "f64",
): Promise<void> {
  const mapped = events.map((event) => event.map((value, i) => maps[i]![0] * value + maps[i]![1]));
  const count = events.length;
  await writeNpz(at, {
    x: { shape: [count, 1], data: new (store === "f32" ? Float32Array : Float64Array)(mapped.map(([x]) => x!)) },
    y: { shape: [count, 2], data: Float64Array.from(mapped.flatMap(([, ...y]) => y)) },
  });
}

/** T⁻¹ of the data, as if all were signal, and its log det. */
async function applied(at: (file: string) => string, precision: "f32" | "f64") {
  const words = ["--direction", "to-data", "--process", "signal", "--nu", "0.3,-0.2", "--precision", precision];
  const files = ["--events", at("data.npz"), "--out", at(`${precision}.npz`)];
  await good(["apply", at("analysis.yaml"), ...files, ...words]);
  return numbersIn(at(`${precision}.npz`));
}

interface Analysed {
  readonly results: {
    readonly fits: Record<string, { estimate: number[]; sigma: number[]; nll: number }>;
    readonly scans: Record<string, { single: { deltaTwoNll: number[] }[] }>;
    readonly closure: { tests: { chi2: number }[] };
    readonly projections: { before: { chi2: number }; after: { chi2: number } }[];
    readonly expected: { xAlone: { covariance: { matrix: number[][] } } };
    readonly impacts: { distribution: { tables: { impacts: { cells: { size: number }[] }[] }[] } };
    readonly trainings: { label: string; history: { trainingLoss: number; validationLoss?: number }[] }[];
    readonly warnings: string[];
  };
  readonly arrays: ReadonlyMap<string, Float64Array>;
  readonly logProb: Float64Array;
  /** T⁻¹ of the data, as if all were signal [events, 2] */
  readonly corrected: Float64Array;
  readonly logDet: Float64Array;
  readonly correctedInF32: Float64Array;
}

async function good(words: readonly string[]): Promise<void> {
  const { code, error } = await runInProcess([...words, "--threads", "1"]);
  assert.is(code, 0, error);
}

async function numbersIn(file: string): Promise<Map<string, Float64Array>> {
  return new Map([...(await readNpz(file))].map(([name, { data }]) => [name, Float64Array.from(data as Float64Array)]));
}

/** Files of simulation and data under these maps, and the configuration. */
async function prepare(name: string, maps: Maps, store?: Kind): Promise<(file: string) => string> {
  const at = (file: string) => join(folder, name, file);
  mkdirSync(join(folder, name));
  writeFileSync(at("analysis.yaml"), YAML);
  const samples = { "": 0, "-up": 1, "-down": -1 };
  for (const [process, seed] of Object.entries({ s: 1, b: 4 }) as ["s" | "b", number][]) {
    for (const [i, [suffix, shift]] of Object.entries(samples).entries()) {
      await write(at(`${process}${suffix}.npz`), drawn(process, shift, COUNTS[process], seed + i), maps, store);
    }
  }
  const data = [...drawn("s", 0, 0.4 * COUNTS.data, 8), ...drawn("b", 0, 0.6 * COUNTS.data, 9)];
  await write(at("data.npz"), data, maps, store);
  return at;
}

async function analysed(name: string, maps: Maps): Promise<Analysed> {
  const at = await prepare(name, maps);
  const common = ["--precision", "f64"];
  await good(["run", at("analysis.yaml"), ...common]);
  await good(["evaluate", at("analysis.yaml"), "--nu", "0.3,-0.2", "--out", at("log-prob.npz"), ...common]);
  const { "y.data": corrected, log_det: logDet } = Object.fromEntries(await applied(at, "f64"));
  return {
    results: JSON.parse(readFileSync(at("out/results.json"), "utf8")),
    arrays: await numbersIn(at("out/arrays.npz")),
    logProb: (await numbersIn(at("log-prob.npz"))).get("log_prob")!,
    corrected: corrected!,
    logDet: logDet!,
    correctedInF32: (await applied(at, "f32")).get("y.data")!,
  };
}

const PLAIN: Maps = [
  [1, 0],
  [1, 0],
  [1, 0],
];

/** f64, an offset of 10⁹ in which the last of 2⁻²⁰ rounds nothing, and what a training makes of the last bits of other units. */
const SAME = { absolute: 1e-6, relative: 1e-6 };

let plain: Analysed;
test.before(async () => {
  plain = await analysed("plain", PLAIN);
});

const MOVED: Readonly<Record<string, Maps>> = {
  "offsets in one feature of x and one of y": [
    [1, 1e7],
    [1, 0],
    [1, -1e9],
  ],
  "scales that f32 does not hold, and units of 1000": [
    [1e-40, 0],
    [1e36, 3e37],
    [1000, 0],
  ],
};

for (const [name, maps] of Object.entries(MOVED)) {
  test(`${name} change nothing but units`, async () => {
    const moved = await analysed(name, maps);
    const logScales = maps.map(([scale]) => Math.log(scale));
    const ofX = logScales[0]!;
    const ofAll = logScales.reduce((sum, value) => sum + value, 0);
    assert.equal(moved.results.warnings, plain.results.warnings);
    for (const [fit, { estimate, sigma, nll }] of Object.entries(plain.results.fits)) {
      const own = moved.results.fits[fit]!;
      close(own.estimate, estimate, SAME, `${fit}, estimate`);
      close(own.sigma, sigma, SAME, `${fit}, sigma`);
      close([own.nll - COUNTS.data * (fit === "xAlone" ? ofX : ofAll)], [nll], SAME, `${fit}, NLL`);
    }
    const volumes = { "p(x)": ofX, "p(y | x)": ofAll - ofX, "T and ν (step 1)": ofAll, "response of T (step 2)": 0 };
    for (const [i, { label, history }] of plain.results.trainings.entries()) {
      const volume = volumes[label.split(",")[0] as keyof typeof volumes];
      const lossesOf = (epochs: typeof history) =>
        epochs.flatMap(({ trainingLoss, validationLoss = 0 }) => [trainingLoss, validationLoss]);
      const wanted = history.map((epoch) => ({
        trainingLoss: epoch.trainingLoss + volume,
        ...(epoch.validationLoss !== undefined && { validationLoss: epoch.validationLoss + volume }),
      }));
      close(lossesOf(moved.results.trainings[i]!.history), lossesOf(wanted), { absolute: 1e-5, relative: 1e-5 }, label);
    }
    close(
      moved.logProb.map((value) => value + ofAll),
      plain.logProb,
      SAME,
      "log p",
    );
    close(moved.logDet, plain.logDet, SAME, "log det of T");
    close(
      moved.corrected.map((value, i) => (value - maps[1 + (i % 2)]![1]) / maps[1 + (i % 2)]![0]),
      plain.corrected,
      SAME,
      "T applied",
    );
    for (const feature of [0, 1]) {
      const [scale, offset] = maps[1 + feature]!;
      const own = (values: Float64Array) => values.filter((_, i) => i % 2 === feature);
      const moved32 = own(moved.correctedInF32).map((value) => (value - offset) / scale);
      close(moved32, own(plain.corrected), { absolute: 1e-4, relative: 1e-4 }, "T applied in f32");
    }
    const numbersOf = ({ results }: Analysed) => ({
      scans: Object.values(results.scans).flatMap(({ single }) => single.flatMap(({ deltaTwoNll }) => deltaTwoNll)),
      closure: results.closure.tests.map(({ chi2 }) => chi2),
      projections: results.projections.flatMap(({ before, after }) => [before.chi2, after.chi2]),
      expected: results.expected.xAlone.covariance.matrix.flat(),
      impacts: results.impacts.distribution.tables.flatMap(({ impacts }) =>
        impacts.flatMap(({ cells }) => cells.map(({ size }) => size)),
      ),
    });
    const [got, wanted] = [numbersOf(moved), numbersOf(plain)];
    for (const [what, values] of Object.entries(wanted) as [keyof typeof wanted, number[]][]) {
      assert.ok(values.length > 0 && values.every(Number.isFinite), what);
      close(got[what], values, { absolute: 1e-5, relative: 1e-5 }, what);
    }
    const fields = [...plain.arrays].filter(([array]) => array.endsWith("/displacements"));
    assert.ok(fields.length > 0);
    for (const [array, values] of fields) {
      const own = moved.arrays.get(array)!;
      close(
        own.map((value, i) => value / maps[1 + (i % 2)]![0]),
        values,
        SAME,
        array,
      );
    }
  });
}

/** x alone, in f32: estimate and σ. */
async function xAlone(name: string, maps: Maps, store: Kind = "f64"): Promise<Ran & { numbers: number[] }> {
  const at = await prepare(name, maps, store);
  const ran = await runInProcess(["run", at("analysis.yaml"), "--threads", "1", ...X_ALONE]);
  if (ran.code !== 0) return { ...ran, numbers: [] };
  const { estimate, sigma } = JSON.parse(readFileSync(at("out/results.json"), "utf8")).fits.xAlone;
  return { ...ran, numbers: [...estimate, ...sigma] };
}

const X_ALONE = ["--set", "likelihood={observables: [x]}", "--set", "impacts.enabled=false"];
const withX = (scale: number, offset: number): Maps => [[scale, offset], ...PLAIN.slice(1)];

test("in f32 too x + 10⁷ and 10⁻³⁰ x give the fit of x, to a thousandth of its errors", async () => {
  const { numbers } = await xAlone("f32-plain", PLAIN);
  for (const [name, maps] of Object.entries({ "f32-offset": withX(1, 1e7), "f32-scale": withX(1e-30, 0) })) {
    const moved = await xAlone(name, maps);
    assert.not.match(moved.error, /rounding/);
    close(moved.numbers, numbers, { absolute: 1e-4, relative: 0 }, name);
  }
});

test("warns of files in f32 and f64 whose digits do not reach, and refuses them where nothing is left", async () => {
  const few = await xAlone("f32-file", withX(1, 3e4), "f32");
  assert.is(few.code, 0, few.error);
  const said = few.error.split("\n").filter((line) => line.includes("rounding"));
  assert.is(said.length, 1, few.error);
  assert.match(
    said[0]!,
    /s\S*\.npz, x1: 3\.00e\+4 ± 0\.\d+, a standard deviation of 2\d\d steps of f32: rounding changes what is measured\. Write the file in f64, or subtract a constant/,
  );
  const none = await xAlone("nothing-left", withX(1, 1e7), "f32");
  assert.is(none.code, 2);
  assert.match(none.error, /\.npz, x1: expected numbers with the digits in which events differ, got 1\.00e\+7 ±/);
  const last = await xAlone("last-digits", withX(1, 2 ** 50));
  assert.is(last.code, 2);
  assert.match(last.error, /steps of f64\. Subtract a constant from the feature, in simulation and data alike/);
});

test("warns where the flows of a model would see numbers whose digits f32 does not hold", async () => {
  const at = (file: string) => join(folder, "plain", file);
  const data = drawn("s", 0, 100, 8);
  await write(at("far.npz"), data, withX(1, 1e6));
  const evaluate = async (...words: readonly string[]) =>
    runInProcess(["evaluate", at("analysis.yaml"), "--events", at("far.npz"), "--out", at("far-out.npz"), ...words]);
  const { code, error } = await evaluate("--precision", "f32");
  // Written, but nothing was trained there: log p is not finite.
  assert.is(code, 4, error);
  assert.match(error, /far\.npz: row 0 \(counted from 0\): .* with log p = -infinity; 100 such events of 100/);
  assert.match(
    error,
    /far\.npz, x1: 1\.00e\+6 ± 0\.\d+, a standard deviation of \d steps of f32: .* Use --precision f64/,
  );
  assert.not.match((await evaluate()).error, /rounding/);
});

test.run();
