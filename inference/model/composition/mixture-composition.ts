/** The mixture of processes as a composition: every one of its parts is a parameter, a function or a density of the language. */
import { UsageError } from "../../../engine/errors.js";
import { aList, checkArgument, checkParts, oneOf } from "../../../engine/options.js";
import type { FactorizableArchitecture, FlowArchitecture } from "../../../flows/architecture/architecture.js";
import type { DensityForm } from "../densities/densities.js";
import type { FunctionForm } from "../functions/functions.js";
import { checkModel } from "../given-model.js";
import type { Value } from "../language/environment.js";
import {
  checkedModel,
  type FlowModel,
  type MixtureModel,
  type NuisanceModel,
  type PartName,
  partOf,
  sideOf,
} from "../mixture-model.js";
import type { Parameter } from "../parameters/parameter.js";
import { type CheckedComposition, checkedComposition } from "./composition.js";

/** Names of the columns of the features, in their order. */
export interface MixtureColumns {
  readonly x: readonly string[];
  readonly y?: readonly string[];
}

/** Name of the density of all columns. */
export const EVENTS = "events";

/** Name of the density of the columns of y at given ones of x, where it is asked for. */
export const EVENTS_GIVEN_X = "events given x";

/** `joint`: p(x, y | ν). `conditional`: p(y | x, ν), the fractions of the processes following from p(x). */
export type LikelihoodForm = "joint" | "conditional";

/** Name of the categorical column whose value f is the process f. */
export const PROCESS = "process";

/** Where each part of a model stands: a density, and the entry of its form. The parts of an observable are behind one another in this order. */
const PLACES: { readonly [N in PartName]: readonly [density: string, entry: string] } = {
  "x.nominal": ["x nominal", "flow"],
  "x.morph": ["x", "morph"],
  "y.nominal": ["y nominal", "flow"],
  "y.morph": ["y", "morph"],
  response: ["y of response", "morph"],
  transport: ["y of T", "flow"],
};

/** Density in which a part stands. */
export const densityOfPart = (part: PartName): string => PLACES[part][0];

/** Name of its weights, as `modelsOf` has it. */
export const weightsOfPart = (part: PartName): string => `densities.${PLACES[part].join(".")}`;

/** The parts that the density of an observable is made of, from the innermost one to that which sees the events. */
export function partsOfObservable(model: MixtureModel, of: "x" | "y"): PartName[] {
  const isInFront = model.response !== undefined && sideOf(model.response) === "data";
  const ofT: PartName[] = isInFront ? ["transport", "response"] : ["response", "transport"];
  const all: PartName[] = [`${of}.nominal`, `${of}.morph`, ...(of === "y" ? ofT : [])];
  return all.filter((part) => partOf(model, part) !== undefined);
}

/** With numbers for names: those of users may be those of other things of the composition. */
export const numbered = (model: MixtureModel): MixtureModel => ({
  ...model,
  processes: model.processes.map(({ logYield }, f) => ({ name: `process ${f}`, logYield })),
  nuisances: model.nuisances.map((own, k) => ({ ...own, name: `nuisance ${k}` })),
});

/** Nuisances as parameters, and yields that follow from them: κ^(θ - nominal) of every rate, and what shape nuisances do to the acceptance. */
export function mixtureYields({ processes, nuisances }: Pick<MixtureModel, "processes" | "nuisances">) {
  const parameters = nuisances.map(
    ({ name, nominal, observed = nominal }): Parameter => ({
      name,
      start: nominal,
      constraint: { kind: "normal", observed, sigma: 1 },
    }),
  );
  const functions: Record<string, FunctionForm> = {};
  const distance = ({ name, nominal }: NuisanceModel): Value => {
    if (nominal === 0) return name;
    functions[`${name} from nominal`] = { kind: "sum", summands: [name, -nominal] };
    return `${name} from nominal`;
  };
  const factorOf = (nuisance: NuisanceModel, f: number): FunctionForm | undefined => {
    const logNormal = (log: number): FunctionForm | undefined =>
      log === 0 ? undefined : { kind: "log-normal", kappa: Math.exp(log), parameter: distance(nuisance) };
    if (nuisance.kind === "rate") return logNormal(nuisance.logFactors[f]!);
    const { up, down } = nuisance.acceptance?.[f] ?? { up: null, down: null };
    if (up === null || down === null) return logNormal(up ?? -(down ?? 0));
    const [low, high] = [Math.exp(down), Math.exp(up)];
    return { kind: "interpolation", code: 4, low, high, parameter: distance(nuisance) };
  };
  const yields = processes.map(({ name, logYield }, f) => {
    const factors: Value[] = [Math.exp(logYield)];
    for (const nuisance of nuisances) {
      const factor = factorOf(nuisance, f);
      if (factor === undefined) continue;
      const own = `${nuisance.name} on ${name}`;
      functions[own] = factor;
      factors.push(own);
    }
    functions[`yield of ${name}`] = { kind: "product", factors };
    return `yield of ${name}`;
  });
  return { parameters, functions, yields };
}

