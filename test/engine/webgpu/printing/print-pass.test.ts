import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { planRun } from "../../../../engine/webgpu/plan.js";
import type { PrintedKernel } from "../../../../engine/webgpu/printing/printed-kernel.js";
import { factorizable, masks, prefixMask, splineFlow } from "../programs.js";

const kernelsOf = (...outputs: Var[]) =>
  planRun(outputs).levels.flatMap(({ passes }) => passes.flatMap((pass) => pass.kernels));

/** Title, constants, then the code: what a person would want to see. */
function textOf({ title, code, constants, arguments: own, groups }: PrintedKernel): string {
  const settings = Object.entries({ ...constants, ...own }).map(([name, value]) => `//   ${name} = ${value}\n`);
  return `// ---- ${title}, ${groups} along y\n${settings.join("")}${code}`;
}

const snapshots: Readonly<Record<string, () => Var>> = {
  "spline-flow": splineFlow,
  "factorizable-flow": factorizable,
  masks,
  "prefix-mask": prefixMask,
};

for (const [name, build] of Object.entries(snapshots)) {
  test(`the kernels of ${name} are as they were when somebody last looked (UPDATE_SNAPSHOTS=1 rewrites)`, () => {
    const file = fileURLToPath(new URL(`../../../../../test/engine/webgpu/snapshots/${name}.wgsl`, import.meta.url));
    const text = kernelsOf(build()).map(textOf).join("\n");
    if (process.env.UPDATE_SNAPSHOTS === "1") writeFileSync(file, text);
    assert.ok(existsSync(file), `no snapshot ${file}; run with UPDATE_SNAPSHOTS=1 and look at it`);
    assert.fixture(text, readFileSync(file, "utf8"));
  });
}

test("numbers that f32 cannot hold are refused", () => {
  const tape = new Tape();
  const largest = o.minimum(tape.column("x", [2]), 1e300);
  assert.throws(() => kernelsOf(largest), /WGSL kernel: expected constants that are finite in f32, got 1e\+300\. WGSL/);
});

test.run();
