/**
 * Value, log slope and their derivatives in x of every kind of scalar transform, both directions, against closed forms in f64: in every
 * bin, near its knots and the ends of the box, far outside, and with unconstrained numbers up to where clipping holds them. A new kind
 * without an exact form does not compile.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { broadcastEvents, reshape, sumEvents } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { type ScalarArchitecture, scalarTransform } from "../../../flows/transforms/scalar-transform.js";
import { type TestBackend, testBackends } from "../../support/backends.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { runOn } from "../../support/run-program.js";

/** value, dy/dx, d²y/dx², log dy/dx and its two derivatives. */
type Jet = readonly [value: number, first: number, second: number, log: number, logFirst: number, logSecond: number];
const jetNames = ["value", "first", "second", "logSlope", "logFirst", "logSecond"] as const;

interface Exact {
  forward(x: number): Jet;
  inverse(y: number): Jet;
  /** Inputs of `forward`, piece by piece; those of `inverse` are their images. Within a piece, derivatives are smooth. */
  readonly pieces: readonly (readonly number[])[];
}

/** The inverse of an increasing function at y: x by bisection, derivatives by the rule of inverse functions. */
function inverted(forward: (x: number) => Jet, y: number, [from, to]: readonly [number, number]): Jet {
  let [low, high] = [from, to];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (forward(middle)[0] < y) low = middle;
    else high = middle;
  }
  const x = high;
  const [, slope, second, log, logFirst, logSecond] = forward(x);
  const first = 1 / slope;
  return [
    x,
    first,
    -second * first ** 3,
    -log,
    -logFirst * first,
    (logFirst * second * first - logSecond) * first ** 2,
  ];
}

const clipped = (x: number, limit: number) => x / (1 + Math.abs(x) / limit);

/** z = x e^s + t with s softly clipped to ±log 1000. */
function affine([raw, t]: readonly number[]): Exact {
  const s = clipped(raw as number, Math.log(1000));
  const scale = Math.exp(s);
  return {
    forward: (x) => [x * scale + (t as number), scale, 0, s, 0, 0],
    inverse: (y) => [(y - (t as number)) / scale, 1 / scale, 0, -s, 0, 0],
    pieces: [[-1000, -3, -1e-3, 0, 0.3, 2.5, 1000].map(Math.fround)],
  };
}

type SplineShape = Extract<ScalarArchitecture, { kind: "spline" }>;

/** Of x e^s + t, whose numbers come last, where the input is scaled. */
function spline(numbers: readonly number[], architecture: SplineShape): Exact {
  if (!architecture.scaled) return splineAsIs(numbers, architecture);
  const own = affine(numbers.slice(-2));
  const outer = splineAsIs(numbers.slice(0, -2), architecture);
  const [scale, shift] = [own.forward(0)[1], own.forward(0)[0]];
  return {
    forward(x) {
      const [value, first, second, log, logFirst, logSecond] = outer.forward(x * scale + shift);
      return [
        value,
        first * scale,
        second * scale ** 2,
        log + Math.log(scale),
        logFirst * scale,
        logSecond * scale ** 2,
      ];
    },
    inverse(y) {
      const [value, first, second, ...logs] = outer.inverse(y);
      return [(value - shift) / scale, first / scale, second / scale, logs[0] - Math.log(scale), logs[1], logs[2]];
    },
    pieces: outer.pieces.map((piece) => piece.map((x) => Math.fround((x - shift) / scale))),
  };
}

