/** Displacement fields of maps T that are affine, in closed form. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { autoregressiveFlow, factorizableFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { displacements } from "../../../../inference/measurements/distribution-of-interest/displacement.js";
import type { MixtureModel, ResponseSide } from "../../../../inference/model/mixture-model.js";
import { testBackends } from "../../../support/backends.js";
import { close, tolerances } from "../../../support/close.js";
import { rejects } from "../../../support/rejects.js";
import { weightsWith } from "../../weights-with.js";
import { withBackend } from "../../with-backend.js";

const affine = { features: 2, context: 3, hidden: [3], transforms: 1, transform: { kind: "affine" } } as const;
const density = (features: number, context: number) => {
  const architecture = autoregressiveFlow({ ...affine, features, context });
  return { architecture, weights: initialise(architecture, 1, { identity: true }) };
};

const S = [0.5, -0.25];
const T = [0.25, -0.5];
/** What the second process adds to t of the first feature. */
const OF_SECOND = 0.125;
const transportArchitecture = autoregressiveFlow(affine);
const transport = {
  architecture: transportArchitecture,
  // (s, t) of feature j at 2j, 2j + 1. The first hidden unit, a ReLU, is 1 for the second process, else 0.
  weights: weightsWith(transportArchitecture, {
    "transforms.0.0.weight": [0, 1, 2, 3, 4].map((input) => [input, input === 1 ? 1 : 0] as const),
    "transforms.0.0.bias": [[0, 0]],
    "transforms.0.1.weight": [[3, OF_SECOND]],
    "transforms.0.1.bias": [
      [0, S[0]!],
      [1, T[0]!],
      [2, S[1]!],
      [3, T[1]!],
    ],
  }),
};

const NOMINAL = [0.5, -1];
const SCALE = 0.5;
const Q = 0.01;
/** Per nuisance and feature: s linear, s quadratic, t linear, t quadratic. */
const RESPONSE = [
  [0.25, 2, -0.5, 4, 0.125, -2, 0.375, 8],
  [-0.125, 4, 0.25, -8, 0.5, 2, -0.25, 4],
];
const responseArchitecture = factorizableFlow({
  features: 2,
  context: 3,
  hidden: [3],
  layers: 1,
  nuisances: NOMINAL.map((nominal) => ({ nominal, scale: SCALE })),
  quadraticDamping: Q,
});
const response = {
  architecture: responseArchitecture,
  weights: weightsWith(
    responseArchitecture,
    Object.fromEntries(
      RESPONSE.map((row, k) => [`transforms.0.nuisances.${k}.1.bias`, row.map((value, i) => [i, value] as const)]),
    ),
  ),
};

const model: MixtureModel = {
  processes: ["first", "second"].map((name) => ({ name, logYield: 0 })),
  nuisances: ["a", "b"].map((name, k) => ({ name, kind: "rate", nominal: NOMINAL[k]!, logFactors: [0.1, 0.1] })),
  x: { nominal: density(1, 2) },
  y: { nominal: density(2, 3) },
  transport,
  response,
};

/** The same with a response in front of T: T_φ(T_ψ(y)). */
const inFront: MixtureModel = { ...model, response: { ...response, actsOn: "data" } };

/** T_ψ(T_φ(y)) of feature j for process f, or T_φ(T_ψ(y)). */
function closedForm(
  y: number,
  j: number,
  f: number,
  nu: readonly number[],
  t = T[j]!,
  actsOn: ResponseSide = "simulation",
): number {
  // Affine maps bend the logarithm of their slope: l = s / (1 + |s / ln 10⁻³|).
  const l = S[j]! / (1 + Math.abs(S[j]! / Math.log(1e-3)));
  const mapped = (value: number) => value * Math.exp(l) + t + (j === 0 && f === 1 ? OF_SECOND : 0);
  const u = nu.map((value, k) => (value - NOMINAL[k]!) / SCALE);
  const sum = (at: number) =>
    u.reduce((all, v, k) => all + RESPONSE[k]![at]! * v + Q * RESPONSE[k]![at + 1]! * v * v, 0);
  const responded = (value: number) => value * Math.exp(sum(4 * j)) + sum(4 * j + 2);
  return actsOn === "data" ? mapped(responded(y)) : responded(mapped(y));
}

const count = 5;
const x = Float32Array.of(-1, -0.5, 0, 0.5, 1);
const y = Float32Array.of(-2, -1, 0, 1, 2, 0.5, 0.25, 0, -0.25, -0.5);
const points = [
  [0.5, -1],
  [0.75, -1],
  [0.25, -1.25],
];

const sides = [
  ["simulation", model],
  ["data", inFront],
] as const;

