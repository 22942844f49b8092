/** What holds for every kind of function: values by other means, derivatives as differences, on every backend. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient, hessian } from "../../../../engine/derivatives/gradient.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import { broadcastEvents, reshape, sumEvents } from "../../../../engine/tape/operations.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { parametersOf } from "../../../../flows/networks/weights.js";
import { bindComposition, TapeParts } from "../../../../inference/model/composition/bind-composition.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { compositionParameters } from "../../../../inference/model/composition/composition-parameters.js";
import { type FunctionForm, functionKind, functionKinds } from "../../../../inference/model/functions/functions.js";
import type { Value } from "../../../../inference/model/language/environment.js";
import { derivedColumns } from "../../../../inference/model/language/framed-columns.js";
import { testBackends } from "../../../support/backends.js";
import { close, tolerances } from "../../../support/close.js";
import { parameter } from "../densities/samples.js";
import { allFunctionSamples, compositionOf, type FunctionSample, functionSamples } from "./samples.js";

const valuesOf = (sample: FunctionSample) => {
  const labels = functionKind("sample", sample.form).labels?.(sample.form);
  return labels?.map((label) => `f.${label}`) ?? ["f"];
};

/** Values of both events, and gradient and Hessian of their sum. */
async function evaluate(backend: Backend, sample: FunctionSample, value: string, theta: readonly number[]) {
  const composition = checkedComposition(compositionOf(sample));
  const tape = new Tape();
  const nu = tape.parameter("nu", [theta.length]);
  const columns = Object.fromEntries(Object.keys(sample.columns).map((name) => [name, tape.column(name)]));
  const parts = new TapeParts();
  const found = reshape(bindComposition(composition, nu, columns, parts).value(value), []);
  // One that looks at no column is the same for both.
  const anyColumn = columns.t ?? columns.pass ?? tape.column("any");
  const values = broadcastEvents(found, anyColumn.events);
  const total = sumEvents(values);
  const [slope] = gradient(total, [nu]) as [typeof total];
  const program = await backend.compile({ outputs: { values, slope, curvature: hessian(total, nu) } });
  const data = Object.fromEntries(Object.entries(sample.columns).map(([name, own]) => [name, Float64Array.from(own)]));
  await program.bind({
    ...(Object.keys(data).length === 0 && { any: new Float64Array(2) }),
    ...data,
    ...derivedColumns(parts.derived, data),
  });
  await program.write({ ...parametersOf(tape, compositionParameters(composition)), nu: [...theta] });
  const result = await program.run();
  await program.close();
  return result as Record<"values" | "slope" | "curvature", Float64Array>;
}

/** Values of both events by other means. */
const expectedOf = ({ parameters, columns, expected }: FunctionSample, k: number, theta: readonly number[]) =>
  [0, 1].map((event) => {
    const names = Object.keys(parameters);
    const point = Object.fromEntries(names.map((name, i) => [name, theta[i]!]));
    const own = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[event]!]));
    return expected({ ...point, ...own })[k]!;
  });

for (const backend of testBackends()) {
  for (const sample of allFunctionSamples) {
    for (const [k, value] of valuesOf(sample).entries()) {
      test(`${sample.name}, ${value}: value and derivatives on ${backend.name}`, async () => {
        const own = await backend.create();
        const theta = Object.values(sample.parameters);
        try {
          const { values, slope, curvature } = await evaluate(own, sample, value, theta);
          const tolerance = tolerances[backend.precision];
          close(values, expectedOf(sample, k, theta), tolerance);
          const sumAt = (moved: readonly number[]) => expectedOf(sample, k, moved).reduce((a, b) => a + b);
          const h = 1e-3;
          const at = (i: number, by: number, j = 0, other = 0) =>
            sumAt(theta.map((own, l) => own + (l === i ? by : 0) + (l === j ? other : 0)));
          // Central differences of the other means in f64: their error is h² times third derivatives of order one.
          const differences = { absolute: 1e-5 + tolerance.absolute, relative: 1e-5 + tolerance.relative };
          close(
            slope,
            theta.map((_, i) => (at(i, h) - at(i, -h)) / (2 * h)),
            differences,
            "gradient",
          );
          const rows = theta.flatMap((_, i) =>
            theta.map((__, j) => (at(i, h, j, h) - at(i, h, j, -h) - at(i, -h, j, h) + at(i, -h, j, -h)) / (4 * h * h)),
          );
          close(curvature, rows, differences, "Hessian");
        } finally {
          await own.close();
        }
      });
    }
  }
}

