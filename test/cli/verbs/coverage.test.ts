/** Toys of simulated events: where they are drawn, what they show of a density that is wrong, and what is refused. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { toySource } from "../../../workflow/recipes/coverage.js";
import { FILES, read, TOY } from "../../workflow/configuration/sources.js";
import { out, removeMass, run, runMass } from "../mass-run.js";

test.before(runMass);
test.after(removeMass);

const coverageIn = (name: string) => JSON.parse(readFileSync(join(out, "coverage", name, "coverage.json"), "utf8"));

const analysisOf = (text: string, ...sets: string[]) => ({ file: "a.yaml", configuration: read(text, ...sets) });
const NOTHING = { mode: "full", wanted: undefined, at: undefined } as const;

test("toys come from the generator of the data, else from the samples; those that keep a T from the model", () => {
  assert.is(toySource(analysisOf(TOY), NOTHING), "generator");
  assert.is(toySource(analysisOf(TOY), { ...NOTHING, wanted: "model" }), "model");
  assert.is(toySource(analysisOf(FILES), NOTHING), "samples");
  assert.is(toySource(analysisOf(FILES), { ...NOTHING, wanted: "model" }), "model");
  assert.is(toySource(analysisOf(FILES), { ...NOTHING, mode: "data" }), "model");
  const withoutT = analysisOf(FILES, "likelihood.observables=[x]");
  assert.is(toySource(withoutT, { ...NOTHING, mode: "data" }), "samples");
});

test("toys of samples need samples, a T that is fitted anew, and no model beside a point", () => {
  const message = (text: string, request: Parameters<typeof toySource>[1]) => {
    try {
      return toySource(analysisOf(text), request);
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(
    message(TOY, { ...NOTHING, wanted: "samples" }),
    /a\.yaml: expected samples in files, to draw toys from, got a generator/,
  );
  assert.match(message(FILES, { mode: "data", wanted: "samples", at: undefined }), /--mode: expected full/);
  assert.match(message(FILES, { mode: "full", wanted: "model", at: [1, 0, 0] }), /--at: expected toys of the samples/);
});

test("toys of all points in turn hold their truth, point by point", async () => {
  const { code, out: text, error } = await run("coverage", "--toys", "6");
  assert.is(code, 0, error);
  assert.match(text, "mean pulls at");
  assert.match(text, /Toys are drawn from 6000 simulated events, at nominal; width=1; width=-1\./);
  const folder = join(out, "coverage", "full-samples");
  const toys = [0, 1, 2, 3].map((toy) => JSON.parse(readFileSync(join(folder, `${toy}.json`), "utf8")));
  assert.equal(
    toys.map(({ point, truth }) => [point, truth]),
    [
      ["nominal", [0, 0]],
      ["width=1", [1, 0]],
      ["width=-1", [-1, 0]],
      ["nominal", [0, 0]],
    ],
  );
  const { source, fits, drawnAt } = coverageIn("full-samples");
  assert.is(source, "samples");
  assert.equal(
    fits[0].points.map(({ name, toys: count }: { name: string; toys: number }) => [name, count]),
    [
      ["nominal", 2],
      ["width=1", 2],
      ["width=-1", 2],
    ],
  );
  // 2000 expected of 2000 simulated events, a tenth of them held out: √(0.1 / 0.9).
  assert.ok(Math.abs(drawnAt[1].shared.shift - 1) < 1e-9 && Math.abs(drawnAt[1].chance - 1 / 3) < 1e-9);
});

test("a morph that has learned a part of its samples is found by toys of the samples, and not by toys of the model", async () => {
  const words = ["--set", "morph.x.training.learningRate=0.0007", "--out", join(out, "wrong"), "--toys", "12"];
  const found = await run("coverage", ...words, "--at", "width=1");
  assert.is(found.code, 4, found.error);
  assert.match(found.error, /in 12 toys of the simulated events at width=1 the estimates of width are off by -?\d/);
  const [folder, ...others] = readdirSync(join(out, "wrong", "coverage"));
  assert.is(others.length, 0);
  assert.match(folder!, /^full-samples-at-width_1~/);
  const checksOf = (own: string) =>
    JSON.parse(readFileSync(join(out, "wrong", "coverage", own, "coverage.json"), "utf8")).verdicts.map(
      ({ check }: { check: string }) => check,
    );
  assert.ok(checksOf(folder!).includes("bias of toys"));
  await run("coverage", ...words, "--toys-from", "model");
  assert.not.ok(checksOf("full-model").includes("bias of toys"));
});

test("a point without samples is refused with those that there are", async () => {
  const { code, error } = await run("coverage", "--toys", "2", "--at", "width=0.5");
  assert.is(code, 2);
  assert.match(
    error,
    /--at: expected a point at which every process has samples: nominal; width=1; width=-1, got width=0\.5/,
  );
});

test.run();
