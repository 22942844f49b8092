/** Toy experiments: what a repetition of the whole measurement would have seen. */

import {
  aFlag,
  aNumber,
  anObject,
  aText,
  checkArgument,
  checkOptions,
  numbers,
  type Options,
} from "../../../engine/options.js";
import { fillNormal, randomKey } from "../../../engine/random/random.js";
import type { Backend, ColumnData } from "../../../engine/runtime/backend.js";
import { poisson } from "../../statistics/toys/poisson.js";
import { checkModel } from "../given-model.js";
import type { EventData } from "../likelihood/likelihood.js";
import type { MixtureModel } from "../mixture-model.js";
import { expectedYields } from "../yields.js";
import { openSampler, type Sampler } from "./sampling.js";
import { joinedColumns } from "./simulated-events.js";

export interface ToyRequest {
  readonly backend: Backend;
  /** Its T and response are undone: toys look like data. */
  readonly model: MixtureModel;
  /** True values [K]. */
  readonly nu: readonly number[];
  readonly withY: boolean;
  readonly seed: number;
}

const toyOptions: Options<ToyRequest> = {
  backend: anObject,
  model: anObject,
  nu: numbers,
  withY: aFlag,
  seed: aNumber,
};

/** Unweighted events of all processes, each a Poisson number of them, drawn from the flows. */
export async function drawToy(request: ToyRequest): Promise<EventData> {
  checkOptions("drawToy", request, toyOptions);
  const { backend, model, nu, withY, seed } = request;
  const sampler = await openSampler(backend, model);
  try {
    const yields = await expectedYields(model, nu);
    const counts = yields.map((expected, f) => poisson(expected, seed, `toy/${f}/count`));
    return await drawCounts(sampler, counts, withY, { nu, seed, purpose: "toy" });
  } finally {
    await sampler.close();
  }
}

interface Draw {
  /** [K] */
  readonly nu: readonly number[];
  readonly seed: number;
  /** Names the streams of random numbers. */
  readonly purpose: string;
}

interface MixtureDraw extends Draw {
  readonly count: number;
}

const drawOptions: Options<MixtureDraw> = {
  nu: numbers,
  seed: aNumber,
  purpose: aText,
  count: aNumber,
};

/** About `count` unweighted events with y, each process its share: always equally many at one ν. */
export async function drawMixture(sampler: Sampler, model: MixtureModel, draw: MixtureDraw): Promise<EventData> {
  checkOptions("drawMixture", draw, drawOptions);
  const yields = await expectedYields(model, draw.nu);
  const sum = yields.reduce((a, b) => a + b, 0);
  const counts = yields.map((expected) => Math.round((draw.count * expected) / sum));
  return drawCounts(sampler, counts, true, draw);
}

/** So many events of each process [F], one process after another. */
async function drawCounts(
  sampler: Sampler,
  counts: readonly number[],
  withY: boolean,
  { nu, seed, purpose }: Draw,
): Promise<EventData> {
  const parts: { count: number; x: ColumnData; y: ColumnData | undefined }[] = [];
  for (const [f, count] of counts.entries()) {
    if (count === 0) continue;
    const x = await sampler.sampleX(f, nu, count, { seed, purpose: `${purpose}/${f}/x` });
    const y = withY ? await sampler.sampleY(f, nu, x, { seed, purpose: `${purpose}/${f}/y` }) : undefined;
    parts.push({ count, x, y });
  }
  const joined = (of: "x" | "y") => joinedColumns(parts.map((part) => ({ count: part.count, column: part[of]! })));
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  return { count, x: joined("x"), ...(withY && { y: joined("y") }) };
}

/**
 * The model as the toy's own auxiliary measurements constrain it: each found ν_true,k + N(0, 1). Toys that kept the
 * constraints of the data would repeat only half of the measurement, and intervals would seem to cover too often.
 *
 * @param nu  true values [K]
 */
export function withAuxiliaryToys(model: MixtureModel, nu: readonly number[], seed: number): MixtureModel {
  checkModel("withAuxiliaryToys", model);
  checkArgument("withAuxiliaryToys", "nu", nu, numbers);
  const drawn = new Float64Array(model.nuisances.length);
  fillNormal(randomKey(seed, "toy/auxiliary"), 0, drawn);
  return { ...model, nuisances: model.nuisances.map((own, k) => ({ ...own, observed: nu[k]! + drawn[k]! })) };
}
