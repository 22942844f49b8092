/** What the last layers of factorizable flows do to log p at first order, beside the derivative of the flow itself. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../engine/derivatives/gradient.js";
import { referenceBackend } from "../../engine/reference/backend.js";
import { add, broadcastEvents, mul, sin, sub, sumEvents } from "../../engine/tape/operations.js";
import { Tape, type Var } from "../../engine/tape/tape.js";
import { type FactorizableArchitecture, factorizableFlow, initialise } from "../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../flows/factorizable.js";
import { firstOrderTerms, withCommonUnits, withFirstOrder } from "../../flows/first-order.js";
import { named, type Weights } from "../../flows/networks/weights.js";
import { sumFeatures } from "../../flows/shapes.js";
import { randomNumbers } from "../support/random-numbers.js";

const nuisances = [
  { nominal: 0.3, scale: 0.5 },
  { nominal: -0.2, scale: 2, linearOnly: true },
];
const samples: Readonly<Record<string, FactorizableArchitecture>> = {
  "one feature": factorizableFlow({ features: 1, context: 2, hidden: [5], layers: 1, nuisances }),
  "two features, two layers, a frame": factorizableFlow({
    features: 2,
    context: 1,
    hidden: [6],
    layers: 2,
    nuisances,
    standardisation: "both",
  }),
  "three features, two hidden layers, pairs": factorizableFlow({
    features: 3,
    context: 2,
    hidden: [7, 9],
    layers: 2,
    nuisances,
    pairs: [[0, 1]],
  }),
  splines: factorizableFlow({
    features: 2,
    context: 1,
    hidden: [5],
    layers: 3,
    nuisances,
    spline: { kind: "spline", bins: 3, bound: 4 },
  }),
};

/** Of no symmetry, and far from a normal distribution: [..., D] → [...] */
const logNominal = (y: Var) => sumFeatures(sub(sin(mul(y, 1.3)), mul(mul(y, y), add(mul(y, 0.05), 0.4))));

function framed(architecture: FactorizableArchitecture, weights: Weights): Weights {
  if (architecture.standardisation === "none") return weights;
  const set = (name: string, values: number[]) =>
    weights.set(`standardisation.${name}`, { shape: [values.length], data: Float64Array.from(values) });
  set("features.shift", [0.4, -0.7]);
  set("features.scale", [1.7, 0.6]);
  set("context.shift", [0.2]);
  set("context.scale", [1.4]);
  return weights;
}

const EVENTS = 6;

for (const [name, architecture] of Object.entries(samples)) {
  test(`${name}: terms times coefficients are the slope of log p in each nuisance at the nominal values`, async () => {
    const { features, context } = architecture;
    const random = randomNumbers(11);
    const draw = (n: number) => Float64Array.from({ length: n }, () => 2 * random() - 1);
    const tape = new Tape();
    const y = tape.column("y", [features]);
    const c = tape.column("c", [context]);
    const flow = bindFactorizableFlow(tape, architecture, "flow");
    const terms = firstOrderTerms(tape, flow, y, c, logNominal);
    const nu = broadcastEvents(tape.parameter("nu", [2]), tape.events());
    const { value, logDet } = flow.toNominal(y, c, nu);
    const [slopes] = gradient(sumEvents(add(logNominal(value), logDet)), [nu]);
    const program = await referenceBackend().compile({ outputs: { terms, slopes: slopes! } });
    const size = terms.shape[0]!;
    const coefficients = [draw(size), draw(size)];
    const start = framed(architecture, withCommonUnits(architecture, initialise(architecture, 3)));
    const weights = coefficients.reduce((all, own, k) => withFirstOrder(architecture, all, k, own), start);
    await program.write({ ...named("flow", weights), nu: nuisances.map(({ nominal }) => nominal) });
    await program.bind({ y: draw(features * EVENTS), c: draw(context * EVENTS) });
    const found = await program.run();
    for (const [k, own] of coefficients.entries()) {
      for (let i = 0; i < EVENTS; i++) {
        const expected = own.reduce((sum, value, at) => sum + value * found.terms![at * EVENTS + i]!, 0);
        const got = found.slopes![k * EVENTS + i]! * nuisances[k]!.scale;
        // Rounding of some hundred products.
        assert.ok(Math.abs(got - expected) < 1e-12 * (1 + Math.abs(expected)), `${got} beside ${expected}`);
      }
    }
  });
}

test.run();
