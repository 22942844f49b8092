/** Bands of maps and densities that are shifts, against Gaussian algebra and error functions. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import {
  bandOf,
  displacementBands,
  type Widths,
} from "../../../../inference/measurements/distribution-of-interest/bands.js";
import { binnedBands } from "../../../../inference/measurements/distribution-of-interest/binned-bands.js";
import { displacements } from "../../../../inference/measurements/distribution-of-interest/displacement.js";
import type { Replica } from "../../../../inference/measurements/distribution-of-interest/ensemble.js";
import { type Covariance, covariance } from "../../../../inference/statistics/fit/covariance.js";
import { chiSquarePValue } from "../../../../inference/statistics/goodness/special-functions.js";
import { cholesky } from "../../../../inference/statistics/linear-algebra/symmetric-matrix.js";
import { close, tolerances } from "../../../support/close.js";
import { gaussianModel } from "../../../support/gaussian-mixture.js";
import { rejects } from "../../../support/rejects.js";
import { shiftModel, shiftWeights } from "../../shift-model.js";

const backend = referenceBackend();

/** The covariance [[p, q], [q, s]], from its inverse. */
function covarianceOf(names: readonly [string, string], p: number, q: number, s: number): Covariance {
  const determinant = p * s - q * q;
  const found = covariance([s / determinant, -q / determinant, -q / determinant, p / determinant], names);
  assert.is(found.status, "positive-definite");
  return found as Covariance;
}

const symmetric = ({ lower, upper }: Widths, wanted: number, what: string) => {
  for (const widths of [lower, upper]) {
    close(
      widths,
      widths.map(() => wanted),
      tolerances.f64,
      what,
    );
  }
};

/**
 * A fit of ν and of the shift t of T together, all Gaussian: t given ν has variance V and mean t̂ + R·(ν - ν̂), ν has the
 * covariance C with unit constraints. The likelihood of the data alone has the information (joint C)⁻¹ - diag(1, 1, 0), so that
 * a bootstrap of (ν, t) has the covariance J = joint C - joint C diag(1, 1, 0) joint C.
 */
const V = 0.0016;
const R = [0.7, -0.4];
const C = [
  [0.09, 0.03],
  [0.03, 0.16],
];
const ESTIMATE = [0.3, -0.2];
const ORIGIN = [0.25, -0.1];
const T = 0.7;
const RC = [0, 1].map((k) => R[0]! * C[0]![k]! + R[1]! * C[1]![k]!);
const RCR = R[0]! * RC[0]! + R[1]! * RC[1]!;
const joint = [
  [...C[0]!, RC[0]!],
  [...C[1]!, RC[1]!],
  [...RC, V + RCR],
];
const J = joint.map((row, i) => row.map((entry, j) => entry - row[0]! * joint[0]![j]! - joint[i]![1]! * joint[1]![j]!));

/** Six replicas whose sample covariance is J to rounding: ± √(5/2) times each column of its Cholesky factor. */
const replicas: Replica[] = (() => {
  const factor = cholesky(Float64Array.from(J.flat()), 3)!;
  return Array.from({ length: 6 }, (_, index) => {
    const [column, size] = [Math.floor(index / 2), (index % 2 === 0 ? 1 : -1) * Math.sqrt(5 / 2)];
    const [first, second, t] = [0, 1, 2].map((row) => size * factor[row * 3 + column]!) as [number, number, number];
    return { index, nu: [ESTIMATE[0]! + first, ESTIMATE[1]! + second], transport: shiftWeights(T + t) };
  });
})();

const fitted = {
  backend,
  model: shiftModel({ events: 100, a: [0, 0], b: [0, 0], t: 5, r: R, origin: ORIGIN }),
  estimate: ESTIMATE,
  covariance: covarianceOf(["shape0", "shape1"], C[0]![0]!, C[0]![1]!, C[1]![1]!),
};
const grid = { count: 3, x: Float64Array.of(-1, 0, 1), y: Float64Array.of(-2, 0.5, 2) };

