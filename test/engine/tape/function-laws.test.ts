/** Every function of numbers obeys its law on every backend: value, slopes and second derivatives. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import * as operations from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { type TestBackend, testBackends } from "../../support/backends.js";
import { runOn } from "../../support/run-program.js";
import { activationLaws, type Law, laws, logistic, type Numbers } from "./function-laws.js";

const { POSITIVE_INFINITY: inf } = Number;

const columnName = (i: number) => `x${i}`;

/** Value, slopes and second derivatives at all points, each [points]. */
async function evaluate(law: Law, points: readonly Numbers[], backend: Backend) {
  const tape = new Tape();
  const x = (points[0] as Numbers).map((_, i) => tape.column(columnName(i)));
  const value = law.f(...x);
  const slopes = gradient(operations.sumEvents(value), x);
  const curvatures = slopes.flatMap((slope) => gradient(operations.sumEvents(slope), x));
  const named = (name: string, nodes: readonly Var[]) => nodes.map((node, i) => [`${name}${i}`, node] as const);
  const program = await backend.compile({
    outputs: Object.fromEntries([["value", value], ...named("slope", slopes), ...named("curvature", curvatures)]),
  });
  await program.bind(
    Object.fromEntries(x.map((_, i) => [columnName(i), Float64Array.from(points, (point) => point[i] as number)])),
  );
  const answers = await program.run();
  const all = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => answers[`${name}${i}`] as Float64Array);
  return {
    value: [answers.value as Float64Array],
    slopes: all("slope", x.length),
    curvatures: all("curvature", x.length ** 2),
  };
}

const formats = {
  f32: { unit: 2 ** -23, least: 2 ** -126, largest: 2 ** 128 - 2 ** 104 },
  f64: { unit: 2 ** -52, least: 2 ** -1022, largest: Number.MAX_VALUE },
} as const;

/** Units in the last place: the functions' own (5 at most) and those of the products and quotients of a derivative. */
const UNITS = 16;
/** A WGSL exponential may be off by 3 + 2 |x| units, which counts up to where it ends, and a logarithm by as much near 0. */
const LOOSE_UNITS = 256;

/** What WGSL compilers may take for granted not to exist, or to be 0. */
const isOrdinary = (x: number) => x === 0 || (Math.abs(x) > 2 ** -120 && Math.abs(x) < 2 ** 120);

function checkNumber(
  got: number,
  wanted: number,
  absolute: number,
  { name, precision }: TestBackend,
  what: string,
): void {
  const { unit, least, largest } = formats[precision];
  const isLoose = name === "webgpu";
  if (isLoose && !isOrdinary(wanted)) return;
  if (got === wanted || (Number.isNaN(got) && Number.isNaN(wanted))) return;
  if (Math.abs(wanted) > largest && got === Math.sign(wanted) * inf) return;
  const units = isLoose ? LOOSE_UNITS : UNITS;
  const allowed = units * unit * (Math.abs(wanted) + absolute) + least;
  assert.ok(Math.abs(got - wanted) <= allowed, `${what}: ${got}, wanted ${wanted}, allowed difference ${allowed}`);
}

async function check(name: string, law: Law, backend: TestBackend, opened: Backend): Promise<void> {
  const isLoose = backend.name === "webgpu";
  const points = law.points
    .map((point) => point.map(Math.fround))
    .filter((point) => !isLoose || point.every(isOrdinary));
  assert.ok(points.length > 0, `${name}: no point on ${backend.name}`);
  const got = await evaluate(law, points, opened);
  const { absolute = [0, 0, 0] } = law;
  points.forEach((point, e) => {
    const [ofValue, ofSlope, ofCurvature] = typeof absolute === "function" ? absolute(...point) : absolute;
    const at = `${name}(${point}) on ${backend.name}`;
    const compare = (numbers: readonly Float64Array[], wanted: Numbers, absolute: number, what: string) =>
      wanted.forEach((exact, i) => {
        checkNumber((numbers[i] as Float64Array)[e] as number, exact, absolute, backend, `${what} ${i} of ${at}`);
      });
    compare(got.value, [law.value(...point)], ofValue, "value");
    compare(got.slopes, law.slopes(...point), ofSlope, "slope");
    const none = point.map(() => point.map(() => 0));
    compare(got.curvatures, (law.curvatures?.(...point) ?? none).flat(), ofCurvature, "second derivative");
  });
}

for (const backend of testBackends()) {
  for (const [kind, registry] of Object.entries({ operation: laws, activation: activationLaws })) {
    test(`every ${kind} is its function, and so are its derivatives, on ${backend.name}`, async () => {
      const opened = await backend.create();
      try {
        for (const [name, law] of Object.entries(registry)) await check(name, law, backend, opened);
      } finally {
        await opened.close();
      }
    });
  }
}

test("Newton's method from 0 finds the slope of a logistic regression", async () => {
  const tape = new Tape();
  const [x, y] = [tape.column("x"), tape.column("y")];
  const beta = tape.parameter("beta");
  const margin = operations.mul(x, beta);
  const nll = operations.sumEvents(operations.sub(operations.softplus(margin), operations.mul(y, margin)));
  const [slope] = gradient(nll, [beta]) as [Var];
  const [curvature] = gradient(slope, [beta]) as [Var];
  const columns = { x: Float64Array.of(-2, -1, 1, 2), y: Float64Array.of(0, 1, 0, 1) };
  for (const backend of testBackends()) {
    let at = 0;
    for (let i = 0; i < 6; i++) {
      const got = await runOn(backend, { outputs: { slope, curvature }, parameters: { beta: [at] }, columns });
      at -= (got.slope?.[0] as number) / (got.curvature?.[0] as number);
    }
    // Σ x (y - σ(β x)) = 0: 4 σ(2β) + 2 σ(β) = 4, by bisection in f64.
    let [low, high] = [0, 2];
    while (high - low > 1e-12) {
      const middle = (low + high) / 2;
      if (4 * logistic(2 * middle) + 2 * logistic(middle) < 4) low = middle;
      else high = middle;
    }
    assert.ok(Math.abs(at - low) < 1e-6, `${at} on ${backend.name}, wanted ${low}`);
  }
});

test.run();
