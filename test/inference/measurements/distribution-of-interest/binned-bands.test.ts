/** Bands of binned distributions. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bandOf } from "../../../../inference/measurements/distribution-of-interest/bands.js";
import { binnedBands } from "../../../../inference/measurements/distribution-of-interest/binned-bands.js";
import type { Replica } from "../../../../inference/measurements/distribution-of-interest/ensemble.js";
import { chiSquarePValue } from "../../../../inference/statistics/goodness/special-functions.js";
import { close, tolerances } from "../../../support/close.js";
import { shiftModel, shiftWeights } from "../../shift-model.js";
import {
  binning,
  C,
  covarianceOf,
  ESTIMATE,
  EVENTS,
  edges,
  fitted,
  ORIGIN,
  R,
  replicas,
} from "./replicas-of-shifts.js";

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

test.run();