test("replicas from their own estimates: statistical, systematic and total variance of a Gaussian T are V, RCRᵀ and their sum", async () => {
  const [band, ...others] = await displacementBands({ ...fitted, ...grid, replicas, origin: "replica" });
  assert.is(others.length, 0);
  const { central, statistical, systematic, total } = band!;
  close(central, [T, T, T], tolerances.f64);
  close(statistical!, Array(3).fill(Math.sqrt(V)), tolerances.f64, "statistical");
  symmetric(systematic, Math.sqrt(RCR), "systematic");
  symmetric(total!, Math.sqrt(joint[2]![2]!), "total");
});

test("replicas from the common origin count what the data do to ν twice", async () => {
  const [band] = await displacementBands({ ...fitted, ...grid, replicas, origin: "ensemble" });
  const { central, statistical, systematic, total } = band!;
  const displaced = T + R[0]! * (ESTIMATE[0]! - ORIGIN[0]!) + R[1]! * (ESTIMATE[1]! - ORIGIN[1]!);
  close(central, Array(3).fill(displaced), tolerances.f64);
  // J_tt = V + R (C - C²) Rᵀ: without the part of ν that the constraints hold, which no bootstrap of the data moves.
  const bootstrap = V + RCR - RC[0]! ** 2 - RC[1]! ** 2;
  close(statistical!, Array(3).fill(Math.sqrt(bootstrap)), tolerances.f64, "statistical");
  symmetric(systematic, Math.sqrt(RCR), "systematic");
  symmetric(total!, Math.sqrt(bootstrap + RCR), "total");
});

test("without replicas the systematic band of the model's own T is all there is", async () => {
  const [band] = await displacementBands({ ...fitted, ...grid, replicas: [], origin: "replica" });
  const { central, statistical, systematic, total } = band!;
  const displaced = 5 + R[0]! * (ESTIMATE[0]! - ORIGIN[0]!) + R[1]! * (ESTIMATE[1]! - ORIGIN[1]!);
  close(central, Array(3).fill(displaced), tolerances.f64);
  symmetric(systematic, Math.sqrt(RCR), "systematic");
  assert.equal([statistical, total], [undefined, undefined]);
});

test("a nuisance that the covariance leaves out stays where it is", async () => {
  const one = covariance([1 / 0.09], ["shape1"]) as Covariance;
  const [band] = await displacementBands({ ...fitted, covariance: one, ...grid, replicas: [], origin: "replica" });
  symmetric(band!.systematic, 0.4 * 0.3, "systematic");
});

test("a band for each process, around the displacements of each", async () => {
  const estimate = [0.3, 0.1, -0.4, 0.2];
  const errors = covariance([1 / 0.04], ["tilt"]) as Covariance;
  const y = Float64Array.of(0.3, -0.4, 0.5, 0.1, 0.2, -0.6);
  const request = { backend, model: gaussianModel, count: 2, x: Float64Array.of(-1, 1), y };
  const bands = await displacementBands({ ...request, estimate, covariance: errors, replicas: [], origin: "replica" });
  const points = [0, 0.2, -0.2].map((shift) => estimate.map((value, k) => (k === 2 ? value + shift : value)));
  const { nominal, shifts } = await displacements({ ...request, ...f32(request), points });
  assert.is(bands.length, 3);
  for (const [f, { central, systematic }] of bands.entries()) {
    close(central, nominal[f]!, tolerances.f32, "central");
    const [up, down] = shifts.map((shift) => shift[f]!) as [Float64Array, Float64Array];
    const reach = (sign: number) => up.map((value, i) => Math.max(0, sign * value, sign * down[i]!));
    close(systematic.upper, reach(1), tolerances.f32, "upper");
    close(systematic.lower, reach(-1), tolerances.f32, "lower");
  }
});

