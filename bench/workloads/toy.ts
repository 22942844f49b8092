/** The toy of examples/doi-toy/analysis.yaml with random weights. */
import {
  type Architecture,
  autoregressiveFlow,
  type FactorizableArchitecture,
  factorizableFlow,
  initialise,
} from "../../flows/architecture/architecture.js";
import { checkedModel, type FlowModel, type MixtureModel } from "../../inference/model/mixture-model.js";
import { normals } from "./r1.js";

const modelOf = <A extends Architecture>(architecture: A, seed: number): FlowModel<A> => ({
  architecture,
  weights: initialise(architecture, seed),
});

/** Last layers that are not zero, so that nothing is the identity. */
export function filled(architecture: FactorizableArchitecture, seed: number): FlowModel<FactorizableArchitecture> {
  const { weights } = modelOf(architecture, seed);
  const own = [...weights].map(([name, { shape, data }]) => {
    const isZero = data.every((value) => value === 0);
    const values = isZero ? Float64Array.from(normals(`${seed} ${name}`, data.length), (z) => 0.01 * z) : data;
    return [name, { shape, data: values }] as const;
  });
  return { architecture, weights: new Map(own) };
}

/** The defaults of the command line, with the entries of examples/doi-toy/analysis.yaml. */
export function toy(): MixtureModel {
  const common = { features: 2, hidden: [32, 32], activation: "silu", standardisation: "input" } as const;
  const morph = (context: number, layers: number, seed: number) =>
    filled(
      factorizableFlow({
        features: 2,
        context,
        layers,
        hidden: [32, 32],
        nuisances: [{}, {}],
        pairs: [[0, 1]],
        standardisation: "both",
      }),
      seed,
    );
  const density = (context: number, seed: number) =>
    modelOf(autoregressiveFlow({ ...common, context, transforms: 2, transform: { kind: "affine" } }), seed);
  const transport = autoregressiveFlow({
    ...common,
    context: 4,
    hidden: [64, 64],
    transforms: 2,
    transform: { kind: "spline", bins: 8, bound: 5, freeRightSlope: true },
    standardisation: "both",
  });
  return checkedModel({
    processes: ["A", "B"].map((name) => ({ name, logYield: Math.log(50_000) })),
    nuisances: ["shift", "squeeze"].map((name) => ({ name, kind: "shape", nominal: 0, acts: [true, true] })),
    x: { nominal: density(2, 1), morph: morph(2, 1, 2) },
    y: { nominal: density(4, 3), morph: morph(4, 2, 4) },
    transport: modelOf(transport, 5),
  });
}

export const responseOf = (layers: number, hidden: number[], scale: number) =>
  filled(factorizableFlow({ features: 2, context: 4, layers, hidden, nuisances: [{ scale }, { scale }] }), 6);
