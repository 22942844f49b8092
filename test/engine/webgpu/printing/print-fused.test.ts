/** The text of fused kernels: what it says of itself, its guards, its loops. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { planRun } from "../../../../engine/webgpu/plan.js";
import { compileKernel, webgpuTest } from "../../../support/webgpu.js";

const kernelsOf = (...outputs: Var[]) =>
  planRun(outputs).levels.flatMap(({ passes }) => passes.flatMap(({ kernels }) => kernels));

/** Σ_j of the squares of e^(x_j p_j) / Σ_k e^(x_k p_k), of 2 rows. */
function softmax() {
  const tape = new Tape();
  const x = tape.column("x", [2, 5]);
  const terms = o.mul(x, tape.parameter("p", [5]));
  const total = o.sum(o.exp(terms), 1);
  return o.sum(o.square(o.div(o.exp(terms), total)), 1);
}

test("the header says which operations were fused, and every index is guarded", () => {
  const [kernel, ...others] = kernelsOf(softmax());
  assert.equal(others, []);
  const { code } = kernel!;
  assert.match(code, /^\/\/ Kernel 0 of the pass over "events": 2 rows, inner axis of 5\.\n/);
  assert.match(code, /^\/\/ fuses .*mul.*exp.*sum.*div/m);
  assert.match(code, /if \(event >= tile\.events \|\| row >= 2u\) \{\n {4}return;/);
});

test("what a later round reads is kept in an array of the inner axis, and rounds are loops", () => {
  const [kernel] = kernelsOf(softmax());
  const { code } = kernel!;
  assert.is(
    code.match(/for \(var j = 0u; j < turns\(5u\); j\+\+\)/g)?.length,
    2,
    "a sum, then the squares of what is divided by it",
  );
  const kept = /var (kept_\w+): array<f32, 5>;/.exec(code);
  assert.ok(kept, "an array for the exponentials");
  assert.is(code.split(`${kept![1]}[j]`).length - 1, 2, "written once, read once");
});

test("a comparison is a mask until something wants a number", () => {
  const tape = new Tape();
  const [x, y] = [tape.column("x"), tape.column("y")];
  const [chosen] = kernelsOf(o.where(o.greater(x, y), x, o.neg(y)));
  assert.not.match(chosen!.code, /select\(0\.0, 1\.0/);
  const [counted] = kernelsOf(o.add(o.greater(x, y), x));
  assert.match(counted!.code, /select\(0\.0, 1\.0, \w+\)/);
});

webgpuTest("they compile without a word of the compiler", async (device) => {
  for (const kernel of kernelsOf(softmax())) await compileKernel(device, kernel);
});

test.run();