const f32 = ({ x, y }: { x: Float64Array; y: Float64Array }) => ({ x: Float32Array.from(x), y: Float32Array.from(y) });

test("modes that move a number to one side only widen the band on that side", () => {
  // Two replicas; the mean moves by +3 and +2 with the first mode and by -4 and +1 with the second.
  const values = [
    [[-1], [1]],
    [[1], [5]],
    [[1], [3]],
    [[-5], [-3]],
    [[-1], [3]],
  ];
  const { central, statistical, systematic, total } = bandOf(values);
  assert.equal([central, statistical], [[0], [Math.SQRT2]]);
  close([...systematic.upper, ...systematic.lower], [Math.hypot(3, 1), 4], tolerances.f64);
  // Of the replicas themselves: +2 and +2, +4 and +2; -4 and 0, -4 and +2. Their mean squares on each side.
  close([...total!.upper, ...total!.lower], [Math.sqrt(2 + 10 + 2), Math.sqrt(2 + 16)], tolerances.f64);
});

const EVENTS = 20_000;
const edges = [-3, -0.7, 0, 0.8, 3];
const binning = {
  count: EVENTS,
  observed: undefined,
  seed: 3,
  origin: "replica",
  features: [
    { of: "x", feature: 0, edges },
    { of: "y", feature: 0, edges },
  ],
} as const;

/** Expected events of N(mean, 1) in the bins, what lies outside in the first and last. */
function normalBins(mean: number): number[] {
  // Φ(u) from the χ² of one degree of freedom.
  const below = (u: number) => (u < 0 ? 0.5 * chiSquarePValue(u * u, 1) : 1 - 0.5 * chiSquarePValue(u * u, 1));
  const inner = edges.slice(1, -1).map((edge) => below(edge - mean));
  return [...inner, 1].map((upper, i) => EVENTS * (upper - (i === 0 ? 0 : inner[i - 1]!)));
}

test("bins of the mixture as the data look, seed 3: as error functions have them, but for events that cross an edge", async () => {
  const [a, b] = [
    [0.3, -0.2],
    [0.5, 0.1],
  ] as const;
  const model = shiftModel({ events: EVENTS, a, b, t: 0, r: R, origin: ORIGIN });
  const [ofX, ofY] = await binnedBands({ ...fitted, ...binning, model, replicas });
  const modes = [[0, 0], ...[1, -1, 2, -2].map(modeShift)].map((shift) => shift.map((d, k) => ESTIMATE[k]! + d));
  const meanOfX = (nu: readonly number[]) => -a[0] * nu[0]! - a[1] * nu[1]!;
  const meanOfY = (nu: readonly number[], { nu: own, transport }: Replica) => {
    const t = transport.get("transforms.0.1.bias")!.data[1]!;
    return -b[0] * nu[0]! - b[1] * nu[1]! - t - R[0]! * (nu[0]! - own[0]!) - R[1]! * (nu[1]! - own[1]!);
  };
  const exactX = bandOf(modes.map((nu) => replicas.map(() => normalBins(meanOfX(nu)))));
  const exactY = bandOf(modes.map((nu) => replicas.map((replica) => normalBins(meanOfY(nu, replica)))));
  close(ofX!.band.statistical!, [0, 0, 0, 0], { absolute: 1e-10, relative: 0 });
  for (const [{ band }, exact] of [
    [ofX!, exactX],
    [ofY!, exactY],
  ] as const) {
    // Of n expected events of 20 000, √n at most.
    close(band.central, exact.central, { absolute: 4 * Math.sqrt(EVENTS / 4), relative: 0 }, "central");
    // Of n events that cross an edge, √n; there are two edges, and widths of up to 2400 events.
    const crossing = { absolute: 4 * Math.sqrt(2 * 500), relative: 0.03 };
    close(band.systematic.upper, exact.systematic.upper, crossing, "systematic, upper");
    close(band.systematic.lower, exact.systematic.lower, crossing, "systematic, lower");
    close(band.total!.upper, exact.total!.upper, crossing, "total, upper");
    close(band.total!.lower, exact.total!.lower, crossing, "total, lower");
    close(band.statistical!, exact.statistical!, crossing, "statistical");
  }
  assert.ok(Math.max(...exactY.statistical!) > 300);
});

