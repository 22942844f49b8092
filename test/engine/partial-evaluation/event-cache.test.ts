/** What is cached per event, what is computed in each evaluation, and that the outputs stay what they are. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient, hessian } from "../../../engine/derivatives/gradient.js";
import {
  cachePerEvent,
  type EventCache,
  type EventCacheRequest,
} from "../../../engine/partial-evaluation/event-cache.js";
import { isEventSum, schedule } from "../../../engine/passes/event-passes.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import {
  add,
  broadcastEvents,
  concatenate,
  exp,
  linear,
  mul,
  reshape,
  slice,
  square,
  sum,
  sumEvents,
  sumTo,
  tanh,
} from "../../../engine/tape/operations.js";
import { sizeOf, Tape, type Var } from "../../../engine/tape/tape.js";
import { close, tolerances } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { genomes, programOf, type RandomProgram } from "../random-programs.js";

const EVENTS = 9;
/** Wide enough that what lies behind a linear map is worth a place in the cache. */
const WIDE = 300;

const unlimited = Number.POSITIVE_INFINITY;

type Numbers = Record<string, Float64Array>;

/** Random numbers for all columns and parameters of a tape. */
function leavesOf(tape: Tape): { readonly columns: Numbers; readonly parameters: Numbers } {
  const next = randomNumbers(1);
  const draw = (size: number, reach: number) => Float64Array.from({ length: size }, () => reach * (2 * next() - 1));
  const columns: Numbers = {};
  const parameters: Numbers = {};
  for (const { operation, shape } of tape.nodes) {
    if (operation.name === "column") columns[operation.label] = draw(sizeOf(shape) * EVENTS, 1);
    if (operation.name === "parameter") parameters[operation.label] = draw(sizeOf(shape), 0.3);
  }
  return { columns, parameters };
}

async function evaluated(outputs: Readonly<Record<string, Var>>, columns: Numbers, parameters: Numbers) {
  if (Object.keys(outputs).length === 0) return {};
  const program = await referenceBackend().compile({ outputs });
  await program.bind(columns);
  await program.write(parameters);
  return program.run();
}

const derivatives = (output: Var, nu: Var) => {
  const nll = sumEvents(sum(reshape(output, [sizeOf(output.shape)]), 0));
  const total = reshape(nll, []);
  return { output, total, gradient: gradient(total, [nu])[0]!, hessian: hessian(total, nu) };
};

/** Caches an output per event, and compares it and its derivatives with those of the tape as it was. */
async function cached(
  build: (tape: Tape, nu: Var) => Var,
  options: Partial<EventCacheRequest<"nu" | "output">> = {},
): Promise<EventCache<"nu" | "output">> {
  const tape = new Tape();
  const nu = tape.parameter("nu", [2]);
  const output = build(tape, nu);
  const { columns, parameters } = leavesOf(tape);
  const result = cachePerEvent({ outputs: { nu, output }, dynamic: ["nu"], most: unlimited, ...options });
  const numbers = await evaluated({ ...result.common, ...result.own }, columns, parameters);
  const after = derivatives(result.outputs.output, result.outputs.nu);
  const got = await evaluated(after, { ...columns, ...numbers }, parameters);
  const wanted = await evaluated(derivatives(output, nu), columns, parameters);
  for (const [name, values] of Object.entries(wanted)) close(got[name]!, values, tolerances.f64, name);
  return result;
}

const numbersOf = (nodes: Readonly<Record<string, Var>>) =>
  Object.values(nodes).reduce((total, { shape }) => total + sizeOf(shape), 0);

/** Multiply-adds per event of the linear maps that an output needs. */
function multiplications(output: Var): number {
  return schedule([output]).nodes.reduce((total, { operation, events, inputs, shape }) => {
    if (operation.name !== "linear" || events === undefined) return total;
    const [rows, columns] = inputs[1]!.shape.slice(-2) as [number, number];
    const elements = operation.prefix?.reduce((sum, length) => sum + length, 0) ?? rows * columns;
    return total + elements * sizeOf(shape.slice(0, -1));
  }, 0);
}

