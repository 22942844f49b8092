/** Toy experiments are units of work: one by one they are those of a whole command. */
import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { saveToy } from "../../../workflow/steps/toy-files.js";
import { at, call, file, removeEnsemble } from "../../cli/ensemble-run.js";

test.after(removeEnsemble);

const NONE = ["--set", "ensemble.replicas=0"];

test("toys are units of work: one by one they are those of a whole command, and nothing is done twice", async () => {
  const words = ["coverage", file, ...NONE];
  const one = await call(...words, "--out", at("toys"), "--toy", "1");
  assert.is(one.code, 0, one.error);
  const stamp = readFileSync(at("toys", "coverage", "full", "1.json"));
  const all = await call(...words, "--out", at("toys"), "--toys", "3");
  assert.is(all.code, 0, all.error);
  assert.match(all.out, /coverage, full toys of the generator: done in .*/);
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
  assert.equal(readdirSync(at("toys", "coverage", "data")).sort(), [
    "0.json",
    "1.json",
    "coverage.json",
    "toys.cost.json",
  ]);
  const { fits } = JSON.parse(readFileSync(at("toys", "coverage", "data", "0.json"), "utf8"));
  assert.equal(Object.keys(fits), ["fixed", "profiled"]);
});

test("toys whose fits gave no errors: the command says what is known, and ends with 4", async () => {
  const words = ["coverage", file, ...NONE, "--out", at("toys"), "--aggregate"];
  for (const i of [0, 1, 2]) {
    const { checksum: _, ...toy } = JSON.parse(readFileSync(at("toys", "coverage", "full", `${i}.json`), "utf8"));
    const lost = (own: object) =>
      i === 0 ? own : { ...own, status: "iteration-limit", covariance: null, sigma: null };
    const fits = Object.fromEntries(Object.entries(toy.fits).map(([name, own]) => [name, lost(own as object)]));
    await saveToy(at("toys", "coverage", "full"), { ...toy, fits });
  }
  const { code, out, error } = await call(...words);
  assert.is(code, 4, error);
  assert.match(
    out,
    /fit with T profiled: [01] toys, [23] more without errors\. Pulls and coverage need two toys with errors/,
  );
  assert.match(
    error,
    /fit with T profiled: [23] of 3 toys have no errors, as their fits did not converge, .*cannot be said/,
  );
  const { fits } = JSON.parse(readFileSync(at("toys", "coverage", "full", "coverage.json"), "utf8"));
  assert.equal(
    fits.map(({ nuisances }: { nuisances: unknown[] }) => nuisances),
    [[], [], []],
  );
});

test.run();
