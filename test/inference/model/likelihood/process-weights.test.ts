/** Events of each process in a sample, weighted with the square of their probability, against derivatives of a closed form. */
import { test } from "uvu";
import { processWeights } from "../../../../inference/model/likelihood/process-weights.js";
import { testBackends } from "../../../support/backends.js";
import { close, tolerances } from "../../../support/close.js";
import { closedForm, gaussianModel } from "../../../support/gaussian-mixture.js";
import { randomNumbers } from "../../../support/random-numbers.js";
import { withBackend } from "../../with-backend.js";

const COUNT = 300;
const PROCESSES = 3;
const NU = [0.7, 0.4, -0.5, 0.3];
/** Of the logarithm of a yield; its cube is the error of a central difference. */
const STEP = 1e-4;

const random = randomNumbers(3);
const columns = (features: number) => Float64Array.from({ length: features * COUNT }, () => 3 * (2 * random() - 1));
const data = { count: COUNT, x: columns(1), y: columns(3), weights: columns(1) };

/** r_f = ∂ log Σ_g N_g p_g / ∂ log N_f, the total of the yields, by which the closed form divides, put back. */
function probability(i: number, f: number, part: "joint" | "ofX"): number {
  const at = (step: number) => {
    const acceptances = Array.from({ length: PROCESSES }, (_, g) => (g === f ? Math.exp(step) : 1));
    const x = [data.x[i]!];
    const y = [0, 1, 2].map((j) => data.y[j * COUNT + i]!);
    return closedForm(x, y, NU, acceptances)[part] + Math.log(total(acceptances));
  };
  return (at(STEP) - at(-STEP)) / (2 * STEP);
}

/** The rate moves the second process up and the third down, from its nominal value 0.2. */
const total = ([a, b, c]: readonly number[]) =>
  40 * a! + 60 * 1.1 ** (NU[1]! - 0.2) * b! + 100 * 1.1 ** (0.2 - NU[1]!) * c!;

const wanted = (part: "joint" | "ofX", weights: ArrayLike<number>) =>
  Array.from({ length: PROCESSES }, (_, f) => {
    let sum = 0;
    for (let i = 0; i < COUNT; i++) sum += weights[i]! * probability(i, f, part) ** 2;
    return sum;
  });

for (const { name, create, precision } of testBackends()) {
  test(`${name}: weighted events of x and y, and those of x alone`, () =>
    withBackend(create, async (backend) => {
      const tolerance = tolerances[precision];
      // Sums of 300 terms of order one, and a difference that is right to 1e-8.
      const allowed = { absolute: 300 * tolerance.absolute + 1e-6, relative: 10 * tolerance.relative };
      const both = await processWeights({ backend, model: gaussianModel, data, nu: NU });
      close(both, wanted("joint", data.weights), allowed, "x and y");
      const { y: _y, weights: _weights, ...ofX } = data;
      const alone = await processWeights({ backend, model: gaussianModel, data: ofX, nu: NU });
      close(alone, wanted("ofX", new Float64Array(COUNT).fill(1)), allowed, "x alone");
    }));
}

test.run();