const [first, second] = [0, 1].map((k) => (nu: Var) => slice(nu, 0, k, k + 1)) as [(nu: Var) => Var, (nu: Var) => Var];

/** [2] */
const pair = (nu: Var) => add(mul(first(nu), second(nu)), tanh(nu));

test("a network of the data is computed once, what is made of it and ν each time", async () => {
  const { common, outputs } = await cached((tape, nu) => {
    const hidden = tanh(linear(tape.column("x", [3]), tape.parameter("w", [WIDE, 3])));
    const coefficients = linear(hidden, tape.parameter("v", [2, WIDE]));
    return exp(mul(coefficients, pair(nu)));
  });
  assert.is(numbersOf(common), 2);
  assert.is(multiplications(outputs.output), 0);
});

test("what costs less than to read it is computed each time", async () => {
  const { common } = await cached((tape, nu) => mul(exp(tape.column("x", [2])), pair(nu)));
  assert.is(numbersOf(common), 0);
});

test("rows of a network that see nothing dynamic are cached, with what they add to the others", async () => {
  const before = Int32Array.from({ length: WIDE }, (_, row) => (row < WIDE / 2 ? 1 : 2));
  const after = Int32Array.from({ length: WIDE }, () => WIDE / 2).fill(WIDE, WIDE / 2);
  const end = Int32Array.of(WIDE / 2, WIDE / 2, WIDE, WIDE);
  const { common, outputs } = await cached((tape, nu) => {
    const seen = concatenate([tape.column("x", [1]), mul(tape.column("y", [1]), first(nu))]);
    const hidden = tanh(linear(seen, tape.parameter("w", [WIDE, 2]), { prefix: before }));
    const next = tanh(linear(hidden, tape.parameter("u", [WIDE, WIDE]), { prefix: after }));
    const raw = reshape(linear(next, tape.parameter("v", [4, WIDE]), { prefix: end }), [2, 2]);
    return mul(exp(raw), reshape(pair(nu), [1, 2]));
  });
  // Two of the four outputs, and what the static half adds to the dynamic rows of the two upper layers.
  assert.is(numbersOf(common), 2 + WIDE / 2 + 2);
  // x into the first layer is cheaper than to cache what it gives.
  const half = WIDE / 2;
  assert.is(multiplications(outputs.output), 2 * half + half * half + 2 * half);
});

test("what is the same for all events is computed without them", async () => {
  const { common, outputs } = await cached((tape, nu) => {
    const x = broadcastEvents(tape.constant([1, -2, 0.5]), tape.events());
    const seen = concatenate([x, mul(tape.column("y", [1]), first(nu))]);
    const prefix = Int32Array.from({ length: WIDE }, (_, row) => (row < WIDE / 2 ? 3 : 4));
    return linear(tanh(linear(seen, tape.parameter("w", [WIDE, 4]), { prefix })), tape.parameter("v", [2, WIDE]));
  });
  assert.is(numbersOf(common), 0);
  assert.is(multiplications(outputs.output), WIDE / 2 + WIDE);
});

test("each event keeps a ν of its own", async () => {
  const tape = new Tape();
  const nu = tape.parameter("nu", [2]);
  const own = broadcastEvents(nu, tape.events());
  const coefficients = linear(tape.column("x", [WIDE]), tape.parameter("w", [2, WIDE]));
  const score = sum(square(add(coefficients, mul(own, first(own)))), 0);
  const { columns, parameters } = leavesOf(tape);
  const { outputs, common } = cachePerEvent({ outputs: { own, score }, dynamic: ["nu"], most: unlimited });
  assert.is(numbersOf(common), 2);
  const gradients = (of: Record<"own" | "score", Var>) => ({
    gradientInNu: gradient(reshape(sumEvents(of.score), []), [of.own])[0]!,
  });
  const numbers = await evaluated(common, columns, parameters);
  const { gradientInNu } = await evaluated(gradients(outputs), { ...columns, ...numbers }, parameters);
  const { gradientInNu: wanted } = await evaluated(gradients({ own, score }), columns, parameters);
  assert.is(gradientInNu!.length, 2 * EVENTS);
  close(gradientInNu!, wanted!, tolerances.f64);
});

