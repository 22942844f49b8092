/** Ensembles and toys from the command line, on a tiny analysis: units of work that add up to the same bits. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { runInProcess } from "../../cli/in-process.js";
import { TINY_TOY } from "../../cli/tiny-toy.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-ensemble-"));

const TOY = `
name: Tiny ensemble
seed: 3
observables: { x: { features: 2 }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 20000, heldOut: 0.2 }
data: { generator: doi-toy, events: 600 }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 5, batch: 100 } }
ensemble: { replicas: 3, training: { epochs: 3, batch: 100 } }
fit: { secondStart: 0, minos: true }
impacts: { groups: { both: [shift, squeeze] }, events: 300, bins: 2 }
${TINY_TOY}`;

const file = join(folder, "toy.yaml");
const at = (...names: string[]) => join(folder, ...names);
const call = (...words: string[]) =>
  runInProcess([...words, "--threads", "1", "--backend", "cpu"], { isTerminal: false });

test.before(() => writeFileSync(file, TOY));
test.after(() => rmSync(folder, { recursive: true }));

test("replicas done one by one are those of a whole run, bit by bit", async () => {
  const alone = await call("run", file, "--out", at("parts"), "--replica", "2");
  assert.is(alone.code, 0, alone.error);
  assert.match(alone.out, /replica 2, converged: nu = /);
  assert.not.ok(existsSync(at("parts", "results.json")));
  const [parts, whole] = [await call("run", file, "--out", at("parts")), await call("run", file, "--out", at("whole"))];
  assert.is(parts.code, 0, parts.error);
  assert.match(parts.out, /replica\.2: kept from before/);
  assert.is(whole.code, 0, whole.error);
  assert.not.match(whole.out, /kept from before/);
  assert.not.match(whole.out, /^fit: /m, "every fit has its name");
  for (const name of ["fit of x alone", "fit of x alone, replica 0", "fit with T fixed, replica 2"]) {
    assert.match(whole.out, new RegExp(`^${name}: done`, "m"));
  }
  assert.match(whole.out, /^fit with the T of replica 1: done/m);
  assert.match(whole.out, /^-ln L = -?\d+\.\d{3}, \d+ events$/m);
  assert.match(whole.out, /^average of -ln L above the minima of the replicas = -?\d+\.\d{3}, \d+ events$/m);
  for (const name of ["results.json", "replicas.safetensors", "model.safetensors"]) {
    assert.equal(readFileSync(at("parts", name)), readFileSync(at("whole", name)), name);
  }
});

test("results say what the ensemble spreads by, and what its average is made of", () => {
  const { ensemble, fits, nuisances } = JSON.parse(readFileSync(at("whole", "results.json"), "utf8"));
  assert.equal(nuisances, ["shift", "squeeze"]);
  assert.is(ensemble.replicas.length, 3);
  const [first, second] = ensemble.replicas.map(({ nu }: { nu: number[] }) => nu);
  assert.not.equal(first, second);
  const mean = ensemble.replicas.reduce((sum: number, { nu }: { nu: number[] }) => sum + nu[0]! / 3, 0);
  assert.ok(Math.abs(ensemble.spread.mean[0] - mean) < 1e-12);
  assert.ok(ensemble.spread.pValues.every((p: number) => p > 0 && p <= 1));
  const { exact, newtonShift } = ensemble.average;
  assert.ok(Math.abs(exact.weights.reduce((sum: number, w: number) => sum + w, 0) - 1) < 1e-12);
  // What the members disagree about widens the average.
  assert.ok(exact.sigma.every((sigma: number, k: number) => sigma >= exact.sigmaWithin[k]));
  assert.is(newtonShift.status, "at-minimum");
  assert.equal(fits.averaged.sigma, exact.sigma);
  assert.match(readFileSync(at("whole", "report.html"), "utf8"), /Spread of the replicas beside the error of the fit/);
});

test("results have asymmetric errors, and impacts by every definition asked for", () => {
  const { fits, impacts } = JSON.parse(readFileSync(at("whole", "results.json"), "utf8"));
  for (const name of ["xAlone", "fixed", "profiled"]) {
    const { minos, sigma } = fits[name];
    // Nearly Gaussian likelihoods: ends within a fifth of sigma, which a wrong level (σ √2) would miss.
    for (const [k, { lower, upper }] of minos.entries()) {
      assert.ok(Math.abs(-lower / sigma[k] - 1) < 0.2 && Math.abs(upper / sigma[k] - 1) < 0.2, `${name} ${k}`);
    }
  }
  assert.equal(
    impacts.sources.map(({ definition }: { definition: string }) => definition),
    ["covariance", "auxiliary", "mode"],
  );
  const onShift = impacts.tables.find(
    ({ definition, target }: { definition: string; target: { name: string } }) =>
      definition === "auxiliary" && target.name === "shift",
  );
  // Both constraints together, and what the data leave: the variance of the fit.
  assert.is(onShift.groups[0].name, "both");
  const parts = Math.hypot(onShift.groups[0].size, onShift.statistical);
  assert.ok(Math.abs(parts / fits.profiled.sigma[0] - 1) < 0.02, `${parts}`);
  // All events, and two halves by each of four features.
  assert.is(impacts.distribution.regions.length, 1 + 2 * 4);
  assert.ok(existsSync(at("whole", "pictures", "impact-map-mode.svg")));
  const [ofCovariance, ofAuxiliary] = impacts.distribution.tables;
  assert.is(ofAuxiliary.groups[0].cells.length, 2 * 9);
  // All nuisances together are all of the variance, as all modes are, where T bends little within an error.
  for (const [i, { size }] of ofCovariance.groups[0].cells.entries()) {
    assert.ok(Math.abs(size / impacts.distribution.total[i].size - 1) < 0.05, `${size}`);
  }
  assert.match(readFileSync(at("whole", "pictures", "impact-map-covariance.svg"), "utf8"), /group both/);
});

test("every displacement comes with mean and spread of the replicas", async () => {
  const { displacements } = JSON.parse(readFileSync(at("whole", "results.json"), "utf8"));
  const arrays = await readNpz(at("whole", "arrays.npz"));
  const column = (of: string, name: string) => Float64Array.from(arrays.get(`${of}/${name}`)!.data as Float64Array);
  assert.is(displacements.length, 2 * 5);
  for (const { arrays: of } of displacements) {
    assert.ok(Math.min(...column(of, "spread")) > 0);
    assert.is(column(of, "mean").length, column(of, "displacements").length);
  }
  assert.match(readFileSync(at("whole", "pictures", "displacement-y1-y2.svg"), "utf8"), /mean ± 1σ.*<ellipse/s);
});

test("results have bands around the projections, and the errors that the model should have given", () => {
  const { projections, expected, yields } = JSON.parse(readFileSync(at("whole", "results.json"), "utf8"));
  for (const { band } of projections) {
    assert.is(band.central.length, 8);
    for (const side of ["lower", "upper"]) {
      for (const [i, width] of band.total[side].entries()) {
        // All errors together are no smaller than those of the replicas.
        assert.ok(width >= band.statistical[i] * (1 - 1e-12));
      }
    }
    assert.ok(Math.max(...band.systematic.upper) > 0);
  }
  const [known, alone] = [expected.transportKnown, expected.xAlone].map(({ covariance }) => covariance.sigma);
  for (const k of [0, 1]) assert.ok(known[k] < alone[k], `${known[k]} with T known, ${alone[k]} of x alone`);
  assert.equal(
    yields.map(({ name }: { name: string }) => name),
    ["A", "B"],
  );
  assert.ok(existsSync(at("whole", "pictures", "replicas.svg")));
});

test("another number of replicas keeps those that are there", async () => {
  const more = await call("run", file, "--out", at("whole"), "--set", "ensemble.replicas=4");
  assert.is(more.code, 0, more.error);
  for (const b of [0, 1, 2]) assert.match(more.out, new RegExp(`replica\\.${b}: kept from before`));
  assert.not.match(more.out, /replica\.3: kept/);
});

test("a replica that is none is refused", async () => {
  const beyond = await call("run", file, "--out", at("parts"), "--replica", "3");
  assert.is(beyond.code, 2);
  assert.match(
    beyond.error,
    /--replica: expected one of the 3 replicas of T \(ensemble\.replicas\), counted from 0, got 3/,
  );
});

const NONE = ["--set", "ensemble.replicas=0"];

test("toys are units of work: one by one they are those of a whole command, and nothing is done twice", async () => {
  const words = ["coverage", file, ...NONE];
  const one = await call(...words, "--out", at("toys"), "--toy", "1");
  assert.is(one.code, 0, one.error);
  const stamp = readFileSync(at("toys", "coverage", "full", "1.json"));
  const all = await call(...words, "--out", at("toys"), "--toys", "3");
  assert.is(all.code, 0, all.error);
  assert.match(all.out, /coverage, full toys: done in .*/);
  assert.equal(readFileSync(at("toys", "coverage", "full", "1.json")), stamp);
  assert.match(all.out, /fit with T profiled: [0-3] toys/);
  const found = JSON.parse(readFileSync(at("toys", "coverage", "full", "coverage.json"), "utf8"));
  assert.equal(found.truth, [0.5, -0.5]);
  assert.equal(
    found.fits.map(({ name }: { name: string }) => name),
    ["xAlone", "fixed", "profiled"],
  );
  const toys = [0, 1, 2].map((i) => JSON.parse(readFileSync(at("toys", "coverage", "full", `${i}.json`), "utf8")));
  assert.is(new Set(toys.map(({ fits }) => fits.fixed.estimate.join())).size, 3);
  const again = await call(...words, "--out", at("toys"), "--aggregate");
  assert.is(again.code, 0, again.error);
  const table = (text: string) => text.slice(text.indexOf("fit of x alone: "));
  assert.is(table(again.out), table(all.out));
});

