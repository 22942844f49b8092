/** Compositions from file to results, against iminuit; resumed, and with what is wrong in data and parameters. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { runInProcess } from "../../cli/in-process.js";
import { close } from "../../support/close.js";
import { compositionFiles, BACKGROUND as FALLING, type Files, FLAT } from "../composition-sample.js";

interface Answer {
  readonly start: Readonly<Record<string, number>>;
  readonly estimate: Readonly<Record<string, number>>;
  readonly sigma: Readonly<Record<string, number>>;
  readonly covariance: readonly (readonly number[])[];
  readonly minos: Readonly<Record<string, readonly [number, number]>>;
}

const answersFile = new URL("../../../../test/references/gaussian-exponential/answers.json", import.meta.url);
const answers: Readonly<Record<string, Answer>> = JSON.parse(readFileSync(answersFile, "utf8")).fits;

let files: Files;
test.before(async () => {
  files = await compositionFiles();
});
test.after(() => files.remove());

const HEAD = `output: out
columns: { m: { range: [100, 180] } }
samples: { data: data.npz, other: other.npz }
fit: { minos: true }
`;
const SIGNAL = "signal: { gaussian: { x: m, mean: mean, sigma: sigma } }";
const BACKGROUND = "background: { exponential: { x: m, c: c } }";
const MODEL = "model: { mixture: { signal: nsig, background: nbkg } }";
const ONE = "likelihoods: { fit: { density: model, sample: data } }";

/** The fits of answers.py. */
const FITS: Readonly<Record<string, string>> = {
  peak: `${HEAD}parameters: { nsig: 250, nbkg: 5000, mean: 125, sigma: { start: 2, range: [0.5, 10] }, c: 0.02 }
densities: { ${SIGNAL}, ${BACKGROUND}, ${MODEL} }
${ONE}`,
  channels: `${HEAD}parameters: { nsig: 250, nbkg: 5000, nsig_other: 100, nbkg_other: 3000, mean: 125, sigma: 2, c: 0.02 }
densities:
  ${SIGNAL}
  ${BACKGROUND}
  ${MODEL}
  model_other: { mixture: { signal: nsig_other, background: nbkg_other } }
likelihoods: { fit: { channels: { a: { density: model, sample: data }, b: { density: model_other, sample: other } } } }`,
  scale: `${HEAD}parameters:
  nsig: 250
  nbkg: 5000
  scale: { constraint: { normal: { observed: 1, sigma: 0.002 } } }
  sigma: 2
  c: 0.02
functions: { mean: { product: [125, scale] } }
densities: { ${SIGNAL}, ${BACKGROUND}, ${MODEL} }
${ONE}`,
  sidebands: `${HEAD}parameters: { nbkg: 5000, c: 0.02 }
densities: { ${BACKGROUND}, model: { mixture: { background: nbkg } } }
likelihoods: { fit: { density: model, sample: data, region: { m: [[100, 118], [132, 180]] } } }`,
  constrained: `${HEAD}parameters:
  nflat: { start: 300, constraint: { poisson: { observed: 9, scale: 0.03 } } }
  nbkg: 5000
  c: { start: 0.02, constraint: { log-normal: { observed: 0.02, kappa: 1.05 } } }
densities: { flat: { uniform: m }, ${BACKGROUND}, model: { mixture: { flat: nflat, background: nbkg } } }
${ONE}`,
};

async function json(...words: readonly string[]) {
  const { out, error, code } = await runInProcess([...words, "--json"], { judgesTrainings: true });
  return { result: code === 2 ? undefined : JSON.parse(out), error, code };
}

for (const [name, source] of Object.entries(FITS)) {
  test(`${name}: estimates, errors and MINOS of iminuit`, async () => {
    const { estimate, sigma, minos, covariance } = answers[name]!;
    const { result, error } = await json("fit", files.write(`${name}.yaml`, source));
    const { status, parameters, errors } = result.likelihoods.fit;
    assert.is(status, "converged", error);
    assert.equal(
      parameters.map((own: { name: string }) => own.name),
      Object.keys(estimate),
    );
    for (const own of parameters) {
      // Both stop within 1e-5 of an error; iminuit's second derivatives are differences.
      const error = sigma[own.name]!;
      assert.ok(Math.abs(own.estimate - estimate[own.name]!) < 1e-4 * error, `${own.name} = ${own.estimate}`);
      close([own.sigma], [error], { absolute: 0, relative: 2e-3 }, `sigma of ${own.name}`);
      const ends = [own.minos.lower, own.minos.upper];
      close(ends, minos[own.name]!, { absolute: 0, relative: 5e-3 }, `MINOS of ${own.name}`);
    }
    const size = Object.values(sigma);
    const relative = (matrix: readonly (readonly number[])[]) =>
      matrix.flatMap((row, i) => row.map((value, j) => value / (size[i]! * size[j]!)));
    close(relative(errors.covariance), relative(covariance), { absolute: 4e-3, relative: 0 }, "covariance");
  });
}

