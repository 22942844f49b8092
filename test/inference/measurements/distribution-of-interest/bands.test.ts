/** Bands of maps and densities that are shifts, against Gaussian algebra and error functions. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  bandOf,
  displacementBands,
  type Widths,
} from "../../../../inference/measurements/distribution-of-interest/bands.js";
import { binnedBands } from "../../../../inference/measurements/distribution-of-interest/binned-bands.js";
import { displacements } from "../../../../inference/measurements/distribution-of-interest/displacement.js";
import { type Covariance, covariance } from "../../../../inference/statistics/fit/covariance.js";
import { close, tolerances } from "../../../support/close.js";
import { gaussianModel } from "../../../support/gaussian-mixture.js";
import { rejects } from "../../../support/rejects.js";
import { shiftModel } from "../../shift-model.js";
import {
  backend,
  binning,
  ESTIMATE,
  edges,
  fitted,
  joint,
  ORIGIN,
  R,
  RC,
  RCR,
  replicas,
  T,
  V,
} from "./replicas-of-shifts.js";

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