/** arXiv:1906.04032 eq. 4 and 5 by their definition, with zuko's clipping: knots from softmax, slopes from 1/1000 to 1000. */
function splineAsIs(numbers: readonly number[], { bins, bound }: SplineShape): Exact {
  const limit = Math.log(1000);
  const knotsOf = (logits: readonly number[]) => {
    const sizes = logits.map((logit) => Math.exp(clipped(logit, limit / 2)));
    const total = sizes.reduce((a, b) => a + b);
    return [0, ...sizes].map((_, k) => bound * ((2 * sizes.slice(0, k).reduce((a, b) => a + b, 0)) / total - 1));
  };
  const xs = knotsOf(numbers.slice(0, bins));
  const ys = knotsOf(numbers.slice(bins, 2 * bins));
  const inner = numbers.slice(2 * bins).map((logit) => Math.exp(clipped(logit, limit)));
  const slopes = [1, ...inner, ...(inner.length < bins ? [1] : [])];
  function forward(x: number): Jet {
    if (!(x > -bound && x <= bound)) return [x, 1, 0, 0, 0, 0];
    const k = Math.min(Math.max(xs.findIndex((knot) => x <= knot) - 1, 0), bins - 1);
    const [x0, y0] = [xs[k] as number, ys[k] as number];
    const [width, height] = [(xs[k + 1] as number) - x0, (ys[k + 1] as number) - y0];
    const [left, right, mean] = [slopes[k] as number, slopes[k + 1] as number, height / width];
    const z = (x - x0) / width;
    const q = left + right - 2 * mean;
    const n = [
      right * z * z + 2 * mean * z * (1 - z) + left * (1 - z) * (1 - z),
      2 * right * z + 2 * mean * (1 - 2 * z) - 2 * left * (1 - z),
      2 * q,
    ] as const;
    const d = [mean + q * z * (1 - z), q * (1 - 2 * z), -2 * q] as const;
    const value = y0 + (height * (mean * z * z + left * z * (1 - z))) / d[0];
    const first = (mean / d[0]) ** 2 * n[0];
    const [ofN, ofD] = [n[1] / n[0], d[1] / d[0]];
    const logFirst = (ofN - 2 * ofD) / width;
    const logSecond = (n[2] / n[0] - ofN * ofN - 2 * (d[2] / d[0] - ofD * ofD)) / (width * width);
    return [value, first, first * logFirst, Math.log(first), logFirst, logSecond];
  }
  const within = [1e-3, 0.1, 0.37, 0.5, 0.81, 0.99];
  return {
    forward,
    inverse: (y) => (y > -bound && y <= bound ? inverted(forward, y, [-bound, bound]) : [y, 1, 0, 0, 0, 0]),
    pieces: [
      [-1000 * bound, 1.001 * bound],
      ...xs.slice(0, -1).map((x, k) => within.map((z) => x + z * ((xs[k + 1] as number) - x))),
    ].map((piece) => piece.map(Math.fround)),
  };
}

/** There a bin has slopes from 1/1000 to 1000, whose terms cancel in the derivatives by the chain rule: these are asked to be finite only. */
const AT_LIMITS = 1e4;

interface Sample<K extends ScalarArchitecture["kind"]> {
  readonly architectures: readonly Extract<ScalarArchitecture, { kind: K }>[];
  /** Unconstrained numbers, `scale` times numbers in (-1, 1) each. */
  readonly scales: readonly number[];
  readonly exact: (numbers: readonly number[], architecture: Extract<ScalarArchitecture, { kind: K }>) => Exact;
}

const samples: { readonly [K in ScalarArchitecture["kind"]]: Sample<K> } = {
  affine: { architectures: [{ kind: "affine" }], scales: [0, 1, 10, AT_LIMITS], exact: affine },
  spline: {
    architectures: [
      { kind: "spline", bins: 5, bound: 5 },
      { kind: "spline", bins: 20, bound: 3, freeRightSlope: true },
      { kind: "spline", bins: 4, bound: 3, scaled: true },
    ],
    // Nearly uniform, as trained flows are; strongly bent; all sizes and slopes at their limits.
    scales: [0.1, 2, 10, AT_LIMITS],
    exact: spline,
  },
};

/** The transform and its derivatives at points, for one set of unconstrained numbers: Jets as six arrays. */
function outputsOf(architecture: ScalarArchitecture, direction: "forward" | "inverse", numbers: readonly number[]) {
  const tape = new Tape();
  const x = tape.column("x", [1]);
  const { value, logSlope } = scalarTransform(architecture)[direction](x, tape.constant(numbers, [1, numbers.length]));
  const ofEvents = broadcastEvents(logSlope, tape.events());
  const slopeOf = (of: Var) => gradient(reshape(sumEvents(of), []), [x])[0] as Var;
  const [first, logFirst] = [slopeOf(value), slopeOf(ofEvents)];
  return { value, first, second: slopeOf(first), logSlope: ofEvents, logFirst, logSecond: slopeOf(logFirst) };
}

