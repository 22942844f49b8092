/** Densities of flows: closed forms, integrals of more columns, and what is refused. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { autoregressiveFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { withStandardisation } from "../../../../flows/standardisation.js";
import { type Composition, checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import type { FlowForm } from "../../../../inference/model/densities/flow.js";
import { testBackends } from "../../../support/backends.js";
import { close, tolerances } from "../../../support/close.js";
import { randomNumbers } from "../../../support/random-numbers.js";
import { rejects } from "../../../support/rejects.js";
import { random } from "../likelihood/mixture-samples.js";
import { logProbOf } from "./evaluate-density.js";
import { parameter } from "./samples.js";

const unused = [parameter("unused", 1)];
const hidden = [12, 12];

const compositionOf = (form: FlowForm, columns: Composition["columns"]) =>
  checkedComposition({ parameters: unused, columns, densities: { f: form } });

/** A flow that is the identity behind its standardisation: a normal density of this mean and width. */
function normalFlow(mean: number, width: number) {
  const architecture = autoregressiveFlow({
    features: 1,
    transforms: 1,
    hidden: [4],
    transform: { kind: "affine" },
    standardisation: "input",
  });
  const moments = { mean: Float64Array.of(mean), standardDeviation: Float64Array.of(width) };
  const weights = withStandardisation(initialise(architecture, 1, { identity: true }), { features: moments });
  return { architecture, weights };
}

const logNormal = (x: number, mean: number, width: number) =>
  -0.5 * ((x - mean) / width) ** 2 - Math.log(width * Math.sqrt(2 * Math.PI));

for (const backend of testBackends()) {
  test(`a flow in a frame has the density of the column in its own units on ${backend.name}`, async () => {
    // f32 does not hold 1e7 + 0.1: the frame is entered before it.
    const form: FlowForm = {
      kind: "flow",
      of: ["m"],
      frame: { shift: [1e7], scale: [4] },
      flow: normalFlow(0.5, 0.25),
    };
    const own = await backend.create();
    const m = Float64Array.of(1e7 + 0.1, 1e7 + 2.3, 1e7 + 3);
    const found = await logProbOf(own, compositionOf(form, { m: {} }), "f", { m });
    const wanted = m.map((x) => logNormal(x, 1e7 + 2, 1));
    close(found, wanted, backend.precision === "f64" ? { absolute: 1e-8, relative: 1e-8 } : tolerances.f32);
    await own.close();
  });
}

test("cut to a range it is divided by the probability of the range; Φ from tables", async () => {
  const form: FlowForm = { kind: "flow", of: ["m"], flow: normalFlow(1, 2) };
  const composition = compositionOf(form, { m: { range: [-1, 5] } });
  const [found] = await logProbOf(referenceBackend(), composition, "f", { m: Float64Array.of(2) });
  // Φ(2) - Φ(-1): Abramowitz and Stegun, table 26.1.
  const part = 0.977249868051821 - 0.158655253931457;
  close([found!], [logNormal(2, 1, 2) - Math.log(part)], { absolute: 1e-12, relative: 0 });
});

test("three columns: the integral by a randomly shifted lattice is 1 within 5e-4 (seed 2, 8 shifts of 32768 points)", async () => {
  const flow = random(
    autoregressiveFlow({
      features: 3,
      transforms: 2,
      hidden,
      activation: "tanh",
      transform: { kind: "spline", bins: 5, bound: 4 },
    }),
    71,
  );
  const of = ["m", "n", "o"];
  const composition = compositionOf({ kind: "flow", of, flow }, { m: {}, n: {}, o: {} });
  const sample = await drawEvents({ composition, density: "f", count: 2000, seed: 2, purpose: "moments" });
  // Points of a logistic law of the events' own mean, and of 0.8 of their width: with heavier tails than a normal one.
  const places = of.map((column) => {
    const values = sample[column]!;
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const width = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    return { mean, scale: 0.8 * width };
  });
  const count = 2 ** 15;
  // Fractional parts of multiples of the roots of x⁴ = x + 1: M. Roberts' generalisation of the golden ratio.
  const root = 1.2207440846057596;
  const next = randomNumbers(2);
  const backend = await cpuBackend({ precision: "f64", threads: 2 });
  const means: number[] = [];
  for (let shift = 0; shift < 8; shift++) {
    const logRatio = new Float64Array(count);
    const columns = Object.fromEntries(
      of.map((column, d) => {
        const start = next();
        const { mean, scale } = places[d]!;
        const values = Float64Array.from({ length: count }, (_, i) => {
          const u = (((start + i / root ** (d + 1)) % 1) + 0.5 / count) % 1;
          logRatio[i]! -= Math.log(u * (1 - u)) - Math.log(scale);
          return mean + scale * Math.log(u / (1 - u));
        });
        return [column, values];
      }),
    );
    const logs = await logProbOf(backend, composition, "f", columns);
    means.push(logs.reduce((sum, own, i) => sum + Math.exp(own + logRatio[i]!), 0) / count);
  }
  await backend.close();
  const mean = means.reduce((a, b) => a + b, 0) / means.length;
  const error = Math.sqrt(means.reduce((a, b) => a + (b - mean) ** 2, 0) / (8 * 7));
  assert.ok(error < 5e-4 && Math.abs(mean - 1) < 5e-4 + 3 * error, `${mean} ± ${error}`);
});

