/**
 * Three processes, x in R¹, y in R³, four nuisances: flows whose networks only look at the process, so that every density is
 * a Gaussian known in closed form.
 */
import {
  type Architecture,
  autoregressiveFlow,
  factorizableFlow,
  tensorSpecs,
} from "../../flows/architecture/architecture.js";
import type { Weights } from "../../flows/networks/weights.js";
import type { FlowModel, MixtureModel, NuisanceModel, ResponseSide } from "../../inference/model/mixture-model.js";
import { randomNumbers } from "./random-numbers.js";

const PROCESSES = 3;

/** Outputs of a network per process: [F][outputs of all features, feature-major in their order]. */
type Table = readonly (readonly number[])[];

const random = randomNumbers(7);
const table = (outputs: number, size: number): Table =>
  Array.from({ length: PROCESSES }, () => Array.from({ length: outputs }, () => size * (2 * random() - 1)));

/** One hidden unit per process, which is 1 for that process and 0 for others; the last layer looks the table up. */
function networkWeights(path: string, architecture: Architecture, rows: Table, weights: Weights): void {
  const inputs = tensorSpecs(architecture).find(({ name }) => name === `${path}.0.weight`)!.shape[1]!;
  const first = new Float64Array(PROCESSES * inputs);
  for (let f = 0; f < PROCESSES; f++) first[f * inputs + f] = 1;
  const outputs = rows[0]!.length;
  const last = Float64Array.from(
    { length: outputs * PROCESSES },
    (_, i) => rows[i % PROCESSES]![Math.floor(i / PROCESSES)]!,
  );
  weights.set(`${path}.0.weight`, { shape: [PROCESSES, inputs], data: first });
  weights.set(`${path}.0.bias`, { shape: [PROCESSES], data: new Float64Array(PROCESSES) });
  weights.set(`${path}.1.weight`, { shape: [outputs, PROCESSES], data: last });
  weights.set(`${path}.1.bias`, { shape: [outputs], data: new Float64Array(outputs) });
}

/** All units of degree 0: they see the context only. */
const onlyContext = (features: number) => [[PROCESSES, ...Array<number>(features - 1).fill(0)]];

interface Affine {
  readonly flow: FlowModel<ReturnType<typeof autoregressiveFlow>>;
  readonly rows: Table;
}

/** z_j = y_j e^l + t with l = s / (1 + |s / ln 10⁻³|), (s, t) of feature j at 2j, 2j + 1. */
function affine(features: number, context: number): Affine {
  const drawn = autoregressiveFlow({
    features,
    context,
    hidden: [PROCESSES],
    transforms: 1,
    transform: { kind: "affine" },
  });
  const architecture = { ...drawn, layers: drawn.layers.map((layer) => ({ ...layer, hidden: onlyContext(features) })) };
  const rows = table(2 * features, 0.8);
  const weights: Weights = new Map();
  networkWeights("transforms.0", architecture, rows, weights);
  return { flow: { architecture, weights }, rows };
}

interface Morph {
  readonly flow: FlowModel<ReturnType<typeof factorizableFlow>>;
  /** Per nuisance. */
  readonly rows: readonly Table[];
  readonly pairRows: Table;
}

const Q = 0.02;
const R = 0.1;

/** The last nuisance is linear only; the first two have a pair term. */
function morph(features: number, context: number, nominalValues: readonly number[], scales: readonly number[]): Morph {
  const last = nominalValues.length - 1;
  const drawn = factorizableFlow({
    features,
    context,
    hidden: [PROCESSES],
    layers: 1,
    nuisances: nominalValues.map((nominal, k) => ({ nominal, scale: scales[k]!, linearOnly: k === last })),
    pairs: [[0, 1]],
    quadraticDamping: Q,
    pairDamping: R,
  });
  const architecture = { ...drawn, layers: drawn.layers.map((layer) => ({ ...layer, hidden: onlyContext(features) })) };
  const weights: Weights = new Map();
  const rows = nominalValues.map((_, k) => {
    const own = table((k === last ? 2 : 4) * features, 0.2);
    networkWeights(`transforms.0.nuisances.${k}`, architecture, own, weights);
    return own;
  });
  const pairRows = table(2 * features, 0.3);
  networkWeights("transforms.0.pairs.0-1", architecture, pairRows, weights);
  return { flow: { architecture, weights }, rows, pairRows };
}

const WIDTH_X = 1;
const WIDTH_Y = 3;
const CONTEXT_Y = PROCESSES + WIDTH_X;

const nuisances: readonly NuisanceModel[] = [
  { name: "scale", kind: "shape", nominal: 0, acts: [true, true, true] },
  { name: "rate", kind: "rate", nominal: 0.2, logFactors: [0, Math.log(1.1), -Math.log(1.1)] },
  { name: "tilt", kind: "shape", nominal: 0.3, acts: [false, false, true] },
  { name: "modelling", kind: "shape", nominal: 0, acts: [true, false, false] },
];
const SHAPES = [0, 2, 3];
const YIELDS = [40, 60, 100];

const x = affine(WIDTH_X, PROCESSES);
const y = affine(WIDTH_Y, CONTEXT_Y);
const transport = affine(WIDTH_Y, CONTEXT_Y);
const nominalShapes = SHAPES.map((k) => nuisances[k]!.nominal);
const morphX = morph(WIDTH_X, PROCESSES, nominalShapes, [1, 1, 1]);
const morphY = morph(WIDTH_Y, CONTEXT_Y, nominalShapes, [1, 1, 1]);
/** T responds to all four around the ν_0 of step 1. */
const RESPONSE_NOMINALS = [0.4, 0.2, -0.1, 0.1];
const RESPONSE_SCALES = [0.5, 0.4, 0.3, 0.2];
const response = morph(WIDTH_Y, CONTEXT_Y, RESPONSE_NOMINALS, RESPONSE_SCALES);