test("a run leaves results, arrays, pictures and a page; a second run keeps every step, to the last bit", async () => {
  const file = files.write("flat.yaml", `${FLAT}fit: { minos: true }\nscan: { parameters: [slope] }\n`);
  const out = join(files.folder, "flat");
  const first = await json("run", file, "--out", out);
  assert.is(first.code, 0, first.error);
  const page = readFileSync(join(out, "report.html"), "utf8");
  assert.match(page, /Every check passed/);
  assert.is(page.match(/<figure /g)?.length, 4);
  const again = await json("run", file, "--out", out);
  assert.equal(again.result, first.result);
  for (const step of ["fit.fit", "minos.fit", "scan.fit.slope", "projections.fit"]) {
    assert.match(again.error, new RegExp(`^${step}: kept from before$`, "m"));
  }
  assert.is(readFileSync(join(out, "report.html"), "utf8"), page);

  const { likelihoods } = first.result;
  const { fit } = likelihoods;
  assert.equal(Object.keys(fit.channels), ["fit"]);
  assert.is(fit.channels.fit.events, 5000);
  assert.ok(Math.abs(fit.channels.fit.expected - 5000) < 1e-3, "an extended fit expects what there is");
  const slope = fit.parameters[2];
  close([slope.pull], [(slope.estimate - 0.02) / 0.001], { absolute: 1e-9, relative: 0 }, "pull");
  const arrays = await readNpz(join(out, "arrays.npz"));
  const numbers = (name: string) => Array.from(arrays.get(`fit/${name}`)!.data as Float64Array);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  assert.is(sum(numbers("projections/fit/m/observed")), 5000);
  close([sum(numbers("projections/fit/m/expected"))], [fit.channels.fit.expected], { absolute: 1e-6, relative: 0 });
  const parts = ["flat", "background"].map((name) => numbers(`projections/fit/m/summands/${name}`));
  close(parts.map(sum), [fit.parameters[0].estimate, fit.parameters[1].estimate], { absolute: 1e-6, relative: 1e-9 });
  assert.is(numbers("scans/slope/values").length, 15);
});

test("`steps` says what is done; other data, options and keys of the file are other steps", async () => {
  const file = files.write("steps.yaml", `${FLAT}scan: { parameters: [nflat] }\n`);
  const out = join(files.folder, "steps");
  const states = async (...words: readonly string[]) => {
    const { result } = await json("steps", file, "--out", out, ...words);
    return Object.fromEntries(result.steps.map((own: { name: string; state: string }) => [own.name, own.state]));
  };
  const drawn = (state: string) => ({ "projections.fit": state, "bands.fit": state });
  const all = (state: string) => ({ "fit.fit": state, "scan.fit.nflat": state, ...drawn(state) });
  assert.equal(await states(), all("missing"));
  await json("run", file, "--out", out);
  assert.equal(await states(), all("done"));
  assert.equal(await states("--set-parameter", "slope=0.021"), all("stale"));
  assert.equal(await states("--set", "report.bins=20"), { ...all("done"), ...drawn("stale") });
  assert.equal(await states("--set", "scan.points=20"), { ...all("done"), "scan.fit.nflat": "stale" });
  assert.equal(await states("--set", "name=other"), all("done"));
});

test("events outside of ranges and regions are left out, said and counted", async () => {
  const outside = [90, 99.9, 100, 110, 125, 150, 180, 181];
  await files.sample("outside.npz", { mass: outside, w: outside.map(() => 1) });
  const source = FLAT.replace("background.npz", "{ file: outside.npz, columns: { m: mass }, weight: w }").replace(
    "sample: data }",
    "sample: data, region: { m: [[100, 118], [132, 180]] } }",
  );
  const { out } = await runInProcess(["validate", files.write("outside.yaml", source)]);
  assert.match(out, /outside\.npz: 3 of 8 events are left out, as they have m outside of 100 to 180/);
  assert.match(out, /outside\.npz: 1 of 8 events are left out, as they have m outside of 100 to 118, 132 to 180/);
  assert.match(out, /^ {4}fit: 4 events of model, extended$/m);
});

