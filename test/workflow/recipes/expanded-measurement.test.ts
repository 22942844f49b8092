/** A trained measurement as a graph: `unbinned expand` with a run, and without one. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { runInProcess } from "../../cli/in-process.js";
import { TINY_TOY } from "../../cli/tiny-toy.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-expanded-"));
const file = join(folder, "toy.yaml");
writeFileSync(
  file,
  `
name: Tiny toy
seed: 3
observables: { x: { features: 2, labels: [first, second] }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 4000, heldOut: 0.2 }
data: { generator: doi-toy, events: 300 }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 2, batch: 100 } }
fit: { secondStart: 0 }
${TINY_TOY}`,
);
test.after(() => rmSync(folder, { recursive: true }));

test("without a run there is nothing to print", async () => {
  const { code, error } = await runInProcess(["expand", file]);
  assert.is(code, 2);
  assert.match(error, /unbinned run/);
});

test("with one: the mixture over processes of x, and of y behind T and its response", async () => {
  const run = await runInProcess(["run", file, "--threads", "1", "--out", join(folder, "out")]);
  assert.is(run.code, 0, run.error);
  const { code, out, error } = await runInProcess(["expand", file, "--run", join(folder, "out")]);
  assert.is(code, 0, error);
  const { distributions, parameter_points, constraints, likelihoods } = parse(out);
  type Named = { readonly name: string; readonly type: string };
  assert.equal(
    distributions.map(({ name, type }: Named) => [name, type]),
    [
      ["x nominal", "flow"],
      ["x", "morphed"],
      ["y nominal", "flow"],
      ["y", "morphed"],
      ["y of response", "morphed"],
      ["y of T", "transported_dist"],
      ["x and y", "product_dist"],
      ["events", "categories_dist"],
    ],
  );
  assert.equal(
    parameter_points.map(({ name }: Named) => name),
    ["shift", "squeeze"],
  );
  assert.is(constraints[0].type, "gaussian_dist");
  assert.equal(distributions[5].of, ["y1", "y2"]);
  assert.equal(distributions[5].given, ["process", "x1", "x2"]);
  assert.is(distributions[5].flow.architecture.kind, "autoregressive");
  assert.ok(distributions[5].flow.numbers > 10);
  assert.equal(likelihoods, [{ name: "data", distribution: "events", extended: true }]);
});

test.run();
