/** Hessians through bottlenecks: every operation behind a bottleneck, and bottlenecks of every kind. */
import { test } from "uvu";
import * as o from "../../../engine/tape/operations.js";
import { type OperationName, type Shape, sizeOf, Tape, type Var } from "../../../engine/tape/tape.js";
import { type Sample, samples } from "../samples.js";
import {
  checkDifferences,
  checkThroughBottlenecks,
  EVENTS,
  element,
  functionCase,
  type HessianCase,
  K,
  moved,
  total,
  uniform,
} from "./hessian-cases.js";

/** Σ sin of the output of the sample, whose columns ν moves and whose parameters it leaves. */
function sampleCase(sample: Sample): HessianCase {
  const tape = new Tape();
  const nu = tape.parameter("nu", [K]);
  const columns: Record<string, Float64Array> = {};
  const [low, high] = sample.domain;
  // Room for what ν moves.
  const draw = (shape: Shape, events: number, seed: number) =>
    uniform(sizeOf(shape) * events, seed, low + 0.15 * (high - low), high - 0.15 * (high - low));
  const inputs = [
    ...(sample.columns ?? []).map((shape, i) => {
      columns[`x${i}`] = draw(shape, EVENTS, 20 + i);
      return moved(tape.column(`x${i}`, shape), nu, 30 + i);
    }),
    ...(sample.parameters ?? []).map((shape, i) => tape.constant(draw(shape, 1, 40 + i), shape)),
  ];
  const output = sample.build(inputs, tape);
  const loss = o.sumTo(o.sumEvents(o.sin(o.broadcastEvents(output, tape.events()))), []);
  return { loss, nu, columns, parameters: { nu: uniform(K, 10, -1, 1) } };
}

/** Sums over events, where events meet; and what has no derivative. */
const isLeftOut = new Set<OperationName>(["weightGradient", "sumEvents", "stopGradient"]);

for (const [name, own] of Object.entries(samples) as [OperationName, readonly Sample[]][]) {
  for (const sample of own.filter(({ columns }) => columns !== undefined && !isLeftOut.has(name))) {
    test(`${sample.name} between two bottlenecks`, () => checkThroughBottlenecks(sampleCase(sample)));
  }
}

const withBottlenecks: Record<string, (nu: Var, x: Var, z: Var) => Var> = {
  "directly and through a bottleneck": (nu, x) => {
    const c = moved(x, nu, 1);
    const direct = o.mul(o.square(element(nu, 0)), o.mul(element(nu, 3), element(x, 1)));
    return total(o.add(o.mul(o.sin(c), o.exp(element(c, 0))), o.mul(o.cos(direct), element(c, 1))));
  },
  "one bottleneck behind another, both seen by the loss": (nu, x) => {
    const first = moved(x, nu, 1);
    const second = moved(o.sin(o.mul(first, 3)), nu, 2);
    return total(o.mul(o.exp(first), o.square(second)));
  },
  "two event sets and a term without events": (nu, x, z) =>
    o.add(o.add(total(o.sin(moved(x, nu, 1))), total(o.cos(moved(z, nu, 2)))), o.sumTo(o.square(o.square(nu)), [])),
  "few numbers without events": (nu, x) => {
    const theta = o.sin(o.sum(o.mul(nu.tape.constant(uniform(2 * K, 4, -1, 1), [2, K]), nu), -1));
    const shared = o.broadcastEvents(o.reshape(theta, [2]), x.events);
    return total(o.mul(o.exp(o.mul(shared, x)), o.sin(shared)));
  },
  kinks: (nu, x) => {
    const c = moved(x, nu, 1);
    const [a, b] = [element(c, 0), element(c, 1)];
    const chosen = o.where(o.greater(a, b), o.square(a), o.mul(a, b));
    return total(o.mul(o.maximum(o.sin(a), o.minimum(b, 1)), o.add(chosen, o.abs(o.sub(a, 1)))));
  },
  "two bottlenecks with one gradient": (nu, x) => {
    const c = moved(x, nu, 1);
    const d = moved(o.mul(x, 2), nu, 2);
    return total(o.exp(o.mul(o.add(o.add(o.sin(c), c), o.add(d, o.cos(d))), 0.3)));
  },
};

for (const [name, build] of Object.entries(withBottlenecks)) {
  test(name, async () => {
    await checkThroughBottlenecks(functionCase(build));
    await checkDifferences(functionCase(build));
  });
}

test.run();
