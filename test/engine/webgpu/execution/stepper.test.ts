/** A training on WebGPU follows the one on the CPU: same seed, same batches. */

import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { webgpuBackend } from "../../../../engine/webgpu/backend.js";
import { autoregressiveFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { bindFlow } from "../../../../flows/flow.js";
import { named } from "../../../../flows/networks/weights.js";
import { adam, optimise } from "../../../../flows/training/optimiser.js";
import { randomNumbers } from "../../../support/random-numbers.js";
import { webgpuTest } from "../../../support/webgpu.js";

const [EVENTS, BATCH, STEPS] = [2000, 128, 200];
const flow = autoregressiveFlow({
  features: 2,
  context: 1,
  transforms: 2,
  hidden: [24, 24],
  transform: { kind: "spline", bins: 4, bound: 4 },
});
const random = randomNumbers(5);
const draw = (n: number) => Float32Array.from({ length: n }, () => 2 * random() + 2 * random() - 2);
const data = { y: draw(2 * EVENTS), x: draw(EVENTS) };
const index = Int32Array.from({ length: STEPS * BATCH }, () => Math.floor(random() * EVENTS));

async function losses(backend: Backend): Promise<Float64Array> {
  const tape = new Tape();
  const logProb = bindFlow(tape, flow, "flow").logProb(tape.column("y", [2]), tape.column("x", [1]));
  const loss = o.mul(o.neg(o.sumEvents(logProb)), 1 / BATCH);
  const parameters = tape.nodes.filter((node) => node.operation.name === "parameter");
  const { updates, moments, schedule } = optimise(loss, [{ parameters, optimiser: adam({ learningRate: 1e-3 }) }]);
  const program = await backend.compile({ outputs: { loss }, updates });
  await program.bind(data);
  await program.write({ ...named("flow", initialise(flow, 1)), ...moments });
  const result = await program.steps({
    count: STEPS,
    indices: { events: index },
    schedule: schedule(0, STEPS, () => 1),
  });
  await backend.close();
  return result.loss as Float64Array;
}

webgpuTest(`${STEPS} steps of Adam have the losses of the cpu to 1e-3 nats per event`, async () => {
  const wanted = await losses(await cpuBackend({ precision: "f32", threads: 1 }));
  const got = await losses(await webgpuBackend());
  assert.ok((wanted.at(-1) as number) < (wanted[0] as number) - 0.1, "the training makes progress");
  const largest = Math.max(...wanted.map((loss, step) => Math.abs(loss - (got[step] as number))));
  assert.ok(largest < 1e-3, `losses differ by ${largest}`);
});

test.run();
