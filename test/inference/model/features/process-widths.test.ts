/** Weights of processes in the choice of transformations. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { weightsByWidth } from "../../../../inference/model/features/process-widths.js";
import { close } from "../../../support/close.js";

const ramp = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

const ones = (count: number) => new Float64Array(count).fill(1);

/** Quantiles of equally spaced events are exact but for rounding. */
const exact = { absolute: 1e-12, relative: 1e-12 };

test("processes count by the cube of their width, wherever their events stand", () => {
  // Two parts of process 0 from 0 to 10, one of process 1 from 4 to 9: half as wide.
  const values = Float64Array.from([...ramp(0, 10, 101), ...ramp(4, 9, 51), ...ramp(0, 10, 101)]);
  const parts = [
    { process: 0, count: 101 },
    { process: 1, count: 51 },
    { process: 0, count: 101 },
  ];
  const own = weightsByWidth(
    values,
    ones(253).map((_, i) => 1 + (i % 2)),
    parts,
  );
  const wanted = ones(253).map((_, i) => (1 + (i % 2)) * (i >= 101 && i < 152 ? 0.125 : 1));
  // Quantiles lie between the middles of steps of the distribution function: with 51 events a width is 1 / 50 larger, with 202 a quarter
  // of that; a cube is three times as far off.
  close(own, wanted, { absolute: 0, relative: 0.09 }, "weights");
  assert.ok(own[120]! < own[20]!);
});

test("a peak of a tenth of the width of a spectrum adds 1% to its density", () => {
  const values = Float64Array.from([...ramp(0, 100, 1001), ...ramp(40, 50, 1001)]);
  const parts = [0, 1].map((process) => ({ process, count: 1001 }));
  const weights = weightsByWidth(values, ones(2002), parts);
  const inPeak = (from: number, to: number) => {
    let sum = 0;
    for (let i = from; i < to; i++) if (Math.abs(values[i]! - 45) < 4.9) sum += weights[i]!;
    return sum;
  };
  // 98% of the peak's events lie there, times 1/10³; 9.8% of the spectrum's, 97 to 99 of them.
  close([inPeak(1001, 2002) / inPeak(0, 1001)], [0.01], { absolute: 0, relative: 0.03 }, "added");
});

test("a process of one value keeps a part, one process alone keeps its weights", () => {
  const values = Float64Array.from([...ramp(0, 1, 40), ...ramp(2, 2, 40)]);
  const parts = [
    { process: 3, count: 40 },
    { process: 1, count: 40 },
  ];
  close(
    weightsByWidth(values, ones(80), parts).subarray(40),
    ones(40).map(() => 1e-3),
    exact,
  );
  const weights = Float64Array.of(1, -0.5, 2);
  assert.is(weightsByWidth(Float64Array.of(1, 5, 2), weights, [{ process: 0, count: 3 }]), weights);
  // All of one value: there is no widest.
  const same = ones(80);
  assert.is(weightsByWidth(ones(80), same, parts), same);
});

test.run();
