/**
 * One process, x and y in R¹, standard normal but for shifts: x + a·ν and y + b·ν are what nominal simulation is, T(y) = y + t + r·(ν - ν_0).
 * All that is asked of it is known in closed form.
 */
import { autoregressiveFlow, factorizableFlow, initialise } from "../../flows/architecture/architecture.js";
import type { Weights } from "../../flows/networks/weights.js";
import type { MixtureModel, ResponseSide } from "../../inference/model/mixture-model.js";

export interface Shifts {
  readonly events: number;
  /** Per nuisance. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** T; absent: none */
  readonly t?: number;
  readonly r?: readonly number[];
  readonly origin?: readonly number[];
  /** What the response acts on; T is the same, as all shifts commute. */
  readonly actsOn?: ResponseSide;
  /** log-normal factor of one more nuisance, a rate */
  readonly rate?: number;
}

const small = { hidden: [2], transforms: 1, transform: { kind: "affine" } } as const;

/** y + t, of the architecture of the model's T. */
export function shiftWeights(t: number): Weights {
  const weights = initialise(autoregressiveFlow({ ...small, features: 1, context: 2 }), 1, { identity: true });
  // (s, t) of the only feature.
  weights.get("transforms.0.1.bias")!.data.set([0, t]);
  return weights;
}

/** u + slopes · (ν - nominal values) */
function shifted(context: number, slopes: readonly number[], nominalValues: readonly number[]) {
  const architecture = factorizableFlow({
    features: 1,
    context,
    hidden: [2],
    layers: 1,
    nuisances: slopes.map((_, k) => ({ nominal: nominalValues[k]!, scale: 1 })),
  });
  const weights = initialise(architecture, 1, { identity: true });
  // s linear, s quadratic, t linear, t quadratic
  for (const [k, slope] of slopes.entries()) {
    weights.get(`transforms.0.nuisances.${k}.1.bias`)!.data.set([0, 0, slope, 0]);
  }
  return { architecture, weights };
}

function standardNormal(context: number) {
  const architecture = autoregressiveFlow({ ...small, features: 1, context });
  return { architecture, weights: initialise(architecture, 1, { identity: true }) };
}

export function shiftModel({ events, a, b, t, r, origin, actsOn = "simulation", rate }: Shifts): MixtureModel {
  const zeros = a.map(() => 0);
  const shapes = a.map((_, k) => ({ name: `shape${k}`, kind: "shape", nominal: 0, acts: [true] }) as const);
  const rates = rate === undefined ? [] : [{ name: "rate", kind: "rate", nominal: 0, logFactors: [rate] } as const];
  return {
    processes: [{ name: "only", logYield: Math.log(events) }],
    nuisances: [...shapes, ...rates],
    x: { nominal: standardNormal(1), morph: shifted(1, a, zeros) },
    y: { nominal: standardNormal(2), morph: shifted(2, b, zeros) },
    ...(t !== undefined && {
      transport: { architecture: autoregressiveFlow({ ...small, features: 1, context: 2 }), weights: shiftWeights(t) },
    }),
    ...(r && {
      response: {
        ...shifted(
          2,
          // T undoes b·(ν - ν_0) by itself where its response acts on simulation.
          r.map((slope, k) => slope + (actsOn === "simulation" ? (b[k] ?? 0) : 0)),
          origin ?? r.map(() => 0),
        ),
        ...(actsOn === "data" && { actsOn }),
      },
    }),
  };
}
