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

test("beside a narrow process a wide one is as wide as it is alone: its tails stay where splines act", () => {
  // Around 1 both; of root mean squares 0.1 and 2, of which that of all together is 1.416.
  const { shift, scale } = constants([part(0, [0.9, 1.1, 0.9, 1.1]), part(1, [-1, 3])], "x");
  close(shift, [1], exact);
  close(scale, [2], exact);
});

test("what separates processes counts as width, weights as they are, and each process the same", () => {
  // Means 0 and 4, of both 2; σ² = 1 and, with weights 3 and 1 at 3 and 7, 3.
  const weights = Float32Array.of(3, 1);
  const { shift, scale } = constants([part(0, [-1, 1, -1, 1]), part(1, [3, 7], { weights })], "x");
  close(shift, [2], exact);
  close(scale, [Math.sqrt(3 + 4)], exact);
});

test("a process that negative weights leave without a variance does not count", () => {
  // Σ w x = 2 · 1 - 1 · 0: mean 2, Σ w (x - 2)² = 2 · 1 - 4 < 0.
  const weights = Float32Array.of(2, -1);
  const parts = [part(0, [1, 0], { weights }), part(1, [-4, 8])];
  // All together: mean 2, from which the second process alone has the root mean square 6.
  close(constants(parts, "x").scale, [6], exact);
});

test("y as x; what is given enters by its own mean and standard deviation, the process as it is", () => {
  const y = (...values: number[]) => ({ y: Float32Array.from(values) });
  const parts = [part(0, [0, 2], y(0.5, -0.5)), part(1, [0, 2], y(3, -3))];
  const { shift, scale, context } = constants(parts, "y");
  close([shift[0]!, scale[0]!], [0, 3], exact);
  assert.equal(context, [
    [0, 0, 1],
    [1, 1, 1],
  ]);
});

test.run();