test("toys with the T of the data are other toys, kept apart", async () => {
  const kept = await call("coverage", file, ...NONE, "--out", at("toys"), "--mode", "data", "--toys", "2");
  assert.is(kept.code, 0, kept.error);
  assert.equal(readdirSync(at("toys", "coverage", "data")).sort(), ["0.json", "1.json", "coverage.json"]);
  const { fits } = JSON.parse(readFileSync(at("toys", "coverage", "data", "0.json"), "utf8"));
  assert.equal(Object.keys(fits), ["fixed", "profiled"]);
});

test("toys of another configuration do not count, damaged ones are named", async () => {
  const other = await call(
    "coverage",
    file,
    ...NONE,
    "--set",
    "fit.bounds=[-4, 4]",
    "--out",
    at("toys"),
    "--aggregate",
  );
  assert.is(other.code, 2);
  assert.match(
    other.error,
    /expected at least two toys of this configuration, got 0\. Run some with --toys N or --toy I/,
  );
  writeFileSync(at("toys", "coverage", "full", "2.json"), "{");
  const damaged = await call("coverage", file, ...NONE, "--out", at("toys"), "--aggregate");
  assert.is(damaged.code, 2);
  assert.match(damaged.error, /2\.json: expected a toy that an earlier command left, got a file that cannot be read/);
  const what = await call("coverage", file, "--toys", "2", "--toy", "1");
  assert.match(what.error, /expected one of --toys N, --toy I and --aggregate, got several/);
});

test.run();
