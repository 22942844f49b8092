/** What a morph leaves of the difference between samples. Seeds are fixed; a right morph is refused with a probability of 0.01. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  autoregressiveFlow,
  cpuBackend,
  factorizableFlow,
  fillNormal,
  initialise,
  randomKey,
  type SimulatedEvents,
} from "../../../index.js";
import { morphResidual } from "../../../inference/data-checks/morph-residual.js";
import { movedModel } from "../../../inference/model/training/moved-density.js";

const COUNT = 4000;

function normals(purpose: string): Float64Array {
  const values = new Float64Array(COUNT);
  fillNormal(randomKey(8, purpose), 0, values);
  return values;
}

/** p-value of a morph that shifts what it morphs by `by` ν. */
async function pValueOf(of: "x" | "y", by: number, varied: SimulatedEvents, nominal: SimulatedEvents): Promise<number> {
  const common = { features: 1, context: of === "x" ? 1 : 2, hidden: [2] };
  const density = autoregressiveFlow({ ...common, transforms: 1, transform: { kind: "affine" } });
  const architecture = factorizableFlow({ ...common, layers: 1, nuisances: [{ linearOnly: true }] });
  const bias = { shape: [2], data: Float64Array.of(0, -by) };
  const weights = new Map(initialise(architecture, 1)).set("transforms.0.nuisances.0.1.bias", bias);
  const backend = await cpuBackend({ threads: 1 });
  const { pValue } = await morphResidual({
    backend,
    of,
    moved: movedModel(of, { architecture: density, weights: initialise(density, 1, { identity: true }) }),
    morph: { architecture, names: ["a"], weights },
    varied: [varied],
    unmoved: [nominal],
    sizes: { processes: 1, shapes: 1, x: 1, y: of === "x" ? 0 : 1 },
    numbers: { precision: "f32" },
  });
  await backend.close();
  return pValue;
}

const sample = (at: number, x: Float64Array, y?: Float64Array): SimulatedEvents => ({
  process: 0,
  at: [at],
  count: COUNT,
  x,
  ...(y && { y }),
});

test("a shift that the morph knows leaves nothing, one that it does not know and a width are seen", async () => {
  // p_0 of the flow is N(0, 1), that of the events N(0.4, 1): no matter.
  const nominal = sample(
    0,
    normals("nominal").map((z) => 0.4 + z),
  );
  const shifted = sample(
    1,
    normals("varied").map((z) => 0.6 + z),
  );
  assert.ok((await pValueOf("x", 0.2, shifted, nominal)) > 0.01);
  assert.ok((await pValueOf("x", 0, shifted, nominal)) < 1e-6);
  const wider = sample(
    1,
    normals("varied").map((z) => 0.6 + 1.15 * z),
  );
  assert.ok((await pValueOf("x", 0.2, wider, nominal)) < 1e-3);
});

test("a density of y is not asked about x, but about y at x", async () => {
  const [x, moved] = [normals("x"), normals("x of varied").map((z) => 0.5 + z)];
  const nominal = sample(0, x, normals("y"));
  const same = normals("y of varied");
  assert.ok((await pValueOf("y", 0, sample(1, moved, same), nominal)) > 0.01);
  const depends = same.map((z, i) => z + 0.15 * (moved[i]! - 0.5));
  assert.ok((await pValueOf("y", 0, sample(1, moved, depends), nominal)) < 1e-3);
});

test.run();