test("a region of values of a category fits their events alone", async () => {
  const kinds = FALLING.map((_, i) => [0, 2, 5][i % 3]!);
  await files.sample("kinds.npz", { m: FALLING, kind: kinds });
  await files.sample("second.npz", { m: FALLING.filter((_, i) => kinds[i] === 2) });
  const source = (sample: string, columns: string, region: string) =>
    FLAT.replace("background.npz", sample)
      .replace("{ m: { range: [100, 180] } }", `{ m: { range: [100, 180] }${columns} }`)
      .replace("sample: data }", `sample: data${region} }`);
  const part = await json(
    "fit",
    files.write("part.yaml", source("kinds.npz", ", kind: { values: [0, 2, 5] }", ", region: { kind: [2] }")),
  );
  const alone = await json("fit", files.write("alone.yaml", source("second.npz", "", "")));
  assert.match(part.error, /kinds\.npz: 3333 of 5000 events are left out, as they have kind other than 2$/m);
  const estimates = [part, alone].map(({ result }) =>
    result.likelihoods.fit.parameters.map((own: { estimate: number }) => own.estimate),
  );
  assert.equal(part.result.likelihoods.fit.channels.fit.events, 1667);
  assert.equal(estimates[0], estimates[1]);
});

test("data that no likelihood can be made of are refused, by file and row", async () => {
  await files.sample("nan.npz", { m: [120, Number.NaN, 130] });
  await files.sample("none.npz", { m: [] });
  await files.sample("words.npz", { q: [1, 2] });
  const said = async (sample: string, more: readonly (readonly [string, string])[] = []) => {
    const source = more.reduce((text, [from, to]) => text.replace(from, to), FLAT.replace("background.npz", sample));
    const { error, code } = await runInProcess(["validate", files.write("refused.yaml", source)]);
    return `${code}: ${error}`;
  };
  assert.match(
    await said("nan.npz"),
    /^2: .*nan\.npz, column "m": expected finite values, got 1 value .* NaN in row 1 /,
  );
  assert.match(await said("words.npz"), /^2: .*words\.npz: expected a column "m", got columns "q"/);
  assert.match(await said("absent.npz"), /^2: .*absent\.npz: expected a file, got nothing at this path/);
  const shape = [["density: model", "density: background"]] as const;
  assert.match(
    await said("none.npz", shape),
    /^2: [\s\S]*none\.npz: expected at least one event for the channel fit, .*got none/,
  );
  const far = [["range: [100, 180]", "range: [1000, 1800]"], ...shape] as const;
  assert.match(await said("background.npz", far), /^2: [\s\S]*got 5000 events, all of which are left out/);
  await files.sample("negative.npz", { m: [120, 130], w: [1, -2] });
  assert.match(await said("{ file: negative.npz, weight: w }"), /^2: .*expected weights with a positive finite sum/);
});