/** ± σ_k e_k of C by the formula for two dimensions. */
function modeShift(mode: number): number[] {
  const [p, q, s] = [C[0]![0]!, C[0]![1]!, C[1]![1]!];
  const angle = 0.5 * Math.atan2(2 * q, p - s);
  const value = (p + s) / 2 + (Math.abs(mode) === 1 ? 1 : -1) * Math.hypot((p - s) / 2, q);
  const turned = Math.abs(mode) === 1 ? angle : angle + Math.PI / 2;
  return [Math.cos(turned), Math.sin(turned)].map((e) => Math.sign(mode) * Math.sqrt(value) * e);
}

test("common random numbers: replicas that are the same, and nuisances that do nothing, have bands of exactly no width", async () => {
  const model = shiftModel({ events: EVENTS, a: [0, 0], b: [0, 0], t: 0 });
  const same = [0, 1].map((index) => ({ index, nu: ESTIMATE, transport: shiftWeights(0.4) }));
  for (const { band } of await binnedBands({ ...fitted, ...binning, count: 500, model, replicas: same })) {
    const { statistical, systematic, total } = band;
    for (const widths of [statistical!, systematic.lower, systematic.upper, total!.lower, total!.upper]) {
      assert.equal(widths, [0, 0, 0, 0]);
    }
  }
});

test("rates move the yields by exactly their factors, and nothing where the total is that of the data", async () => {
  const model = shiftModel({ events: 50, a: [0], b: [0], rate: 0.2 });
  const errors = covarianceOf(["shape0", "rate"], 0.25, 0, 0.09);
  const request = { ...fitted, ...binning, model, estimate: [0, 0.5], covariance: errors, replicas: [], count: 500 };
  for (const { band } of await binnedBands(request)) {
    const sum = band.central.reduce((total, value) => total + value, 0);
    close([sum], [50 * Math.exp(0.1)], tolerances.f64);
    const { upper, lower } = band.systematic;
    close(
      upper,
      band.central.map((value) => value * Math.expm1(0.06)),
      tolerances.f64,
    );
    close(
      lower,
      band.central.map((value) => -value * Math.expm1(-0.06)),
      tolerances.f64,
    );
  }
  for (const { band } of await binnedBands({ ...request, observed: 1000 })) {
    close([band.central.reduce((total, value) => total + value, 0)], [1000], tolerances.f64);
    close([...band.systematic.upper, ...band.systematic.lower], Array(8).fill(0), { absolute: 1e-10, relative: 0 });
  }
});

test("what has no band is refused", async () => {
  const refused = async (change: object, message: RegExp) => {
    await rejects(() => binnedBands({ ...fitted, ...binning, count: 10, replicas: [], ...change }), message);
  };
  await refused(
    { replicas: replicas.slice(0, 1) },
    /bands: expected no replicas or at least two, for a spread, got one/,
  );
  await refused(
    { replicas, model: shiftModel({ events: 10, a: [0, 0], b: [0, 0] }) },
    /bands: expected a model with a map T of y, for its replicas, got one without/,
  );
  await refused({ count: 0 }, /bands: expected at least one event to draw, got 0/);
  await refused({ estimate: [0] }, /bands: expected one finite number for each of 2 nuisances/);
  await refused(
    { features: [{ of: "y", feature: 1, edges }] },
    /bands: expected one of 1 features of y \(from 0\), got 1/,
  );
  await refused({ covariance: covariance([1], ["other"]) }, /bands: expected one of shape0, shape1, got "other"/);
});

test.run();