/**
 * The composition of a mixture: densities of x and of y at given x that are conditional on the process, their morphs, T with its response, and the
 * mixture over processes, named `events`: what `likelihood` computes. The conditional form also has that of y at given x, named `events given x`.
 */
export function mixtureComposition(
  model: MixtureModel,
  columns: MixtureColumns,
  form: LikelihoodForm = "joint",
): CheckedComposition {
  checkModel("mixtureComposition", model);
  checkParts("mixtureComposition", "columns", columns, { x: aList });
  const { processes, nuisances, y, response, frame } = checkedModel(model);
  checkArgument("mixtureComposition", "form", form, oneOf("joint", "conditional"));
  if (form === "conditional" && y === undefined) {
    throw new UsageError("mixtureComposition", { expected: "y for p(y | x)", got: "x alone" });
  }
  if ((y === undefined) !== (columns.y === undefined)) {
    throw new UsageError("mixtureComposition", {
      expected: y === undefined ? "columns of x alone" : "columns of x and y",
      got: columns.y === undefined ? "no columns of y" : columns.y.join(", "),
    });
  }
  const { parameters, functions, yields } = mixtureYields(model);
  /** What a shape nuisance does not act on has its nominal value. @param origin  values of the others; absent: those of the parameters */
  const shapesAt = (origin: readonly number[] | undefined) =>
    nuisances.flatMap((own, k): Value[] => {
      if (own.kind !== "shape") return [];
      const value = origin?.[k] ?? own.name;
      if (own.acts.every(Boolean)) return [value];
      const name = `${own.name}${origin ? " of T" : ""} by process`;
      functions[name] = {
        kind: "choice",
        column: PROCESS,
        choices: own.acts.map((acts) => (acts ? value : own.nominal)),
      };
      return [name];
    });
  // A T that responds behind itself undoes what nuisances do to y from a point on: there the density stays.
  const origin =
    response && sideOf(response) === "simulation"
      ? response.architecture.nuisances.map(({ nominal }) => nominal)
      : undefined;
  const values: Partial<Record<PartName, () => readonly Value[]>> = {
    "x.morph": () => shapesAt(undefined),
    "y.morph": () => shapesAt(origin),
    response: () => nuisances.map(({ name }) => name),
  };
  const densities: Record<string, DensityForm> = {};
  /** @returns  the density of the observable */
  function observable(of: "x" | "y", names: readonly string[], given: readonly string[]): string {
    const common = {
      of: names,
      given,
      ...(frame && { frame: frame[of]! }),
      ...(frame && of === "y" && { givenFrame: frame.x }),
    };
    return partsOfObservable(model, of).reduce<string>((density, part) => {
      const name = densityOfPart(part);
      const flow = partOf(model, part) as FlowModel<FlowArchitecture>;
      const morph = partOf(model, part) as FlowModel<FactorizableArchitecture>;
      const nuisances = values[part]?.();
      if (nuisances !== undefined) densities[name] = { kind: "morphed", density, ...common, nuisances, morph };
      else if (part === "transport") densities[name] = { kind: "transported", density, ...common, flow };
      else densities[name] = { kind: "flow", ...common, flow };
      return name;
    }, "");
  }
  const ofX = observable("x", columns.x, [PROCESS]);
  const ofY = columns.y && observable("y", columns.y, [PROCESS, ...columns.x]);
  if (ofY !== undefined) densities["x and y"] = { kind: "product", factors: [ofX, ofY] };
  densities[EVENTS] = {
    kind: "categories",
    density: ofY === undefined ? ofX : "x and y",
    over: PROCESS,
    coefficients: yields,
  };
  if (form === "conditional") densities[EVENTS_GIVEN_X] = { kind: "conditional", density: EVENTS, given: columns.x };
  return checkedComposition({
    parameters,
    functions,
    columns: {
      ...Object.fromEntries([...columns.x, ...(columns.y ?? [])].map((name) => [name, {}])),
      [PROCESS]: { values: Array.from(processes.keys()) },
    },
    densities,
  });
}

export const featureNames = (of: "x" | "y", features: number): string[] =>
  Array.from({ length: features }, (_, i) => `${of}${i}`);

/** The composition on tapes of the product: of columns that have entered the frame of the model, its parts numbered. */
export function unframedComposition({ frame: _, ...model }: MixtureModel): CheckedComposition {
  const { x, y } = model;
  const columns = {
    x: featureNames("x", x.nominal.architecture.features),
    ...(y && { y: featureNames("y", y.nominal.architecture.features) }),
  };
  return mixtureComposition(numbered(model), columns, y === undefined ? "joint" : "conditional");
}
