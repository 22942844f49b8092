/** Hessians through bottlenecks against those by directions, and against differences of gradients. */
import * as assert from "uvu/assert";
import { gradient, hessian, hessianByDirections } from "../../../engine/derivatives/gradient.js";
import { hessianThroughBottlenecks } from "../../../engine/derivatives/hessian.js";
import { schedule } from "../../../engine/passes/event-passes.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { sizeOf, Tape, type Var } from "../../../engine/tape/tape.js";
import { testBackends } from "../../support/backends.js";
import { close, tolerances } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";

export const EVENTS = 9;

/** A loss, and values for all that it is made of. */
export interface HessianCase {
  readonly loss: Var;
  readonly nu: Var;
  readonly columns: Readonly<Record<string, Float64Array>>;
  readonly parameters: Readonly<Record<string, ArrayLike<number>>>;
}

export const uniform = (count: number, seed: number, low: number, high: number) => {
  const random = randomNumbers(seed);
  return Float64Array.from({ length: count }, () => low + (high - low) * random());
};

async function evaluate<N extends string>(
  { columns, parameters }: HessianCase,
  outputs: Record<N, Var>,
  nu = parameters.nu as ArrayLike<number>,
  backend = referenceBackend(),
): Promise<Record<N, Float64Array>> {
  const { nodes } = schedule(Object.values(outputs));
  const needed = new Set(nodes.map(({ operation }) => "label" in operation && operation.label));
  const only = <T>(all: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => needed.has(name)));
  const program = await backend.compile({ outputs });
  await program.bind(only(columns));
  await program.write(only({ ...parameters, nu }));
  return (await program.run()) as Record<N, Float64Array>;
}

/** Both ways are sums of the same terms in another order: they differ by the rounding of the largest. */
export async function checkThroughBottlenecks(own: HessianCase): Promise<void> {
  const { loss, nu } = own;
  const throughBottlenecks = hessianThroughBottlenecks(loss, nu);
  assert.ok(throughBottlenecks, "no bottleneck was found");
  const got = await evaluate(own, {
    throughBottlenecks: throughBottlenecks as Var,
    byDirections: hessianByDirections(loss, nu),
  });
  const largest = Math.max(...got.byDirections.map(Math.abs));
  assert.ok(largest > 1e-3, "the Hessian must not vanish");
  close(got.throughBottlenecks, got.byDirections, { absolute: 1e-12 * largest, relative: 1e-12 }, "Hessian");
}

/** The reference's answer on every backend that is not a processor playing a GPU, for which these kernels are too many. */
export async function checkBackends(own: HessianCase): Promise<void> {
  const outputs = { matrix: hessianThroughBottlenecks(own.loss, own.nu) as Var };
  const wanted = await evaluate(own, outputs);
  for (const { name, precision, create } of testBackends().filter(({ isSlow }) => !isSlow)) {
    const backend = await create();
    const got = await evaluate(own, outputs, own.parameters.nu, backend);
    close(got.matrix, wanted.matrix, tolerances[precision], name);
    await backend.close();
  }
}

/** Central differences: truncation h² f''' / 6 with h = 1e-4, rounding 1e-16 of the sum / h. */
export async function checkDifferences(own: HessianCase): Promise<void> {
  const { loss, nu } = own;
  const at = Array.from(own.parameters.nu as ArrayLike<number>);
  const { matrix } = await evaluate(own, { matrix: hessian(loss, nu) });
  const [g] = gradient(loss, [nu]) as [Var];
  const h = 1e-4;
  for (const k of at.keys()) {
    const moved = (by: number) => at.map((value, l) => (l === k ? value + by : value));
    const up = await evaluate(own, { g }, moved(h));
    const down = await evaluate(own, { g }, moved(-h));
    const wanted = up.g.map((value, l) => (value - (down.g[l] as number)) / (2 * h));
    const row = matrix.slice(k * at.length, (k + 1) * at.length);
    close(row, wanted, { absolute: 3e-6, relative: 3e-6 }, `row ${k} of the Hessian`);
  }
}

export const K = 24;

/** x + tanh(x) a·ν, of the shape of x: ν moves each element in another direction, by some 0.1. */
export function moved(x: Var, nu: Var, seed: number): Var {
  const rows = sizeOf(x.shape);
  const coefficients = nu.tape.constant(uniform(rows * K, seed, -0.06, 0.06), [rows, K]);
  return o.add(x, o.mul(o.tanh(x), o.reshape(o.sum(o.mul(coefficients, nu), -1), x.shape)));
}

/** A sum over events of a function of ν [K] and a column x [2], with another column z [3] of another event set. */
export function functionCase(build: (nu: Var, x: Var, z: Var) => Var, size = K): HessianCase {
  const tape = new Tape();
  const nu = tape.parameter("nu", [size]);
  const x = tape.column("x", [2]);
  const z = tape.column("z", [3], tape.events("others"));
  return {
    loss: build(nu, x, z),
    nu,
    columns: { x: uniform(2 * EVENTS, 1, 0.5, 1.5), z: uniform(3 * 5, 2, 0.5, 1.5) },
    parameters: { nu: uniform(size, 3, -1, 1) },
  };
}

export const total = (x: Var) => o.sumTo(o.sumEvents(x), []);
export const element = (x: Var, k: number) => o.slice(x, -1, k, k + 1);