/** Divisions and exponentials of WGSL may be off by four times as much as they round. */
const epsilonOf = ({ name, precision }: TestBackend) =>
  precision === "f64" ? 2 ** -52 : name === "webgpu" ? 2 ** -21 : 2 ** -23;

/** In the last place of the largest of a kind in a piece, where the terms that cancel elsewhere are as large; the formulas here round too. */
const UNITS = 512;

/** What rounding may do: as much as an input or a knot, of either axis, that is off by some units in the last place would; and UNITS. */
function allowed(of: (x: number) => Jet, x: number, i: number, largest: number, epsilon: number): number {
  const jet = of(x);
  const reach = 32 * epsilon * Math.max(1, Math.abs(x)) * Math.max(1, 1 / jet[1]);
  const moved = (by: number) => Math.abs((of(x + by)[i] as number) - (jet[i] as number));
  return 2 * (moved(reach) + moved(-reach)) + UNITS * epsilon * (largest + 1);
}

for (const backend of testBackends()) {
  for (const kind of Object.keys(samples) as ScalarArchitecture["kind"][]) {
    const { architectures, scales, exact: exactOf } = samples[kind] as unknown as Sample<ScalarArchitecture["kind"]>;
    architectures.forEach((architecture, at) => {
      for (const scale of scales) {
        const draw = randomNumbers(17 + at);
        const { parameters: count } = scalarTransform(architecture);
        const numbers = Array.from({ length: count }, () => Math.fround(scale * (2 * draw() - 1)));
        const exact = exactOf(numbers, architecture);
        for (const direction of ["forward", "inverse"] as const) {
          test(`${kind} ${at} of numbers up to ${scale}, ${direction}, is its formula on ${backend.name}`, async () => {
            const pieces = exact.pieces.map((piece) =>
              direction === "forward" ? piece : piece.map((x) => Math.fround(exact.forward(x)[0])),
            );
            const outputs = outputsOf(architecture, direction, numbers);
            const columns = { x: Float64Array.from(pieces.flat()) };
            const got = await runOn(backend, { outputs, parameters: {}, columns });
            const epsilon = epsilonOf(backend);
            const of = (x: number) => exact[direction](x);
            let e = 0;
            for (const piece of pieces) {
              const wanted = piece.map(of);
              piece.forEach((x, own) => {
                jetNames.forEach((name, i) => {
                  const value = got[name]?.[e] as number;
                  const exactly = wanted[own]?.[i] as number;
                  const largest = Math.max(...wanted.map((jet) => Math.abs(jet[i] as number)));
                  const most = allowed(of, x, i, largest, epsilon);
                  assert.ok(Number.isFinite(value), `${name} at ${x}: ${value}`);
                  if (scale === AT_LIMITS && name !== "value" && name !== "logSlope") return;
                  const off = Math.abs(value - exactly);
                  assert.ok(
                    off <= most,
                    `${name} at ${x}: ${value}, wanted ${exactly}, off by ${off}, allowed ${most}`,
                  );
                });
                e++;
              });
            }
          });
        }
      }
    });
  }
}

for (const backend of testBackends()) {
  if (backend.precision === "f64") continue;
  for (const bins of [8, 20]) {
    for (const direction of ["forward", "inverse"] as const) {
      test(`near the middle, a spline of ${bins} bins, ${direction}, rounds like numbers of order one on ${backend.name}`, async () => {
        const draw = randomNumbers(bins);
        const numbers = Array.from({ length: 3 * bins - 1 }, () => Math.fround(2 * draw() - 1));
        const exact = spline(numbers, { kind: "spline", bins, bound: 5 });
        const x = Float64Array.from({ length: 2000 }, () => Math.fround(2 * draw() - 1));
        const outputs = outputsOf({ kind: "spline", bins, bound: 5 }, direction, numbers);
        const { value } = await runOn(backend, { outputs, parameters: {}, columns: { x } });
        const squares = x.map((input, e) => ((value?.[e] as number) - exact[direction](input)[0]) ** 2);
        const error = Math.sqrt(squares.reduce((a, b) => a + b) / x.length);
        // The unit in the last place of numbers from 1 to 2 is 1.2e-7, times 2 for what cannot be exact; positions counted from the
        // left edge of the box gave 4 to 9e-7.
        assert.ok(error < (backend.name === "webgpu" ? 5e-7 : 2.5e-7), `${error}`);
      });
    }
  }
}

test.run();
