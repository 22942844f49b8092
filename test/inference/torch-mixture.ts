/** The mixture of test/references/torch-mixture.json and PyTorch's answers to it. */
import { readFileSync } from "node:fs";
import { type ForeignTensor, loadMixture } from "../../flows/formats/zuko.js";
import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import type { LikelihoodForm } from "../../inference/model/mixture.js";
import type { MixtureModel, NuisanceModel } from "../../inference/model/mixture-model.js";
import { publishedModel } from "../../inference/model/published-model.js";

interface ForeignArray extends ForeignTensor {
  readonly data: readonly number[];
}

interface Derivatives {
  readonly nll: number;
  readonly gradient: ForeignArray;
  readonly hessian: ForeignArray;
}

export interface TorchAnswer {
  readonly form: LikelihoodForm;
  readonly withTransfer: boolean;
  readonly parameters: readonly number[];
  readonly logProb: ForeignArray;
  readonly extended: number;
  readonly data: Derivatives;
  readonly total: Derivatives;
}

interface TorchMixture {
  readonly mixture_model: Readonly<Record<string, ForeignArray>>;
  readonly transfer_model: Readonly<Record<string, ForeignArray>>;
  readonly x: ForeignArray;
  readonly y: ForeignArray;
  readonly weights: ForeignArray;
  readonly answers: readonly TorchAnswer[];
}

const file = new URL("../../../test/references/torch-mixture.json", import.meta.url);
const stored = JSON.parse(readFileSync(file, "utf8")) as TorchMixture;

export const torchAnswers = stored.answers;

export const torchEvents: EventData = {
  count: stored.weights.data.length,
  x: Float64Array.from(stored.x.data),
  y: Float64Array.from(stored.y.data),
  weights: Float64Array.from(stored.weights.data),
};

/** Processes A and B; ν = (ν_1, ν_2, θ_1, θ_2), or (ν_1, ν_2) with the rates fixed at 0. */
export function torchModel({ hasTransport, hasRates }: { hasTransport: boolean; hasRates: boolean }): MixtureModel {
  const within = (folder: string, arrays: Readonly<Record<string, ForeignArray>>) =>
    Object.entries(arrays).map(([name, array]) => [`${folder}.${name}`, array] as const);
  const loaded = loadMixture(
    new Map([...within("mixture_model", stored.mixture_model), ...within("transfer_model", stored.transfer_model)]),
  );
  const shapes = ["nu1", "nu2"].map((name): NuisanceModel => ({ name, nominal: 0, kind: "shape", acts: [true, true] }));
  const rates = ["theta1", "theta2"].map((name, j): NuisanceModel => {
    const logFactors = [0, 1].map((f) => loaded.mixing[f * 2 + j]! * Math.log1p(loaded.kappa[j]!));
    return { name, nominal: 0, kind: "rate", logFactors };
  });
  const nuisances = hasRates ? [...shapes, ...rates] : shapes;
  const { transport, ...model } = publishedModel("torch-mixture.json", loaded, ["A", "B"], nuisances);
  return hasTransport ? { ...model, transport: transport! } : model;
}