test("a range of three columns, and one of two with given columns, is refused", async () => {
  const flowOf = (features: number, context: number) => {
    const architecture = autoregressiveFlow({
      features,
      context,
      transforms: 1,
      hidden: [4],
      transform: { kind: "affine" },
    });
    return { architecture, weights: initialise(architecture, 1) };
  };
  const three = () =>
    compositionOf({ kind: "flow", of: ["m", "n", "o"], flow: flowOf(3, 0) }, { m: { range: [0, 1] }, n: {}, o: {} });
  assert.throws(
    three,
    /density f: expected no range or region, or a flow of one column, or of two that is given none, got .*m, n, o/,
  );
  const given = () =>
    compositionOf(
      { kind: "flow", of: ["m", "n"], given: ["t"], flow: flowOf(2, 1) },
      { m: { range: [0, 1] }, n: {}, t: {} },
    );
  assert.throws(given, /m, n given t/);
  // A region of columns without ranges is met where it is looked at.
  const part = checkedComposition({
    parameters: unused,
    columns: { m: {}, n: {}, o: {} },
    densities: {
      f: { kind: "flow", of: ["m", "n", "o"], flow: flowOf(3, 0) },
      part: { kind: "truncated", density: "f", region: { m: [[0, 1]] } },
    },
  });
  const one = Float64Array.of(0.5);
  await rejects(
    logProbOf(referenceBackend(), part, "part", { m: one, n: one, o: one }),
    /f: expected no range or region, or a flow of one column/,
  );
});

test("an integral over two columns that is too uncertain is refused", async () => {
  const architecture = autoregressiveFlow({
    features: 2,
    transforms: 1,
    hidden: [4],
    transform: { kind: "affine" },
    standardisation: "input",
  });
  const narrow = { mean: Float64Array.of(0.3, 0.2), standardDeviation: Float64Array.of(0.002, 0.002) };
  const weights = withStandardisation(initialise(architecture, 1, { identity: true }), { features: narrow });
  const composition = compositionOf(
    { kind: "flow", of: ["m", "n"], flow: { architecture, weights } },
    { m: { range: [-1, 1] }, n: { range: [-1, 1] } },
  );
  const one = Float64Array.of(0.3);
  await rejects(
    logProbOf(referenceBackend(), composition, "f", { m: one, n: one }),
    /channel events: expected the probability of a part of m, n in f to 0\.0005 of itself, got .*by quadrature/,
  );
});

test("forms that do not fit are refused in one sentence", async () => {
  const flow = normalFlow(0, 1);
  const columns = { m: {}, n: {}, pass: { values: [0, 1] } };
  const wrong: readonly [Partial<FlowForm>, RegExp][] = [
    [{ of: ["m", "n"] }, /density f: expected 1 columns, got .*2 \(m, n\)/],
    [{ given: ["n"] }, /given columns of 0 numbers, got .*1 of n/],
    [{ given: ["pass"] }, /got .*2 of pass \(2 values\)/],
    [{ of: ["pass"] }, /a density of numbers, got .*categorical column pass/],
    [{ of: ["none"] }, /a column \(m, n, pass\), got "none"/],
    [{ frame: { shift: [1, 2], scale: [1, 1] } }, /frame: expected a finite shift and a positive finite scale/],
    [{ flow: { ...flow, weights: new Map() } }, /the \d+ tensors of this autoregressive flow/],
    [
      { flow: { architecture: flow.architecture } as FlowForm["flow"] },
      /an architecture with weights in a Map for flow/,
    ],
    [{ givne: [] } as Partial<FlowForm>, /Did you mean given\?/],
  ];
  for (const [change, message] of wrong) {
    await rejects(() => compositionOf({ kind: "flow", of: ["m"], flow, ...change }, columns), message);
  }
});

test("a flow of splines has knots, which no parameter crosses", () => {
  const spline = random(
    autoregressiveFlow({ features: 1, transforms: 1, hidden, transform: { kind: "spline", bins: 4, bound: 3 } }),
    1,
  );
  const shape = (flow: FlowForm["flow"]) => compositionOf({ kind: "flow", of: ["m"], flow }, { m: {} }).shape("f");
  assert.equal([shape(spline).hasKnots, shape(spline).crossesKnots], [true, false]);
  assert.equal([shape(normalFlow(0, 1)).hasKnots, shape(normalFlow(0, 1)).crossesKnots], [false, false]);
});

test.run();