/** Functions in an environment of their parameters, whose values are constants. */
function environmentOf(
  functions: Readonly<Record<string, FunctionForm>>,
  parameters: Readonly<Record<string, number>>,
) {
  const composition = checkedComposition({
    parameters: Object.entries(parameters).map(([name, start]) => parameter(name, start)),
    columns: {},
    functions,
    densities: {},
  });
  const theta = new Tape().constant(Object.values(parameters));
  return bindComposition(composition, theta, {}, new TapeParts());
}

async function logOf(...given: Parameters<typeof environmentOf>): Promise<number | undefined> {
  const log = environmentOf(...given).logValue("f");
  if (log === undefined) return undefined;
  return (await (await referenceBackend().compile({ outputs: { log } })).run()).log![0];
}

test("kinds that are positive have the logarithm of their value", async () => {
  const found: string[] = [];
  for (const sample of allFunctionSamples.filter(({ columns }) => Object.keys(columns).length === 0)) {
    const log = await logOf({ f: sample.form }, sample.parameters);
    if (log === undefined) continue;
    found.push(sample.form.kind);
    close([log], expectedOf(sample, 0, Object.values(sample.parameters)).slice(0, 1).map(Math.log), tolerances.f64);
  }
  assert.equal([...new Set(found)].sort(), ["interpolation", "log-normal"]);
});

test("a product has a logarithm where all its factors have one, also where it is no number", async () => {
  const rate = (parameter: string): FunctionForm => ({ kind: "log-normal", kappa: 2, parameter });
  const product = (...factors: Value[]) => ({
    f: { kind: "product", factors } as const,
    up: rate("a"),
    down: rate("b"),
  });
  // 2^(2000 - 3) · 5 is beyond all numbers of f64.
  close(
    [(await logOf(product(5, "up", "down"), { a: 2000, b: -3 }))!],
    [Math.log(5) + 1997 * Math.LN2],
    tolerances.f64,
  );
  assert.is(await logOf(product(-5, "up"), { a: 1, b: 0 }), undefined);
  assert.is(await logOf(product("up", "a"), { a: 1, b: 0 }), undefined);
});

test("code 4 is a smooth polynomial between -1 and 1: 1 at 0, with the slopes of the exponentials at the ends", async () => {
  const [sample] = functionSamples.interpolation.filter(({ form }) => form.kind === "interpolation" && form.code === 4);
  const at = async (a: number) => {
    const { values, slope, curvature } = await evaluate(referenceBackend(), sample!, "f", [a]);
    return [values[0]!, slope[0]! / 2, curvature[0]! / 2];
  };
  close([(await at(0))[0]!], [1], tolerances.f64);
  for (const [a, rate] of [
    [1, Math.log(1.3)],
    [-1, -Math.log(0.8)],
  ] as const) {
    const value = Math.exp(rate * a);
    // Within 1e-7 of the end, so that the polynomial is meant: third derivatives are of order one.
    close(await at(a * (1 - 1e-7)), [value, rate * value, rate * rate * value], { absolute: 1e-6, relative: 0 });
  }
});

test("every kind of function has a sample", () => {
  assert.equal(Object.keys(functionSamples).sort(), [...functionKinds].sort());
});

test.run();
