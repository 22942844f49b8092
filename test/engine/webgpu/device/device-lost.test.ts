/** A GPU that goes away: work ends with one sentence, and goes on from what was saved. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../../engine/random/random.js";
import { div, neg, sumEvents } from "../../../../engine/tape/operations.js";
import { webgpuBackend } from "../../../../engine/webgpu/backend.js";
import { autoregressiveFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { bindFlow } from "../../../../flows/flow.js";
import { named } from "../../../../flows/networks/weights.js";
import { adam } from "../../../../flows/training/optimiser.js";
import { train } from "../../../../flows/training/training.js";
import type { ModelBuilder } from "../../../../flows/training/training-program.js";
import type { TrainingRequest } from "../../../../flows/training/training-request.js";
import type { TrainingState } from "../../../../flows/training/training-state.js";
import { watchingDevices } from "../../../support/gpu-devices.js";
import { refusal } from "../../../support/rejects.js";
import { webgpuTest } from "../../../support/webgpu.js";

const flow = autoregressiveFlow({
  features: 1,
  context: 0,
  transforms: 1,
  hidden: [],
  transform: { kind: "spline", bins: 4, bound: 4 },
});

const model: ModelBuilder = (tape, { events }) => {
  const loss = div(neg(sumEvents(bindFlow(tape, flow, "flow").logProb(tape.column("y", [1])))), events!);
  const parameters = tape.nodes.filter(
    ({ operation }) => operation.name === "parameter" && operation.label.startsWith("flow"),
  );
  return { loss, trainable: [{ parameters, optimiser: adam({ learningRate: 0.01 }) }] };
};

function sampleOf(name: string, count: number) {
  const y = new Float64Array(count);
  fillNormal(randomKey(1, name), 0, y);
  return { events: { columns: { y }, count } };
}

const request: Omit<TrainingRequest, "backend"> = {
  model,
  initial: named("flow", initialise(flow, 1)),
  data: sampleOf("training", 300),
  validation: sampleOf("validation", 100),
  batch: 50,
  epochs: 4,
  seed: 3,
  purpose: "test",
};

/** Trains on a device of its own. */
async function trained(more: Partial<TrainingRequest>, onDevice?: (device: GPUDevice) => void) {
  const backend = await watchingDevices({ ...(onDevice && { onDevice }) }, () => webgpuBackend());
  return train({ ...request, ...more, backend }).finally(() => backend.close());
}

webgpuTest(
  "a training whose device goes away resumes from its checkpoint to the bits of an undisturbed one",
  async () => {
    const wanted = await trained({});
    let saved: TrainingState | undefined;
    const checkpoint = { save: async (state: TrainingState) => void (saved = state), restore: async () => saved };
    const stop = new AbortController();
    const first = await trained({
      checkpoint,
      signal: stop.signal,
      onProgress: ({ step }) => step >= 8 && stop.abort(),
    });
    assert.is(first.stopped, "aborted");
    const kept = saved as TrainingState | undefined;
    let device: GPUDevice | undefined;
    const onProgress: TrainingRequest["onProgress"] = ({ step }) => step >= 14 && device?.destroy();
    const message = await trained({ checkpoint, onProgress }, (own) => (device = own)).then(
      () => "no error",
      (error: Error) => `${error.name}: ${error.message}`,
    );
    assert.match(
      message,
      /^DeviceLostError: webgpu backend: expected the device to stay, got a device that was lost \(.+\)\. Open the backend again$/,
    );
    assert.is(saved, kept);
    const steps: number[] = [];
    assert.equal(await trained({ checkpoint, onProgress: ({ step }) => steps.push(step) }), wanted);
    assert.ok((steps[0] as number) > (kept?.record.step as number), "it goes on where it was saved");
  },
);

webgpuTest("numbers that never come back mean a lost device, even if it has not said so yet", async (device) => {
  const mapAsync = async () => {
    throw new DOMException("nobody there", "AbortError");
  };
  const message = await refusal(device.read({ mapAsync } as unknown as GPUBuffer, 4));
  assert.match(message, /^webgpu backend: expected the device to stay, got a device that was lost \(nobody there\)/);
});

test.run();
