/** Densities behind maps: where the map has a closed form, so has the density. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { autoregressiveFlow, factorizableFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { withStandardisation } from "../../../../flows/standardisation.js";
import { type Composition, checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import type { FunctionForm } from "../../../../inference/model/functions/functions.js";
import { close, tolerances } from "../../../support/close.js";
import { rejects } from "../../../support/rejects.js";
import { random } from "../likelihood/mixture-samples.js";
import { logProbOf } from "./evaluate-density.js";
import { allSamples, densitySamples, parameter } from "./samples.js";

const F64 = tolerances.f64;
const mass: Composition["columns"] = { m: { range: [1, 4] } };

const checked = (
  columns: Composition["columns"],
  densities: Readonly<Record<string, DensityForm>>,
  functions: Readonly<Record<string, FunctionForm>> = {},
) =>
  checkedComposition({
    parameters: [parameter("shift", 0.4), parameter("scale", 1.3), parameter("fixed", 0.2, { isFixed: true })],
    columns,
    functions,
    densities,
  });

const logs = (composition: ReturnType<typeof checked>, columns: Readonly<Record<string, Float64Array>>) =>
  logProbOf(referenceBackend(), composition, "own", columns);

test("an exponential that is shifted and scaled is one of another slope, in the same range", async () => {
  const m = Float64Array.of(1, 2.2, 4);
  const moved = checked(mass, {
    e: { kind: "exponential", x: "m", c: 0.9 },
    own: { kind: "transported", density: "e", affine: { m: { shift: "shift", scale: "scale" } } },
  });
  const own = checked(mass, { own: { kind: "exponential", x: "m", c: 0.9 / 1.3 } });
  close(await logs(moved, { m }), [...(await logs(own, { m }))], F64);
});

test("a mixture that is moved is the mixture of the moved parts, with the same fractions of the range", async () => {
  const m = Float64Array.of(1, 2.2, 4);
  const parts: Record<string, DensityForm> = {
    a: { kind: "exponential", x: "m", c: 0.9 },
    b: { kind: "exponential", x: "m", c: -0.4 },
  };
  const affine = { m: { shift: "shift", scale: "scale" } };
  const together = checked(mass, {
    ...parts,
    both: { kind: "mixture", summands: ["a", "b"], coefficients: [0.3] },
    own: { kind: "transported", density: "both", affine },
  });
  const apart = checked(mass, {
    ...parts,
    movedA: { kind: "transported", density: "a", affine },
    movedB: { kind: "transported", density: "b", affine },
    own: { kind: "mixture", summands: ["movedA", "movedB"], coefficients: [0.3] },
  });
  close(await logs(together, { m }), [...(await logs(apart, { m }))], F64);
});

/** A flow of one column that is x → (x - 0.4) / 1.3. */
function affineFlow() {
  const architecture = autoregressiveFlow({
    features: 1,
    transforms: 1,
    hidden: [4],
    transform: { kind: "affine" },
    standardisation: "input",
  });
  const moments = { mean: Float64Array.of(0.4), standardDeviation: Float64Array.of(1.3) };
  const weights = withStandardisation(initialise(architecture, 1, { identity: true }), { features: moments });
  return { architecture, weights };
}

test("a flow that shifts and scales does what a shift and a scale do, range and expected number included", async () => {
  const m = Float64Array.of(1, 2.2, 4);
  const parts: Record<string, DensityForm> = {
    e: { kind: "exponential", x: "m", c: 0.9 },
    u: { kind: "uniform", x: "m" },
    both: { kind: "mixture", summands: ["e", "u"], coefficients: [30, 20] },
  };
  const byFlow = checked(mass, {
    ...parts,
    own: { kind: "transported", density: "both", of: ["m"], flow: affineFlow() },
  });
  const byNumbers = checked(mass, {
    ...parts,
    own: { kind: "transported", density: "both", affine: { m: { shift: "shift", scale: "scale" } } },
  });
  assert.ok(byFlow.shape("own").isExtended);
  close(await logs(byFlow, { m }), [...(await logs(byNumbers, { m }))], F64);
  const request = { density: "own", count: 200, seed: 3, purpose: "moved" };
  const [drawn, wanted] = [
    await drawEvents({ composition: byFlow, ...request }),
    await drawEvents({ composition: byNumbers, ...request }),
  ];
  close(drawn.m!, [...wanted.m!], F64);
  assert.ok(drawn.m!.every((x) => x >= 1 && x <= 4));
});

test("a morph at its nominal values is the density itself, to the last bit where they are numbers", async () => {
  const { composition } = densitySamples.morphed[0]!;
  const { f, model } = composition.densities;
  if (model?.kind !== "morphed") throw new Error("internal: no morph");
  const own = checked(composition.columns, { f: f!, own: { ...model, nuisances: [0, 0.5] } });
  const plain = checked(composition.columns, { own: f! });
  const columns = { m: Float64Array.of(-1.5, 0.3, 2.5), t: Float64Array.of(0.4, -1, 2) };
  assert.equal([...(await logs(own, columns))], [...(await logs(plain, columns))]);
});