export const gaussianModel: MixtureModel = {
  processes: YIELDS.map((count, f) => ({ name: `process${f}`, logYield: Math.log(count) })),
  nuisances,
  x: { nominal: x.flow, morph: morphX.flow },
  y: { nominal: y.flow, morph: morphY.flow },
  transport: transport.flow,
  response: response.flow,
};

/** The same with a response that acts on data, in front of T. */
export const gaussianModelInFront: MixtureModel = { ...gaussianModel, response: { ...response.flow, actsOn: "data" } };

interface Point {
  readonly value: readonly number[];
  readonly logDet: number;
}

function applyAffine({ rows }: Affine, f: number, { value, logDet }: Point): Point {
  const row = rows[f]!;
  const logs = value.map((_, j) => row[2 * j]! / (1 + Math.abs(row[2 * j]! / Math.log(1e-3))));
  return {
    value: value.map((entry, j) => entry * Math.exp(logs[j]!) + row[2 * j + 1]!),
    logDet: logs.reduce((sum, log) => sum + log, logDet),
  };
}

/** y_nominal = y e^s + t; s = Σ a u + q b u² + r c u_0 u_1, t alike. */
function applyMorph({ rows, pairRows }: Morph, f: number, u: readonly number[], { value, logDet }: Point): Point {
  const last = u.length - 1;
  let total = logDet;
  const moved = value.map((entry, j) => {
    let s = R * pairRows[f]![2 * j]! * u[0]! * u[1]!;
    let t = R * pairRows[f]![2 * j + 1]! * u[0]! * u[1]!;
    for (const [k, own] of u.entries()) {
      const row = rows[k]![f]!;
      if (k === last) {
        s += row[2 * j]! * own;
        t += row[2 * j + 1]! * own;
      } else {
        s += row[4 * j]! * own + Q * row[4 * j + 1]! * own ** 2;
        t += row[4 * j + 2]! * own + Q * row[4 * j + 3]! * own ** 2;
      }
    }
    total += s;
    return entry * Math.exp(s) + t;
  });
  return { value: moved, logDet: total };
}

const standardNormal = ({ value, logDet }: Point) =>
  value.reduce((sum, z) => sum - 0.5 * z * z - 0.5 * Math.log(2 * Math.PI), logDet);

function shapeDistances(f: number, nu: readonly number[]): number[] {
  return SHAPES.map((k) => {
    const nuisance = nuisances[k] as { acts: readonly boolean[]; nominal: number };
    return nuisance.acts[f]! ? nu[k]! - nuisance.nominal : 0;
  });
}

const logSumExp = (terms: readonly number[]) => {
  const largest = Math.max(...terms);
  return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
};

/** (ν - ν_0) / scale of the response [K]. */
const responseDistances = (nu: readonly number[]) =>
  nu.map((value, k) => (value - RESPONSE_NOMINALS[k]!) / RESPONSE_SCALES[k]!);

/** ν_0 of the response. */
export const responseNominals: readonly number[] = RESPONSE_NOMINALS;

/**
 * To simulation at the second value, T of process f: T_φ and T_ψ, the response last where it acts on simulation, which is then simulation at
 * ν_0, and first where it acts on data.
 */
function toDensity(actsOn: ResponseSide, f: number, ofY: readonly number[], nu: readonly number[]) {
  const start = { value: ofY, logDet: 0 };
  const u = responseDistances(nu);
  return actsOn === "data"
    ? { at: nu, simulated: applyAffine(transport, f, applyMorph(response, f, u, start)) }
    : { at: RESPONSE_NOMINALS, simulated: applyMorph(response, f, u, applyAffine(transport, f, start)) };
}

/** T_φ alone, which T is at ν_0, for every process: values [F][Dy], log dets [F]. */
export function transportInClosedForm(ofY: readonly number[]): readonly Point[] {
  return YIELDS.map((_, f) => applyAffine(transport, f, { value: ofY, logDet: 0 }));
}

/**
 * log p(x, y | ν), log p(y | x, ν) and log p(x | ν) of one event in closed form.
 *
 * @param acceptances  by which the yields are multiplied besides the rate [F]
 * @param actsOn       of the response
 */
export function closedForm(
  ofX: readonly number[],
  ofY: readonly number[],
  nu: readonly number[],
  acceptances: readonly number[] = [1, 1, 1],
  actsOn: ResponseSide = "simulation",
) {
  const logYields = YIELDS.map((count, f) => {
    return (
      Math.log(count * acceptances[f]!) +
      (nuisances[1] as { logFactors: readonly number[] }).logFactors[f]! * (nu[1]! - 0.2)
    );
  });
  const inX = YIELDS.map((_, f) => {
    const start = { value: ofX, logDet: 0 };
    return standardNormal(applyAffine(x, f, applyMorph(morphX, f, shapeDistances(f, nu), start)));
  });
  const inY = YIELDS.map((_, f) => {
    const { at, simulated } = toDensity(actsOn, f, ofY, nu);
    const nominal = applyMorph(morphY, f, shapeDistances(f, at), simulated);
    return standardNormal(applyAffine(y, f, nominal));
  });
  const prior = inX.map((value, f) => logYields[f]! + value);
  const both = prior.map((value, f) => value + inY[f]!);
  return {
    joint: logSumExp(both) - logSumExp(logYields),
    conditional: logSumExp(both) - logSumExp(prior),
    ofX: logSumExp(prior) - logSumExp(logYields),
  };
}
