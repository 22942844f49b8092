/** Whether two models are the same likelihood: value and gradient, bit by bit, at points around the start. */
import * as assert from "uvu/assert";
import { normal, randomKey } from "../../../../engine/random/random.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Hs3Model } from "../../../../inference/model/hs3/read.js";
import { channelsLikelihood } from "../../../../inference/model/likelihood/channels.js";
import { freeParameters, rangeOf } from "../../../../inference/model/parameters/parameter.js";

/** The first likelihood of a model. */
export function likelihoodOf({ composition, likelihoods, samples }: Hs3Model) {
  const channels = likelihoods[0]!.channels.map(({ name, density, sample, isExtended }) => ({
    name,
    density,
    data: samples[sample]!,
    isExtended,
  }));
  return channelsLikelihood({ backend: referenceBackend(), composition, channels });
}

const bitsOf = (values: ArrayLike<number>) => new BigUint64Array(Float64Array.from(values).buffer).join();

const POINTS = 3;

/** Points near the start, the start among them. */
function pointsOf({ composition }: Hs3Model): number[][] {
  const free = freeParameters(composition.parameters);
  return Array.from({ length: POINTS }, (_, p) =>
    free.map((own, k) => {
      const [low, high] = rangeOf(own);
      const step = p === 0 ? 0 : 0.02 * normal(randomKey(p, "point"), k);
      return Math.min(high, Math.max(low, own.start * (1 + step) + step));
    }),
  );
}

export async function checkSameLikelihood(read: Hs3Model, written: Hs3Model): Promise<void> {
  const [own, wanted] = [await likelihoodOf(read), await likelihoodOf(written)];
  try {
    assert.equal(own.names, wanted.names);
    for (const theta of pointsOf(written)) {
      const at = Float64Array.from(theta);
      const [a, b] = [await own.evaluate(at, 1), await wanted.evaluate(at, 1)];
      assert.is(bitsOf([a.nll, ...a.gradient!]), bitsOf([b.nll, ...b.gradient!]), `at ${theta.join(", ")}`);
      assert.ok(Number.isFinite(b.nll), "the likelihood is finite where it is compared");
    }
  } finally {
    await own.close();
    await wanted.close();
  }
}
