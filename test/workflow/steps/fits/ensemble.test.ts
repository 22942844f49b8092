/** Replicas are units of work: one by one they are those of a whole run. */
import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { at, call, file, removeEnsemble } from "../../../cli/ensemble-run.js";

test.after(removeEnsemble);

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

test.run();
