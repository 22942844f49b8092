import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { type OperationName, sizeOf, Tape, type Var } from "../../../engine/tape/tape.js";
import { testBackends } from "../../support/backends.js";
import { close, tolerances } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { type Sample, samples } from "../samples.js";

/** 67 events: one whole tile of 64 and a tail. */
const EVENTS = 67;

interface Built {
  readonly outputs: Record<string, Var>;
  readonly columns: Record<string, Float64Array>;
  readonly parameters: Record<string, Float64Array>;
  /** Direction of the directional derivatives, one entry per parameter element. */
  readonly direction: Record<string, Float64Array>;
}

/** Loss = Σ c · output, its directional derivative, and the derivative of that: all of one direction v. */
function build(sample: Sample, seed: number): Built {
  const random = randomNumbers(seed);
  const tape = new Tape();
  const draw = (n: number, [low, high]: readonly [number, number]) =>
    Float64Array.from({ length: n }, () => low + (high - low) * random());
  const columns: Record<string, Float64Array> = {};
  const parameters: Record<string, Float64Array> = {};
  const direction: Record<string, Float64Array> = {};
  const wrt: Var[] = [];
  const declare = (name: string, shape: readonly number[], values: Float64Array) => {
    const parameter = tape.parameter(name, shape);
    parameters[name] = values;
    direction[name] = draw(values.length, [-1, 1]);
    wrt.push(parameter);
    return parameter;
  };
  const inputs = [
    ...(sample.columns ?? []).map((shape, i) => {
      columns[`x${i}`] = draw(sizeOf(shape) * EVENTS, sample.domain);
      // A shift common to all events stands for the derivative with respect to the column.
      return o.add(tape.column(`x${i}`, shape), declare(`shift${i}`, shape, new Float64Array(sizeOf(shape))));
    }),
    ...(sample.parameters ?? []).map((shape, i) => declare(`p${i}`, shape, draw(sizeOf(shape), sample.domain))),
  ];
  const output = sample.build(inputs, tape);
  const coefficients = tape.constant(draw(sizeOf(output.shape), [0.5, 1.5]), output.shape);
  const weighted = o.mul(output, coefficients);
  const total = o.sumTo(weighted.events === undefined ? weighted : o.sumEvents(weighted), []);
  const along = (g: readonly Var[]) =>
    g
      .map((part, i) =>
        o.sumTo(o.mul(part, tape.constant(direction[wrtName(wrt[i] as Var)] as Float64Array, part.shape)), []),
      )
      .reduce((a, b) => o.add(a, b));
  const first = gradient(total, wrt);
  const directional = along(first);
  const second = along(gradient(directional, wrt));
  return { outputs: { total, directional, second, output }, columns, parameters, direction };
}

function wrtName(node: Var): string {
  if (node.operation.name !== "parameter") throw new Error("not a parameter");
  return node.operation.label;
}

async function evaluate(backend: Backend, built: Built, step = 0): Promise<Record<string, Float64Array>> {
  const program = await backend.compile({ outputs: built.outputs });
  await program.bind(built.columns);
  await program.write(
    Object.fromEntries(
      Object.entries(built.parameters).map(([name, values]) => [
        name,
        values.map((value, i) => value + step * (built.direction[name]?.[i] as number)),
      ]),
    ),
  );
  const result = await program.run();
  await program.close();
  return result;
}

for (const name of Object.keys(samples) as OperationName[]) {
  samples[name].forEach((sample, i) => {
    test(`${sample.name}: first and second derivative agree with central differences`, async () => {
      const backend = referenceBackend();
      const built = build(sample, 100 + i);
      const { directional, second } = await evaluate(backend, built);
      // Central differences: truncation h² f''' / 6 with h = 1e-4, rounding 1e-16 * sum / h.
      const h = 1e-4;
      const up = await evaluate(backend, built, h);
      const down = await evaluate(backend, built, -h);
      const difference = (key: string) => [((up[key]?.[0] as number) - (down[key]?.[0] as number)) / (2 * h)];
      const tolerance = { absolute: 2e-6, relative: 2e-6 };
      close(directional as Float64Array, difference("total"), tolerance, "first derivative");
      close(second as Float64Array, difference("directional"), tolerance, "second derivative");
      if (name !== "stopGradient")
        assert.ok(Math.abs(directional?.[0] as number) > 1e-3, "the sample must not sit at a stationary point");
    });
  });
}

for (const { name, precision, create } of testBackends().filter((backend) => backend.name !== "reference")) {
  test(`every operation agrees with the reference on ${name}`, async () => {
    const backend = await create();
    for (const [i, sample] of Object.values(samples).flat().entries()) {
      const built = build(sample, 200 + i);
      const wanted = await evaluate(referenceBackend(), built);
      const got = await evaluate(backend, built);
      for (const key of Object.keys(wanted)) {
        close(got[key] as Float64Array, wanted[key] as Float64Array, tolerances[precision], `${sample.name}, ${key}`);
      }
    }
    await backend.close();
  });
}

test.run();