test("parameters at a limit, without effect and degenerate ones are named", async () => {
  const fitOf = (name: string, from: string, to: string, more: string) => {
    assert.ok(FLAT.includes(from));
    return json("fit", files.write(`${name}.yaml`, FLAT.replace(from, to) + more));
  };
  const limited = await fitOf(
    "limit",
    "nflat: 300",
    "nflat: { start: 300, range: [250, 1000] }",
    "fit: { minos: true }\n",
  );
  assert.is(limited.code, 0, limited.error);
  assert.match(
    limited.error,
    /the fit ended with nflat at 250, the limit of its range\. Its error is that away from the/,
  );
  const [held, moved] = limited.result.likelihoods.fit.parameters;
  assert.equal([held.estimate, held.sigma], [250, null]);
  assert.ok(moved.sigma > 50, "the others have errors");

  const none = FLAT.replace("slope: {", "tilt: 0.01, slope: {")
    .replace("uniform: m", "exponential: { x: m, c: tilt }")
    .replace("nflat: 300", "nflat: { start: 0, fixed: true }");
  const without = await json("fit", files.write("without.yaml", none));
  assert.is(without.code, 3);
  assert.match(without.error, /warning: likelihood fit: tilt has no effect on the likelihood\. Fix it \(--fix tilt, /);
  const fixed = await json("fit", files.write("without.yaml", none), "--fix", "tilt");
  assert.is(fixed.code, 0, fixed.error);

  const twice = FLAT.replace("nbkg: 5000", "nbkg: 5000, factor: 1")
    .replace("densities:", "functions: { all: { product: [nbkg, factor] } }\ndensities:")
    .replace("background: nbkg }", "background: all }");
  const alike = await json("fit", files.write("twice.yaml", twice));
  // Where the fit stops, what is left of the slope decides whether the Hessian still looks curved.
  assert.ok(alike.code === 3 || alike.code === 4, alike.error);
  assert.match(alike.error, /warning: likelihood fit: the data do not distinguish nbkg and factor: /);
});

test("a density that does not describe the data fails the run with 4, and says where", async () => {
  const file = files.write("misfit.yaml", FLAT.replace("background.npz", "data.npz"));
  const { code, error, result } = await json("run", file, "--out", join(files.folder, "misfit"));
  assert.is(code, 4);
  assert.match(error, /goodness of fit: after the fit, .* for m of the channel fit, .* with m between 124 and 126, /);
  assert.is(result.likelihoods.fit.projections[0].method, "integral");
});

test("a likelihood that is not finite at the start is said with the channel and its first event, or the number of events", async () => {
  const said = async (name: string, source: string) => {
    const { code, error } = await json("fit", files.write(`${name}.yaml`, source));
    assert.is(code, 3);
    return error;
  };
  assert.match(
    await said("width", FLAT.replace("uniform: m", "gaussian: { x: m, mean: 120, sigma: -1 }")),
    /log p of 5000 of 5000 events of the channel fit is not finite, the first at m = 1\d\d\.\d+\. Look for a width or a number of/,
  );
  await files.sample("none.npz", { m: [] });
  const negative = FLAT.replace("nflat: 300", "nflat: -6000").replace("background.npz", "none.npz");
  const early = await json("fit", files.write("negative.yaml", negative));
  assert.is(early.code, 2);
  assert.match(
    early.error,
    /negative\.yaml: likelihood fit, channel fit, at the start: expected a number of events of at least 0, got -1000$/m,
  );
  // What looks at a column is not known before the events.
  await files.sample("none-of-kind.npz", { m: [], kind: [] });
  const kinds = negative
    .replace("none.npz", "none-of-kind.npz")
    .replace("[100, 180] } }", "[100, 180] }, kind: { values: [0, 1] } }")
    .replace("densities:", "functions: { c: { choice: { column: kind, choices: [slope, 0.01] } } }\ndensities:")
    .replace("c: slope }", "c: c }");
  assert.match(await said("kinds", kinds), /The constraints or the expected numbers of events are not finite\. Look/);
});

test("errors by the curvature and by the scores that differ are the density's fault where it has no splines", async () => {
  // Evenly spaced events have less than the fourth moment of a normal density, so that its width is known better than it thinks.
  const [m, gaussian] = [
    FALLING.map((_, i) => 130 + (20 * i) / FALLING.length),
    "gaussian: { x: m, mean: 140, sigma: width }",
  ];
  await files.sample("even.npz", { m });
  const even = FLAT.replace("background.npz", "even.npz")
    .replace("nflat: 300, nbkg: 5000", "width: 6")
    .replace("uniform: m", gaussian)
    .replace(/ {2}model.*\n/, "")
    .replace("density: model", "density: flat");
  const { error } = await json("fit", files.write("even.yaml", even));
  assert.match(
    error,
    /\(BHHH\) differ: width .*\. The model does not describe the data in these parameters: look at the projections,/,
  );
  assert.not.match(error, /splines/);
});

test("integrals by quadrature are looked at of every event at the start, and again at the estimate", async () => {
  // A peak 0.004 wide, away from the ends of the parts of the range, where nodes are densest.
  const m = FALLING.map((own, i) => (i % 3 === 0 ? 124.8 + 0.004 * Math.sin(i) : own));
  await files.sample("spike.npz", { m, t: m.map((_, i) => (i === 7 ? 0.04 : 1)) });
  const spike = (width: string) =>
    FLAT.replace("background.npz", "spike.npz")
      .replace("{ m: { range: [100, 180] } }", "{ m: { range: [100, 180] }, t: { range: [0, 2] } }")
      .replace(
        "nflat: 300, nbkg: 5000",
        "share: { start: 0.3, range: [0, 1] }, width: { start: 3, range: [0.0001, 10] }",
      )
      .replace(
        "flat: { uniform: m }",
        `flat: { generic: { x: m, expression: "exp(-((m - 124.8) / (${width}))^2 / 2) + 1e-9" } }`,
      )
      .replace("flat: nflat, background: nbkg", "flat: share, background: rest");
  const moved = await json("fit", files.write("spike.yaml", spike("width")));
  assert.is.not(moved.code, 0);
  assert.match(
    moved.error,
    /at the estimate, the logarithm of the integral of flat over m has an error of \S+ by quadrature/,
  );
  const narrow = await json("fit", files.write("narrow.yaml", spike("width * t")));
  assert.is(narrow.code, 2);
  assert.match(narrow.error, /channel fit: expected the integral of flat over m to 0\.0005 of itself, got an error of/);
});

test("yields that cannot follow the number of events fail the run with 4, whatever their ratio", async () => {
  const fractions = FLAT.replace("nflat: 300, nbkg: 5000", "share: 0.06")
    .replace("densities:", 'functions: { left: { expression: "1 - share" } }\ndensities:')
    .replace("flat: nflat, background: nbkg", "flat: share, background: left");
  const { code, error } = await json("fit", files.write("fractions.yaml", fractions));
  assert.is(code, 4);
  const early =
    /the channel fit is extended, as all coefficients of model are given, and expects 1\.00 events at the start, where there are 5000/;
  const validated = await runInProcess(["validate", files.write("fractions.yaml", fractions)]);
  assert.is(validated.code, 0);
  assert.match(validated.error, early);
  assert.match(error, early);
  assert.match(
    error,
    /the channel fit has 5000 events, where 1\.00 are expected after the fit\. .*leave the last one to `rest`/,
  );
  const rest = fractions.replace("background: left", "background: rest");
  const without = await json("fit", files.write("rest.yaml", rest));
  assert.is(without.code, 0, without.error);
  assert.not.match(without.error, early);
  const own = fractions.replace("sample: data }", "sample: data, extended: false }");
  const unextended = await json("fit", files.write("unextended.yaml", own));
  assert.is(unextended.code, 0, unextended.error);
  const shares = [without, unextended].map(({ result }) => result.likelihoods.fit.parameters[0].estimate);
  close([shares[1]], [shares[0]], { absolute: 1e-6, relative: 0 }, "both are fits of the shape");
});

test("weighted events have the sandwich: weights of 2 say no more than events that count once", async () => {
  await files.sample("twice.npz", { m: FALLING, w: FALLING.map(() => 2) });
  const shape = `${FLAT.replace("density: model", "density: background").replace(
    ", constraint: { normal: { observed: 0.02, sigma: 0.001 } }",
    "",
  )}fit: { minos: true }\nscan: { parameters: [slope] }\n`;
  const out = (name: string) => ["--out", join(files.folder, name)];
  const plain = await json("run", files.write("plain.yaml", shape), ...out("plain"));
  const weighted = await json(
    "run",
    files.write("weighted.yaml", shape.replace("background.npz", "{ file: twice.npz, weight: w }")),
    ...out("weighted"),
  );
  const [one, two] = [plain, weighted].map(({ result }) => result.likelihoods.fit);
  assert.is(two.errors.estimator, "sandwich");
  // The product of gradients is the Hessian up to what 5000 events scatter; of evenly spaced ones that is less than a thousandth.
  close([two.parameters[0].sigma], [one.parameters[0].sigma], { absolute: 0, relative: 1e-3 });
  close([two.parameters[0].estimate], [one.parameters[0].estimate], { absolute: 0, relative: 1e-9 });
  // So do intervals of the profile, whose -2Δ ln L is twice as large.
  const ends = (own: typeof one) => [own.parameters[0].minos.lower, own.parameters[0].minos.upper];
  close(ends(two), ends(one), { absolute: 0, relative: 1e-3 }, "MINOS");
  const interval = (own: typeof one) => {
    const [{ lower, upper }] = own.scans[0].intervals;
    return [lower - own.parameters[0].estimate, upper - own.parameters[0].estimate];
  };
  close([one.scans[0].level, two.scans[0].level], [1, 2], { absolute: 0, relative: 2e-3 }, "level");
  close(interval(two), interval(one), { absolute: 0, relative: 1e-3 }, "scan");
  const page = (name: string) => readFileSync(join(files.folder, name, "report.html"), "utf8");
  assert.match(page("weighted"), /in units of that at one standard deviation of the sandwich/);
  assert.not.match(page("plain"), /of the sandwich/);
});

test.run();
