/** Runs and steps in chunks, of columns that stay on the device and of those that do not. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import { webgpuBackend } from "../../../../engine/webgpu/backend.js";
import type { Device } from "../../../../engine/webgpu/device/device.js";
import { Scratch } from "../../../../engine/webgpu/device/scratch.js";
import { DeviceColumns } from "../../../../engine/webgpu/execution/columns.js";
import { Runner } from "../../../../engine/webgpu/execution/runner.js";
import { Session } from "../../../../engine/webgpu/execution/session.js";
import { State } from "../../../../engine/webgpu/execution/state.js";
import { Stepper } from "../../../../engine/webgpu/execution/stepper.js";
import { planRun, planSteps } from "../../../../engine/webgpu/plan.js";
import { close, tolerances } from "../../../support/close.js";
import { webgpuTest } from "../../../support/webgpu.js";
import { data, EVENTS, model, start, WIDE } from "./two-pass-model.js";

const BATCH = 600;
const index = Int32Array.from({ length: 2 * BATCH }, (_, i) => (i * 37) % EVENTS);

async function answers(backend: Backend): Promise<Record<string, Float64Array>> {
  const { outputs, updates } = model();
  const program = await backend.compile({ outputs, updates });
  await program.bind(data);
  await program.write(start);
  const whole = await program.run();
  const { loss: losses } = await program.steps({ count: 2, indices: { events: index } });
  const result = { ...whole, losses: losses as Float64Array, ...(await program.read(["w", "v"])) };
  await backend.close();
  return result;
}

function agree(got: Record<string, Float64Array>, wanted: Record<string, Float64Array>): void {
  for (const [name, values] of Object.entries(wanted)) close(got[name] as Float64Array, values, tolerances.f32, name);
}

webgpuTest("wide prefix masks, chunks of 256 events, and all events at once give the same", async () => {
  const wanted = await answers(referenceBackend());
  agree(await answers(await webgpuBackend()), wanted);
  agree(await answers(await webgpuBackend({ eventsPerChunk: 256 })), wanted);
});

/** State on the host alone, as after `write`. */
function written(): State {
  const state = new State(async () => ({}));
  state.write(Object.fromEntries(Object.entries(start).map(([name, values]) => [name, Float64Array.from(values)])));
  return state;
}

webgpuTest("columns that are too large to stay are sent chunk by chunk", async (device: Device) => {
  const wanted = await answers(referenceBackend());
  const { outputs, updates, loss } = model();
  const columns = new DeviceColumns(device, 1000);
  await columns.bind("x", data.x);
  const scratch = new Scratch(device);
  const session = () => new Session(device, columns, written(), scratch, 256);
  assert.is(columns.resident("x"), undefined);
  const runner = new Runner(session(), planRun([outputs.loss, outputs.gw, outputs.y]));
  const y = new Float64Array(WIDE * EVENTS);
  await runner.run(() => ({ start: 0, length: EVENTS, bound: EVENTS }), new Map([[outputs.y.id, y]]), undefined);
  agree(
    { y, loss: runner.valueOf(outputs.loss), gw: runner.valueOf(outputs.gw) },
    {
      y: wanted.y as Float64Array,
      loss: wanted.loss as Float64Array,
      gw: wanted.gw as Float64Array,
    },
  );
  const stepper = new Stepper(session(), planSteps({ loss }, updates));
  const { loss: losses } = await stepper.steps({ count: 2, indices: { events: index } }, () => EVENTS);
  const state = await stepper.fetch(["w", "v"]);
  agree(
    { losses: losses as Float64Array, ...state },
    { losses: wanted.losses as Float64Array, w: wanted.w as Float64Array, v: wanted.v as Float64Array },
  );
  for (const each of [runner, stepper, columns]) each.close();
});

test.run();
