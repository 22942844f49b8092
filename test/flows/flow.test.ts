/** Laws every transform obeys: inversion, change of variables, triangularity. New ones join the registry. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { add } from "../../engine/tape/operations.js";
import { Tape } from "../../engine/tape/tape.js";
import { named } from "../../flows/networks/weights.js";
import { close } from "../support/close.js";
import { runOnEachBackend } from "../support/run-program.js";
import { bind, C, checkJacobian, D, inputs, inversion, N, randomWeights, samples } from "./transform-samples.js";

for (const [name, { architecture, independent }] of Object.entries(samples)) {
  test(`${name}: the inverse undoes the transform, and logDets cancel`, async () => {
    const tape = new Tape();
    const { forward, inverse } = bind(tape, architecture);
    const x = tape.column("x", [D]);
    const context = tape.column("context", [C]);
    const there = forward(x, context);
    const back = inverse(there.value, context);
    const columns = { x: inputs(D, 4, 3), context: inputs(C, 1, 4) };
    await runOnEachBackend(
      {
        outputs: { back: back.value, there: there.value, sum: add(there.logDet, back.logDet) },
        parameters: named("flow", randomWeights(architecture)),
        columns,
      },
      (got, { precision, name: backend }) => {
        close(got.back as Float64Array, columns.x, inversion[precision], `input on ${backend}`);
        close(got.sum as Float64Array, new Float64Array(N), inversion[precision], `logDets on ${backend}`);
        const moved = (got.there as Float64Array).filter(
          (value, i) => Math.abs(value - (columns.x[i] as number)) > 0.1,
        );
        assert.ok(moved.length > N, "the sample is far from the identity");
      },
    );
  });

  test(`${name}: logDet is that of the Jacobian by finite differences; the Jacobian is as triangular as promised`, async () => {
    for (const direction of ["forward", "inverse"] as const) await checkJacobian(architecture, direction, independent);
  });
}

test.run();