/** 300 multiply-adds for each of 2 numbers, and 3000 for each of 2 others. */
function cheapAndDear(tape: Tape, nu: Var): Var {
  const map = (name: string, width: number) =>
    linear(tape.column(`x ${name}`, [width]), tape.parameter(name, [2, width]));
  return mul(tanh(add(map("cheap", WIDE), first(nu))), tanh(mul(map("dear", 10 * WIDE), nu)));
}

test("where little can be cached it is what saves most", async () => {
  const all = await cached(cheapAndDear);
  assert.is(numbersOf(all.common), 4);
  const some = await cached(cheapAndDear, { most: 3 });
  assert.is(numbersOf(some.common), 2);
  assert.is(multiplications(some.outputs.output), 2 * WIDE);
  assert.match(Object.keys(some.common)[0]!, /^cached \d+: linear \[2\] behind dear$/);
  assert.is(numbersOf((await cached(cheapAndDear, { most: 1 })).common), 0);
});

test("what differs from member to member is cached apart, and counts once for each", async () => {
  const varied = new Set(["dear"]);
  const both = await cached(cheapAndDear, { varied, members: 3, most: 8 });
  assert.is(numbersOf(both.common), 2);
  assert.is(numbersOf(both.own), 2);
  const few = await cached(cheapAndDear, { varied, members: 3, most: 7 });
  assert.ok(numbersOf(few.common) + 3 * numbersOf(few.own) <= 7);
});

/** Values of a random program that come before any sum over events. */
function valuesBeforeSums({ outputs }: RandomProgram): Record<string, Var> {
  const isPlain = (node: Var) => node.events !== undefined && !schedule([node]).nodes.some(isEventSum);
  return Object.fromEntries(Object.entries(outputs).filter(([name, node]) => /^value/.test(name) && isPlain(node)));
}

/** The values, and the gradient of their sum with respect to dynamic parameters. */
function withGradient(values: Readonly<Record<string, Var>>, dynamic: readonly string[]): Record<string, Var> {
  const loss = Object.values(values)
    .map((node) => sumEvents(sumTo(node, [])))
    .reduce((a, b) => add(a, b));
  const wrt = loss.tape.nodes.filter(
    ({ operation }) => operation.name === "parameter" && dynamic.includes(operation.label),
  );
  const gradients = gradient(loss, wrt).map((node, i) => [`gradientInNu ${i}`, node] as const);
  return { ...values, ...Object.fromEntries(gradients) };
}

const RUNS = Number(process.env.RANDOM_PROGRAMS ?? 200);

test(`${RUNS} random programs keep values and gradients, whichever parameters are dynamic`, async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(genomes, fc.nat({ max: 15 }), async (genome, which) => {
      const random = programOf(genome);
      const dynamic = ["p0", "p1", "p2", "p3"].filter((_, i) => (which >> i) % 2 === 1);
      const values = valuesBeforeSums(random);
      if (Object.keys(values).length === 0) return;
      const { outputs, common } = cachePerEvent({ outputs: values, dynamic, most: unlimited });
      const columns = random.columns(EVENTS);
      const wanted = await evaluated(withGradient(values, dynamic), columns, random.parameters);
      const numbers = await evaluated(common, columns, random.parameters);
      const got = await evaluated(withGradient(outputs, dynamic), { ...columns, ...numbers }, random.parameters);
      for (const [name, numbers] of Object.entries(wanted)) close(got[name]!, numbers, tolerances.f64, name);
      compared += 1;
    }),
    { numRuns: RUNS, seed: 20261123 },
  );
  assert.ok(compared > RUNS / 2, `${compared} programs compared`);
});

test.run();