for (const [{ name, precision, create }, [actsOn, model]] of testBackends().flatMap((backend) =>
  sides.map((side) => [backend, side] as const),
)) {
  test(`T(y) - y at the first point, T(y) there and at the others apart, a response on ${actsOn}, on ${name}`, () =>
    withBackend(create, async (backend) => {
      const { nominal, shifts } = await displacements({ backend, model, x, y, count, points });
      for (const f of [0, 1]) {
        const at = (nu: readonly number[]) =>
          Array.from(y, (value, i) => closedForm(value, Math.floor(i / count), f, nu, undefined, actsOn));
        const first = at(points[0]!);
        const tolerance = tolerances[precision];
        close(
          nominal[f]!,
          first.map((value, i) => value - y[i]!),
          tolerance,
          "nominal",
        );
        for (const [s, point] of points.slice(1).entries()) {
          close(
            shifts[s]![f]!,
            at(point).map((value, i) => value - first[i]!),
            tolerance,
            "shift",
          );
        }
      }
    }));
}

const REPLICAS = [
  { nu: [0.5, -1], biases: [0.25, -0.5] },
  { nu: [0.625, -1.125], biases: [0.375, -0.5] },
  { nu: [0.25, -0.75], biases: [0.125, -0.75] },
].map(({ nu, biases }, index) => {
  const weights = new Map(transport.weights);
  const { shape, data } = weights.get("transforms.0.1.bias")!;
  const moved = Float64Array.from(data);
  for (const j of [0, 1]) moved[2 * j + 1] = biases[j]!;
  weights.set("transforms.0.1.bias", { shape, data: moved });
  return { replica: { index, nu, transport: weights }, biases };
});

for (const { name, precision, create } of testBackends()) {
  test(`mean and spread over replicas, each of which responds from its own nu, on ${name}`, () =>
    withBackend(create, async (backend) => {
      const replicas = REPLICAS.map(({ replica }) => replica);
      const { ensemble, ...own } = await displacements({ backend, model, x, y, count, points, replicas });
      const alone = await displacements({ backend, model, x, y, count, points });
      assert.is(alone.ensemble, undefined);
      assert.equal({ ...own, ensemble: undefined }, alone);
      for (const f of [0, 1]) {
        // [points][replicas][Dy, n]
        const moved = points.map((nu) =>
          REPLICAS.map(({ replica, biases }) =>
            Array.from(y, (value, i) => {
              const j = Math.floor(i / count);
              const at = nu.map((own, k) => own - replica.nu[k]! + NOMINAL[k]!);
              return closedForm(value, j, f, at, biases[j]!);
            }),
          ),
        );
        const [first, ...others] = moved as [number[][], ...number[][][]];
        const wanted = [
          first.map((own) => own.map((value, i) => value - y[i]!)),
          ...others.map((of) => of.map((own, b) => own.map((value, i) => value - first[b]![i]!))),
        ];
        for (const [p, of] of wanted.entries()) {
          const found = p === 0 ? ensemble!.nominal[f]! : ensemble!.shifts[p - 1]![f]!;
          // Of three numbers: twice the variance is a third of the sum of squares of their differences.
          const [a, b, c] = of as [number[], number[], number[]];
          const squares = a.map((_, i) => (a[i]! - b[i]!) ** 2 + (b[i]! - c[i]!) ** 2 + (c[i]! - a[i]!) ** 2);
          close(
            found.mean,
            a.map((value, i) => (value + b[i]! + c[i]!) / 3),
            tolerances[precision],
            "mean",
          );
          close(
            found.spread,
            squares.map((square) => Math.sqrt(square / 6)),
            tolerances[precision],
            "spread",
          );
        }
        assert.ok(Math.max(...ensemble!.nominal[f]!.spread) > 0.05);
        assert.ok(Math.max(...ensemble!.shifts[1]![f]!.spread) > 0.001);
      }
    }));
}

test("columns and points of other sizes are refused", () =>
  withBackend(testBackends()[0]!.create, async (backend) => {
    const refused = async (change: Partial<Parameters<typeof displacements>[0]>, message: RegExp) => {
      await rejects(() => displacements({ backend, model, x, y, count, points, ...change }), message);
    };
    await refused(
      { y: x },
      /displacements: expected columns x \[1, count\] and y \[2, count\], got 5 and 5 numbers, count = 5/,
    );
    await refused({ points: [] }, /displacements: expected at least one point, got none/);
    await refused({ replicas: [REPLICAS[0]!.replica] }, /expected no replicas or at least two, for a spread, got one/);
    await refused({ points: [[0.5]] }, /expected one finite number for each of 2 nuisances \(a, b\), got \[0\.5\]/);
    const { y: _y, transport: _transport, response: _response, ...ofX } = model;
    await refused({ model: ofX }, /displacements: expected a model with a density of y, got one of x alone/);
  }));

test("without T nothing moves; without a response nothing moves with nu", () =>
  withBackend(testBackends()[0]!.create, async (backend) => {
    const { transport: _transport, response: _response, ...bare } = model;
    const still = await displacements({ backend, model: bare, x, y, count, points });
    for (const field of [...still.nominal, ...still.shifts.flat()]) close(field, new Float64Array(2 * count), NONE);
    const { shifts } = await displacements({ backend, model: { ...bare, transport }, x, y, count, points });
    for (const field of shifts.flat()) close(field, new Float64Array(2 * count), NONE);
  }));

const NONE = { absolute: 0, relative: 0 };

test.run();
