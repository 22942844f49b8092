/** Constants with which trainings of nominal densities start. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { autoregressiveFlow } from "../../../../flows/architecture/architecture.js";
import { type SimulatedEvents, trainingSample } from "../../../../inference/model/sampling/simulated-events.js";
import { initialDensity, NOMINAL } from "../../../../inference/model/training/densities.js";
import { close } from "../../../support/close.js";

const exact = { absolute: 1e-6, relative: 1e-6 };

const part = (process: number, x: number[], more: Partial<SimulatedEvents> = {}): SimulatedEvents => ({
  process,
  at: [],
  count: x.length,
  x: Float32Array.from(x),
  ...more,
});

function constants(parts: readonly SimulatedEvents[], of: "x" | "y") {
  const sizes = { processes: 2, shapes: 0, x: 1, y: 1 };
  const architecture = autoregressiveFlow({
    features: 1,
    context: of === "x" ? 2 : 3,
    hidden: [3],
    transforms: 1,
    transform: { kind: "spline", bins: 4, bound: 5 },
    standardisation: "input",
    classes: 2,
  });
  const sample = trainingSample(NOMINAL, parts, of, 2);
  const weights = initialDensity(architecture, sample, of, sizes, 1);
  const numbers = (name: string) => Array.from(weights.get(`standardisation.${name}`)!.data);
  return {
    shift: numbers("features.shift"),
    scale: numbers("features.scale"),
    context: [numbers("context.shift"), numbers("context.scale")],
  };
}

test("each process has its own mean and standard deviation: a narrow one begins narrow, a wide one as wide as it is", () => {
  const { shift, scale } = constants([part(0, [0.9, 1.1, 0.9, 1.1]), part(1, [-3, 1])], "x");
  close(shift, [1, -1], exact);
  close(scale, [0.1, 2], exact);
});

test("weights count, of parts of one process together", () => {
  // Process 1: weights 3 and 1 at 3 and 7, mean 4, σ² = (3 + 9) / 4.
  const weights = Float32Array.of(3, 1);
  const { shift, scale } = constants([part(0, [-1]), part(1, [3, 7], { weights }), part(0, [1])], "x");
  close(shift, [0, 4], exact);
  close(scale, [1, Math.sqrt(3)], exact);
});

test("the farthest event of a process lies within 5 of its units", () => {
  const far = [...Array.from({ length: 999 }, (_, i) => (i % 2 === 0 ? -1 : 1)), 1000];
  const { shift, scale } = constants([part(0, far), part(1, [0, 2])], "x");
  // Of 500 at -1, 499 at 1 and one at 1000.
  const mean = 999 / 1000;
  close(shift, [mean, 1], exact);
  close(scale, [(1000 - mean) / 5, 1], exact);
});

test("a process that negative weights or equal values leave without a variance takes the constants of all together", () => {
  // Σ w x = 2 · 1 - 1 · 0: mean 2, Σ w (x - 2)² = 2 · 1 - 4 < 0.
  const weights = Float32Array.of(2, -1);
  const { shift, scale } = constants([part(0, [1, 0], { weights }), part(1, [-4, 8])], "x");
  // All together, by the roots of the effective numbers 1/5 and 2: mean 2, and -2 and 36 for the variance.
  const root = Math.sqrt(1 / 10);
  close(shift, [2, 2], exact);
  close(scale, [Math.sqrt((-2 * root + 36) / (root + 1)), 6], exact);
  // Both: mean 0.5, of which 3 is the farthest of process 1 but within 5 standard deviations.
  const equal = constants([part(0, [0.5, 0.5]), part(1, [-2, 3])], "x");
  close(equal.shift, [0.5, 0.5], exact);
  close(equal.scale, [2.5 / Math.SQRT2, 2.5], exact);
});

test("y as x; what is given enters by its own mean and standard deviation, the process as it is", () => {
  const y = (...values: number[]) => ({ y: Float32Array.from(values) });
  const parts = [part(0, [0, 2], y(0.5, -0.5)), part(1, [0, 2], y(3, -3))];
  const { shift, scale, context } = constants(parts, "y");
  close(shift, [0, 0], exact);
  close(scale, [0.5, 3], exact);
  assert.equal(context, [
    [0, 0, 1],
    [1, 1, 1],
  ]);
});

test.run();
