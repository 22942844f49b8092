/** The published model and data, or a model of the same sizes with random weights and data where there are none. */

import type { Architecture } from "../../flows/architecture/architecture.js";
import { autoregressiveFlow, factorizableFlow, initialise } from "../../flows/architecture/architecture.js";
import { loadMixture } from "../../flows/formats/zuko.js";
import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import {
  checkedModel,
  type FlowModel,
  type MixtureModel,
  type NuisanceModel,
} from "../../inference/model/mixture-model.js";
import { publishedModel } from "../../inference/model/published-model.js";
import { readEvents, readTorchStateDict } from "../../io/index.js";
import { hasReference, referenceFile } from "../../test/support/reference.js";
import { normals } from "./r1.js";

export interface Published {
  /** Whether these are the published weights and events. */
  readonly isReal: boolean;
  readonly model: MixtureModel;
  /** The first events, at most 100 000 of the published ones. */
  data(count: number): EventData;
}

const nuisances = ["shift", "squeeze"].map(
  (name): NuisanceModel => ({ name, kind: "shape", nominal: 0, acts: [true, true] }),
);

function random<A extends Architecture>(architecture: A, seed: number): FlowModel<A> {
  return { architecture, weights: initialise(architecture, seed) };
}

/** arXiv:2602.13184: 2 processes, 2 features of x and of y, all networks 128 wide. */
export function sameSizes(): MixtureModel {
  const spline = (bins: number) => ({ kind: "spline", bins, bound: 5 }) as const;
  const [two, three] = [
    [128, 128],
    [128, 128, 128],
  ];
  const flow = (context: number, transforms: number) =>
    autoregressiveFlow({ features: 2, context, transforms, hidden: three, transform: spline(20) });
  const morph = (context: number, layers: number, hidden: number[]) =>
    factorizableFlow({ features: 2, context, layers, hidden, nuisances: [{}, {}] });
  const transport = autoregressiveFlow({ features: 2, context: 4, transforms: 2, hidden: two, transform: spline(30) });
  return checkedModel({
    processes: ["A", "B"].map((name) => ({ name, logYield: Math.log(50_000) })),
    nuisances,
    x: { nominal: random(flow(2, 2), 1), morph: random(morph(2, 1, two), 2) },
    y: { nominal: random(flow(4, 3), 3), morph: random(morph(4, 2, three), 4) },
    transport: random(transport, 5),
  });
}

export async function published(): Promise<Published> {
  if (!hasReference) {
    const data = (count: number) => ({ count, x: normals("x", 2 * count), y: normals("y", 2 * count) });
    return { isReal: false, model: sameSizes(), data };
  }
  const file = referenceFile("doi-toy/models/mixture_step1.pt");
  const model = publishedModel(file, loadMixture(await readTorchStateDict(file)), ["A", "B"], nuisances);
  const table = await readEvents(referenceFile("doi-toy/events.npz"), ["x", "y"]);
  const column = (name: string, count: number) => {
    const { data } = table.columns.get(name) as { data: ArrayLike<number> };
    const at = (i: number) => data[Math.floor(i / count) * table.count + (i % count)] as number;
    return Float64Array.from({ length: 2 * count }, (_, i) => at(i));
  };
  return { isReal: true, model, data: (count) => ({ count, x: column("x", count), y: column("y", count) }) };
}