test("shifts of each event: events are drawn in the range of each", async () => {
  const composition = checked(
    { m: { range: [1, 4] }, t: {} },
    {
      e: { kind: "exponential", x: "m", c: 0.9 },
      own: { kind: "transported", density: "e", affine: { m: { shift: "each" } } },
    },
    { each: { kind: "product", factors: ["shift", "t"] } },
  );
  const t = Float64Array.from({ length: 300 }, (_, i) => (i % 3) - 1);
  const { m } = await drawEvents({ composition, density: "own", count: 300, given: { t }, seed: 1, purpose: "each" });
  assert.ok(m!.every((x) => x >= 1 && x <= 4));
  // An exponential law forgets shifts: its events are those of the density itself for all of them.
  const mean = m!.reduce((a, b) => a + b, 0) / 300;
  const wanted = 1 + 1 / 0.9 - 3 / Math.expm1(2.7);
  assert.ok(Math.abs(mean - wanted) < 0.2, `${mean}, wanted ${wanted}`);
});

test("what cannot be moved is refused", async () => {
  const m = Float64Array.of(2);
  const region = { m: [[1, 2] as const] };
  const cut = checked(mass, {
    e: { kind: "exponential", x: "m", c: 0.9 },
    cut: { kind: "truncated", density: "e", region },
    own: { kind: "transported", density: "cut", affine: { m: { shift: "shift" } } },
  });
  await rejects(logs(cut, { m }), /cut: expected a region that no map moves.*Truncate the transported density/);
  const bent = checked(
    { m: {} },
    {
      f: {
        kind: "flow",
        of: ["m"],
        frame: { transforms: [{ kind: "log" }], shift: [0], scale: [1] },
        flow: affineFlow(),
      },
      own: { kind: "transported", density: "f", affine: { m: { shift: "shift" } } },
    },
  );
  await rejects(
    logs(bent, { m }),
    /column m: expected a flow without a transformation of a column that parameters move/,
  );
});

test("knots are crossed where free parameters move events or knots, and not else", () => {
  const spline = random(
    autoregressiveFlow({ features: 1, transforms: 1, hidden: [4], transform: { kind: "spline", bins: 4, bound: 3 } }),
    1,
  );
  const morph = (hasSpline: boolean) =>
    random(
      factorizableFlow({
        features: 1,
        layers: 1,
        hidden: [4],
        nuisances: [{}],
        ...(hasSpline && { spline: { kind: "spline", bins: 4, bound: 3 } }),
      }),
      2,
    );
  const smooth: DensityForm = { kind: "flow", of: ["m"], flow: affineFlow() };
  const bent: DensityForm = { kind: "flow", of: ["m"], flow: spline };
  const crosses = (f: DensityForm, own: DensityForm) => checked({ m: {} }, { f, own }).shape("own").crossesKnots;
  const shifted = (shift: string | number): DensityForm => ({
    kind: "transported",
    density: "f",
    affine: { m: { shift } },
  });
  const morphed = (nuisance: string | number, hasSpline = false): DensityForm => ({
    kind: "morphed",
    density: "f",
    of: ["m"],
    nuisances: [nuisance],
    morph: morph(hasSpline),
  });
  const flow: DensityForm = { kind: "transported", density: "f", of: ["m"], flow: spline };
  const table: readonly [DensityForm, DensityForm, boolean][] = [
    [bent, shifted("shift"), true],
    [bent, shifted("fixed"), false],
    [bent, shifted(0.4), false],
    [smooth, shifted("shift"), false],
    [bent, morphed("shift"), true],
    [bent, morphed("fixed"), false],
    [smooth, morphed("shift"), false],
    [smooth, morphed("shift", true), true],
    [bent, flow, false],
  ];
  for (const [i, [f, own, wanted]] of table.entries()) assert.is(crosses(f, own), wanted, `case ${i}`);
  // Mixtures and the like cross where a part does.
  const nested = checked(
    { m: {} },
    {
      f: bent,
      moved: shifted("shift"),
      both: { kind: "mixture", summands: ["f", "moved"], coefficients: [0.5] },
      own: { kind: "truncated", density: "both", region: { m: [[0, 1]] } },
    },
  );
  assert.ok(nested.shape("own").crossesKnots);
  // Behind a fixed flow with knots a morph moves what the flow has moved: knots of T itself stay where the data are.
  const behind = checked({ m: {} }, { g: smooth, f: { ...morphed("shift"), density: "g" } as DensityForm, own: flow });
  assert.not.ok(behind.shape("own").crossesKnots);
  assert.ok(allSamples.some(({ composition, density }) => checkedComposition(composition).shape(density).crossesKnots));
});

test.run();
