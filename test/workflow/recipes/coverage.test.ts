/** Toy experiments are units of work: one by one they are those of a whole command. */
import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
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
  assert.equal(readdirSync(at("toys", "coverage", "data")).sort(), ["0.json", "1.json", "coverage.json"]);
  const { fits } = JSON.parse(readFileSync(at("toys", "coverage", "data", "0.json"), "utf8"));
  assert.equal(Object.keys(fits), ["fixed", "profiled"]);
});

test.run();
