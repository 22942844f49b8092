/** Simulation taken to data apart from its drawing. */
import { test } from "uvu";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { initialise } from "../../../../flows/architecture/architecture.js";
import type { MixtureModel } from "../../../../inference/model/mixture-model.js";
import { openDataMap, openSampler, withoutTransport } from "../../../../inference/model/sampling/sampling.js";
import { testBackends } from "../../../support/backends.js";
import { close, tolerances } from "../../../support/close.js";
import { gaussianModel, gaussianModelInFront } from "../../../support/gaussian-mixture.js";
import { withBackend } from "../../with-backend.js";

const nu = [0.2, 0.1, -0.3, 0.4];
const x = Float32Array.from({ length: 50 }, (_, i) => i / 25 - 1);
const stream = { seed: 2, purpose: "y" };

/** The same architecture with other weights. */
const { architecture } = gaussianModel.transport!;
const withOther = (model: MixtureModel) => ({
  ...model,
  transport: { architecture, weights: initialise(architecture, 3) },
});

/** As simulated, and as data of either T, in f64. */
async function sampled(model: MixtureModel) {
  const backend = referenceBackend();
  const draw = async (model: MixtureModel) => {
    const sampler = await openSampler(backend, model);
    const y = await sampler.sampleY(1, nu, x, stream);
    await sampler.close();
    return y;
  };
  return {
    simulated: await draw(withoutTransport(model)),
    own: await draw(model),
    others: await draw(withOther(model)),
  };
}

for (const { name, create } of testBackends()) {
  test(`simulated y to data is y sampled as data, for every T by one program, on ${name}`, () =>
    withBackend(create, async (backend) => {
      for (const model of [gaussianModel, gaussianModelInFront]) {
        const { simulated, own, others } = await sampled(model);
        const map = await openDataMap(backend, model);
        // f32 columns between the two steps.
        close(await map.toData(model, 1, nu, x, simulated), own, tolerances.f32, "its own T");
        close(await map.toData(withOther(model), 1, nu, x, simulated), others, tolerances.f32, "another T");
        await map.close();
      }
    }));
}

test.run();
