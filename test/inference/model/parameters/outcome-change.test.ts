/** The change of -ln L by another outcome, against the terms of the constraints themselves. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../../engine/derivatives/gradient.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { sub } from "../../../../engine/tape/operations.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { type Constraint, constraintNll } from "../../../../inference/model/parameters/constraints.js";
import { outcomeChange } from "../../../../inference/model/parameters/outcome-change.js";

/** Each with its outcome one standard deviation above and below. */
const CASES: readonly (readonly [Constraint, up: number, down: number])[] = [
  [{ kind: "normal", observed: 0.3, sigma: 0.2 }, 0.5, 0.1],
  [{ kind: "log-normal", observed: 1.2, kappa: 1.05 }, 1.2 * 1.05, 1.2 / 1.05],
  [{ kind: "poisson", observed: 9, scale: 0.03 }, 12, 6],
];

for (const [constraint, up, down] of CASES) {
  test(`${constraint.kind}: that of the terms of both outcomes, up to a constant, and its slope`, async () => {
    for (const [side, observed] of [[1, up] as const, [-1, down] as const]) {
      const tape = new Tape();
      const value = tape.parameter("value", []);
      const change = sub(constraintNll({ ...constraint, observed }, value), constraintNll(constraint, value));
      const [slope] = gradient(change, [value]) as [typeof value];
      const program = await referenceBackend().compile({ outputs: { change, slope } });
      const at = async (point: number) => {
        await program.write({ value: [point] });
        const found = await program.run();
        return [found.change![0]!, found.slope![0]!] as const;
      };
      const own = outcomeChange(constraint, side);
      const [zero] = await at(1.1);
      for (const point of [0.4, 0.9, 2.5]) {
        const [nll, along] = await at(point);
        assert.ok(Math.abs(own(point).nll - own(1.1).nll - (nll - zero)) < 1e-12 * Math.abs(nll) + 1e-12);
        assert.ok(Math.abs(own(point).slope - along) < 1e-12 * Math.abs(along) + 1e-12);
      }
      await program.close();
    }
  });
}

test.run();
