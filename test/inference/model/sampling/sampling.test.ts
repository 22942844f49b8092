/** Simulation taken to data apart from its drawing. */
import { test } from "uvu";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { initialise } from "../../../../flows/architecture/architecture.js";
import type { MixtureModel } from "../../../../inference/model/mixture-model.js";
import { openDataMap, openSampler, withoutTransport } from "../../../../inference/model/sampling/sampling.js";
import { testBackends } from "../../../support/backends.js";
import { close, tolerances } from "../../../support/close.js";
import { gaussianModel } from "../../../support/gaussian-mixture.js";
import { withBackend } from "../../with-backend.js";

const nu = [0.2, 0.1, -0.3, 0.4];
const x = Float32Array.from({ length: 50 }, (_, i) => i / 25 - 1);
const stream = { seed: 2, purpose: "y" };

/** The same architecture with other weights. */
const { architecture } = gaussianModel.transport!;
const other = { ...gaussianModel, transport: { architecture, weights: initialise(architecture, 3) } };

/** As simulated, and as data of either T, in f64. */
async function sampled() {
  const backend = referenceBackend();
  const draw = async (model: MixtureModel) => {
    const sampler = await openSampler(backend, model);
    const y = await sampler.sampleY(1, nu, x, stream);
    await sampler.close();
    return y;
  };
  return {
    simulated: await draw(withoutTransport(gaussianModel)),
    own: await draw(gaussianModel),
    others: await draw(other),
  };
}

for (const { name, create } of testBackends()) {
  test(`simulated y to data is y sampled as data, for every T by one program, on ${name}`, () =>
    withBackend(create, async (backend) => {
      const { simulated, own, others } = await sampled();
      const map = await openDataMap(backend, gaussianModel);
      // f32 columns between the two steps.
      close(await map.toData(gaussianModel, 1, nu, x, simulated), own, tolerances.f32, "its own T");
      close(await map.toData(other, 1, nu, x, simulated), others, tolerances.f32, "another T");
      await map.close();
    }));
}

test.run();
