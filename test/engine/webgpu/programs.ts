/** Small programs whose kernels tests print, compile and run. */
import { gradient, hessian } from "../../../engine/derivatives/gradient.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { autoregressiveFlow, factorizableFlow, initialise } from "../../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../../flows/factorizable.js";
import { bindFlow } from "../../../flows/flow.js";
import { named } from "../../../flows/networks/weights.js";

const density = autoregressiveFlow({
  features: 2,
  context: 1,
  transforms: 1,
  hidden: [8],
  transform: { kind: "spline", bins: 4, bound: 4 },
});
const morph = factorizableFlow({
  features: 2,
  context: 1,
  layers: 1,
  hidden: [8],
  nuisances: [{}, { scale: 2 }],
  pairs: [[0, 1]],
});

export const weights = {
  ...named("density", initialise(density, 3)),
  ...named("morph", initialise(morph, 4)),
};

/** log p(y | x, ν) of a spline flow behind a factorizable flow. */
export function likelihood() {
  const tape = new Tape();
  const [y, x, nu] = [tape.column("y", [2]), tape.column("x", [1]), tape.parameter("nu", [2])];
  const nominal = bindFactorizableFlow(tape, morph, "morph").toNominal(y, x, nu);
  const logProb = o.add(bindFlow(tape, density, "density").logProb(nominal.value, x), nominal.logDet);
  const nll = o.neg(o.sumEvents(logProb));
  return { logProb, nll, gradient: gradient(nll, [nu])[0] as Var, hessian: hessian(nll, nu), y };
}

export function splineFlow(): Var {
  const tape = new Tape();
  return bindFlow(tape, density, "density").logProb(tape.column("y", [2]), tape.column("x", [1]));
}

export function factorizable(): Var {
  const tape = new Tape();
  const flow = bindFactorizableFlow(tape, morph, "morph");
  return flow.toNominal(tape.column("y", [2]), tape.column("x", [1]), tape.parameter("nu", [2])).value;
}

export function masks(): Var {
  const tape = new Tape();
  const [x, p] = [tape.column("x", [3]), tape.parameter("p", [3])];
  const isInside = o.mul(o.greater(x, -2), o.lessEqual(x, p));
  const safe = o.where(isInside, x, 0.5);
  return o.add(o.where(isInside, o.log(o.add(safe, 3)), 0), o.mul(isInside, 0.1));
}

export function prefixMask(): Var {
  const tape = new Tape();
  return o.linear(tape.column("x", [3]), tape.parameter("w", [6, 3]), { prefix: Int32Array.of(1, 1, 2, 3, 3, 3) });
}
