/** `unbinned coverage`: which toys count, and what it refuses. */
import { writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { at, call, file, removeEnsemble } from "../../cli/ensemble-run.js";

test.after(removeEnsemble);

const NONE = ["--set", "ensemble.replicas=0"];

test("toys of another configuration do not count, damaged ones are named", async () => {
  const toys = await call("coverage", file, ...NONE, "--out", at("toys"), "--toys", "3");
  assert.is(toys.code, 0, toys.error);
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
