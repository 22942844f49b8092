/** The mixture of processes as a composition: every one of its parts is a parameter, a function or a density of the language. */
import { UsageError } from "../../../engine/errors.js";
import { aList, checkParts } from "../../../engine/options.js";
import type { DensityForm } from "../densities/densities.js";
import type { FunctionForm } from "../functions/functions.js";
import { checkModel } from "../given-model.js";
import type { Value } from "../language/environment.js";
import { checkedModel, type DensityModel, type MixtureModel, sideOf } from "../mixture-model.js";
import type { Parameter } from "../parameters/parameter.js";
import { type CheckedComposition, checkedComposition } from "./composition.js";

/** Names of the columns of the features, in their order. */
export interface MixtureColumns {
  readonly x: readonly string[];
  readonly y?: readonly string[];
}

/** Name of the density of all columns. */
export const EVENTS = "events";

/** Name of the categorical column whose value f is the process f. */
const PROCESS = "process";

/** κ^(θ - nominal) of every rate, and what shape nuisances do to the acceptance, times the nominal yield. */
function yieldOf({ processes, nuisances }: MixtureModel, f: number, distance: (k: number) => Value) {
  const functions: Record<string, FunctionForm> = {};
  const { name, logYield } = processes[f]!;
  const factors: Value[] = [Math.exp(logYield)];
  for (const [k, nuisance] of nuisances.entries()) {
    const own = `${nuisance.name} on ${name}`;
    if (nuisance.kind === "rate") {
      if (nuisance.logFactors[f] === 0) continue;
      functions[own] = { kind: "log-normal", kappa: Math.exp(nuisance.logFactors[f]!), parameter: distance(k) };
    } else {
      const { up, down } = nuisance.acceptance?.[f] ?? { up: null, down: null };
      if (up === null && down === null) continue;
      functions[own] =
        up === null || down === null
          ? { kind: "log-normal", kappa: Math.exp(up ?? -down!), parameter: distance(k) }
          : { kind: "interpolation", code: 4, low: Math.exp(down), high: Math.exp(up), parameter: distance(k) };
    }
    factors.push(own);
  }
  functions[`yield of ${name}`] = { kind: "product", factors };
  return functions;
}

/**
 * The composition of a mixture: densities of x and of y at given x that are conditional on the process, their morphs, T with its response, and the
 * mixture over processes, named `events`. Its likelihood is that of `likelihood` up to the order of additions.
 */
export function mixtureComposition(model: MixtureModel, columns: MixtureColumns): CheckedComposition {
  checkModel("mixtureComposition", model);
  checkParts("mixtureComposition", "columns", columns, { x: aList });
  const { processes, nuisances, x, y, transport, response, frame } = checkedModel(model);
  if ((y === undefined) !== (columns.y === undefined)) {
    throw new UsageError("mixtureComposition", {
      expected: y === undefined ? "columns of x alone" : "columns of x and y",
      got: columns.y === undefined ? "no columns of y" : columns.y.join(", "),
    });
  }
  const parameters = nuisances.map(
    ({ name, nominal, observed = nominal }): Parameter => ({
      name,
      start: nominal,
      constraint: { kind: "normal", observed, sigma: 1 },
    }),
  );
  const functions: Record<string, FunctionForm> = {};
  const distance = (k: number): Value => {
    const { name, nominal } = nuisances[k]!;
    if (nominal === 0) return name;
    functions[`${name} from nominal`] = { kind: "sum", summands: [name, -nominal] };
    return `${name} from nominal`;
  };
  for (const f of processes.keys()) Object.assign(functions, yieldOf(model, f, distance));
  // What a shape nuisance does not act on has its nominal value.
  const shapesAt = (what: string, acting: (k: number) => Value) =>
    nuisances.flatMap((own, k): Value[] => {
      if (own.kind !== "shape") return [];
      if (own.acts.every(Boolean)) return [acting(k)];
      const value = `${own.name}${what} by process`;
      const choices = own.acts.map((acts) => (acts ? acting(k) : own.nominal));
      functions[value] = { kind: "choice", column: PROCESS, choices };
      return [value];
    });
  const densities: Record<string, DensityForm> = {};
  const morphedDensity = (
    name: string,
    of: readonly string[],
    given: readonly string[],
    own: DensityModel,
    shapes: readonly Value[],
  ) => {
    const frames = {
      ...(frame && { frame: name === "x" ? frame.x : frame.y! }),
      ...(frame && given.length > 1 && { givenFrame: frame.x }),
    };
    const nominal = own.morph === undefined ? name : `${name} nominal`;
    densities[nominal] = { kind: "flow", of, given, ...frames, flow: own.nominal };
    if (own.morph === undefined) return;
    densities[name] = { kind: "morphed", density: nominal, of, given, ...frames, nuisances: shapes, morph: own.morph };
  };
  const given = [PROCESS, ...columns.x];
  morphedDensity(
    "x",
    columns.x,
    [PROCESS],
    x,
    shapesAt("", (k) => nuisances[k]!.name),
  );
  if (y !== undefined) {
    const frames = frame && { frame: frame.y!, givenFrame: frame.x };
    const of = columns.y!;
    const isInFront = response !== undefined && sideOf(response) === "data";
    // A T that responds behind itself undoes what nuisances do to y from a point on: there the density stays.
    const origin = isInFront ? undefined : response?.architecture.nuisances.map((own) => own.nominal);
    const shapes =
      origin === undefined ? shapesAt("", (k) => nuisances[k]!.name) : shapesAt(" of T", (k) => origin[k]!);
    morphedDensity("y", of, given, y, shapes);
    let last = "y";
    const add = (name: string, form: (density: string) => DensityForm) => {
      densities[name] = form(last);
      last = name;
    };
    const common = { of, given, ...frames };
    const ofT = () => {
      if (transport === undefined) return;
      add("y of T", (density) => ({ kind: "transported", density, ...common, flow: transport }));
    };
    const ofResponse = () => {
      if (response === undefined) return;
      const names = nuisances.map(({ name }) => name);
      add("y of response", (density) => ({ kind: "morphed", density, ...common, nuisances: names, morph: response }));
    };
    for (const step of isInFront ? [ofT, ofResponse] : [ofResponse, ofT]) step();
    densities["x and y"] = { kind: "product", factors: ["x", last] };
  }
  densities[EVENTS] = {
    kind: "categories",
    density: y === undefined ? "x" : "x and y",
    over: PROCESS,
    coefficients: processes.map(({ name }) => `yield of ${name}`),
  };
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
