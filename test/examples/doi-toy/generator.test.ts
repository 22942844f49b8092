import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  distortedY,
  logDensityX,
  logDensityY,
  sampleToy,
  type ToyClass,
  type ToyEvents,
  type ToyNuisances,
  undistortedY,
} from "../../../examples/doi-toy/generator.js";
import { readNpz } from "../../../io/numpy/npz.js";
import { referenceFile, referenceTest } from "../../support/reference.js";

const TRUTH: ToyNuisances = [0.5, -0.5];

/** A standard normal deviate beyond ±5 has probability 6e-7. */
const DEVIATION = 5;

function meanAndError(values: Float64Array): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, error: Math.sqrt(variance / values.length) };
}

function perEvent(events: ToyEvents, f: (x1: number, x2: number, y1: number, y2: number, c: ToyClass) => number) {
  const n = events.c.length;
  const { x, y, c } = events;
  return Float64Array.from(c, (classOf, i) => f(x[i]!, x[n + i]!, y[i]!, y[n + i]!, classOf as ToyClass));
}

test("an event does not depend on the chunk it is drawn in", () => {
  const request = { seed: 3, purpose: "chunks", nu: TRUTH, distorted: true, classes: "both" } as const;
  const whole = sampleToy({ ...request, start: 0, count: 5000 });
  for (const [start, count] of [
    [0, 1],
    [33, 64],
    [1023, 3000],
  ] as const) {
    const part = sampleToy({ ...request, start, count });
    assert.equal(part.c, whole.c.slice(start, start + count));
    for (const column of ["x", "y"] as const) {
      assert.equal(part[column].slice(0, count), whole[column].slice(start, start + count));
      assert.equal(part[column].slice(count), whole[column].slice(5000 + start, 5000 + start + count));
    }
  }
});

test("one class alone, other purposes and other seeds are other events", () => {
  const request = { seed: 3, purpose: "a", start: 0, count: 100, nu: TRUTH, distorted: false, classes: 1 } as const;
  const events = sampleToy(request);
  assert.ok(events.c.every((c) => c === 1));
  assert.is.not(sampleToy({ ...request, purpose: "b" }).x[0], events.x[0]);
  assert.is.not(sampleToy({ ...request, seed: 4 }).x[0], events.x[0]);
});

test("x has the means and widths of the formulas, classes are halves, seed 1, 2·10^5 events, false-alarm probability 6e-6", () => {
  const n = 200_000;
  const request = { seed: 1, purpose: "moments", start: 0, count: n, nu: [1, 2], distorted: false } as const;
  const both = sampleToy({ ...request, classes: "both" });
  const inB = both.c.reduce((sum, c) => sum + c, 0);
  assert.ok(Math.abs(inB - n / 2) < DEVIATION * Math.sqrt(n / 4));
  const laws = [
    { mean: -0.5 - 0.3, width1: 0.9 * Math.exp(0.4), width2: 0.6 * Math.exp(-0.4) },
    { mean: 0.5 + 0.3, width1: 0.6 * Math.exp(-0.4), width2: 0.4 * Math.exp(0.4) },
  ];
  for (const classes of [0, 1] as const) {
    const { mean, width1, width2 } = laws[classes]!;
    const events = sampleToy({ ...request, classes });
    for (const [f, expected] of [
      [(x1: number) => x1, mean],
      [(x1: number) => (x1 - mean) ** 2, width1 ** 2],
      [(_: number, x2: number) => x2, 0],
      [(_: number, x2: number) => x2 ** 2, width2 ** 2],
      [(x1: number, x2: number) => (x1 - mean) * x2, 0],
    ] as const) {
      const measured = meanAndError(perEvent(events, f));
      assert.ok(Math.abs(measured.mean - expected) < DEVIATION * measured.error);
    }
  }
});

test("densities integrate to 1", () => {
  // Trapezoids on smooth functions that vanish at the ends converge faster than any power of the step.
  const step = 0.04;
  const axis = Array.from({ length: 601 }, (_, i) => (i - 300) * step);
  const integral = (f: (u: number, v: number) => number) =>
    axis.reduce((sum, u) => axis.reduce((inner, v) => inner + f(u, v), sum), 0) * step * step;
  for (const c of [0, 1] as const) {
    const inX = integral((x1, x2) => Math.exp(logDensityX(x1, x2, c, [1.2, -0.7])));
    assert.ok(Math.abs(inX - 1) < 1e-9, `x, class ${c}: ${inX}`);
    for (const distorted of [false, true]) {
      const inY = integral((y1, y2) => Math.exp(logDensityY([y1, y2], 0.4, -0.3, c, [1.2, -0.7], distorted)));
      assert.ok(Math.abs(inY - 1) < 1e-9, `y, class ${c}, distorted ${distorted}: ${inY}`);
    }
  }
});

test("the distortion turns A clockwise and B counter-clockwise at x_1 > 0, stretches along (1, -1), and is undone", () => {
  // x = (0.5, 0): θ = g · 0.4 / 0.85 · tanh(1); the shear has eigenvalue 1 along (1, 1) and 1 + 0.2 g along (1, -1).
  const angle = (0.4 / 0.85) * Math.tanh(1);
  for (const c of [0, 1] as const) {
    const g = c === 0 ? -1 : 1;
    const [y1, y2] = distortedY([Math.cos(-g * angle), Math.sin(-g * angle)], 0.5, 0, c);
    assert.ok(Math.abs(y1 - (1 + 0.1 * g)) < 1e-15 && Math.abs(y2 + 0.1 * g) < 1e-15);
    const back = undistortedY(distortedY([0.3, -2], 0.7, -1.1, c), 0.7, -1.1, c);
    assert.ok(Math.abs(back[0] - 0.3) < 1e-15 && Math.abs(back[1] + 2) < 1e-15);
  }
});

test("the mean log density of y is its entropy: -1 - log 2π - <log(σ_1 σ_2 √(1-ρ²))>, seed 2, 10^5 events, false-alarm probability 1e-6", () => {
  for (const distorted of [false, true]) {
    const events = sampleToy({
      seed: 2,
      purpose: "entropy",
      start: 0,
      count: 100_000,
      nu: TRUTH,
      distorted,
      classes: "both",
    });
    const excess = perEvent(events, (x1, x2, y1, y2, c) => {
      const width1 = Math.log1p(Math.exp(0.4 * x1 + 0.1));
      const width2 = Math.log1p(Math.exp(-0.2 * x1 + 0.4));
      const rho = 0.8 * Math.tanh((x1 + x2) / 2);
      const entropy = 1 + Math.log(2 * Math.PI * width1 * width2 * Math.sqrt(1 - rho * rho));
      const logDet = distorted ? Math.log(c === 0 ? 0.8 : 1.2) : 0;
      return logDensityY([y1, y2], x1, x2, c, TRUTH, distorted) + entropy + logDet;
    });
    const { mean, error } = meanAndError(excess);
    assert.ok(Math.abs(mean) < DEVIATION * error, `${mean} ± ${error}`);
  }
});

test("Fisher information at the truth gives the published σ of 10^5 events, seed 4, 2·10^5 events, false-alarm probability 2e-6", () => {
  const n = 200_000;
  const events = sampleToy({
    seed: 4,
    purpose: "information",
    start: 0,
    count: n,
    nu: TRUTH,
    distorted: true,
    classes: "both",
  });
  const logMixture = (withY: boolean, nu: ToyNuisances) =>
    perEvent(events, (x1, x2, y1, y2) => {
      const [a, b] = ([0, 1] as const).map(
        (c) => logDensityX(x1, x2, c, nu) + (withY ? logDensityY([y1, y2], x1, x2, c, nu, true) : 0),
      ) as [number, number];
      return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
    });
  const step = 1e-4;
  for (const { withY, expected } of [
    { withY: false, expected: [0.0093, 0.0096] },
    { withY: true, expected: [0.006, 0.0061] },
  ]) {
    const scores = [0, 1].map((k) => {
      const at = (sign: number) => logMixture(withY, TRUTH.map((v, j) => v + (j === k ? sign * step : 0)) as never);
      const [up, down] = [at(1), at(-1)];
      return up.map((value, i) => (value - down[i]!) / (2 * step));
    });
    const product = (j: number, k: number) => meanAndError(scores[j]!.map((s, i) => s * scores[k]![i]!));
    const [ss, qq, sq] = [product(0, 0), product(1, 1), product(0, 1)];
    const determinant = ss.mean * qq.mean - sq.mean ** 2;
    const sigmas = [qq, ss].map((other) => Math.sqrt(other.mean / determinant / 100_000));
    const correlation = -sq.mean / Math.sqrt(ss.mean * qq.mean);
    if (!withY) assert.ok(Math.abs(correlation - 0.03) < 0.005 + DEVIATION * (sq.error / ss.mean), `${correlation}`);
    for (const k of [0, 1]) {
      // The published figure is rounded to 1e-4; σ ∝ I^(-1/2) halves the relative error of the information.
      const own = [ss, qq][k]!;
      const tolerance = 0.5e-4 + DEVIATION * expected[k]! * 0.5 * (own.error / own.mean);
      assert.ok(Math.abs(sigmas[k]! - expected[k]!) < tolerance, `with y ${withY}: ${sigmas[k]} ± ${tolerance}`);
    }
  }
});

/** Events of the published file, in our layout. */
async function published(file: string): Promise<ToyEvents> {
  const arrays = await readNpz(referenceFile(file));
  const columns = (name: string) => {
    const { shape, data } = arrays.get(name)!;
    const n = shape[0]!;
    return Float32Array.from({ length: 2 * n }, (_, i) => Number(data[2 * (i % n) + Math.floor(i / n)]));
  };
  return { x: columns("x"), y: columns("y"), c: Int32Array.from(arrays.get("c")!.data as Int32Array) };
}

/** Counts in 4^4 cells of (x, y), cut at the quartiles of `edgesFrom`, for one class. */
function cellCounts(events: ToyEvents, edgesFrom: ToyEvents, c: ToyClass): Float64Array {
  const columnsOf = (sample: ToyEvents) => {
    const n = sample.c.length;
    const inClass = (_: number, i: number) => sample.c[i] === c;
    return [sample.x, sample.y].flatMap((xy) => [xy.slice(0, n).filter(inClass), xy.slice(n).filter(inClass)]);
  };
  const edges = columnsOf(edgesFrom).map((column) => {
    const sorted = column.slice().sort();
    return [1, 2, 3].map((quarter) => sorted[Math.floor((quarter * sorted.length) / 4)]!);
  });
  const columns = columnsOf(events);
  const counts = new Float64Array(256);
  for (let i = 0; i < columns[0]!.length; i++) {
    const cell = columns.reduce((code, column, k) => 4 * code + edges[k]!.filter((e) => column[i]! > e).length, 0);
    counts[cell]!++;
  }
  return counts;
}

for (const { file, nu, distorted } of [
  { file: "doi-toy/events_nominal.npz", nu: [0, 0], distorted: false },
  { file: "doi-toy/events.npz", nu: TRUTH, distorted: true },
] as const) {
  referenceTest(
    `our events and those of ${file} have one law, seed 5, 3·10^5 events, false-alarm probability 3e-6`,
    async () => {
      const theirs = await published(file);
      const ours = sampleToy({ seed: 5, purpose: file, start: 0, count: 300_000, nu, distorted, classes: "both" });

      for (const c of [0, 1] as const) {
        const [a, b] = [cellCounts(theirs, ours, c), cellCounts(ours, ours, c)];
        const [nA, nB] = [a, b].map((counts) => counts.reduce((sum, count) => sum + count, 0)) as [number, number];
        // Two-sample χ² of histograms; cells that expect fewer than 10 events are left out, each costs a degree of freedom.
        let [chiSquare, degrees] = [0, -1];
        for (let i = 0; i < 256; i++) {
          if (a[i]! + b[i]! < 40) continue;
          chiSquare += (Math.sqrt(nB / nA) * a[i]! - Math.sqrt(nA / nB) * b[i]!) ** 2 / (a[i]! + b[i]!);
          degrees++;
        }
        const deviate = (Math.cbrt(chiSquare / degrees) - 1 + 2 / (9 * degrees)) / Math.sqrt(2 / (9 * degrees));
        assert.ok(degrees > 150 && deviate < DEVIATION, `class ${c}: χ² = ${chiSquare} / ${degrees}`);
      }

      const logDensity = (events: ToyEvents) =>
        meanAndError(
          perEvent(
            events,
            (x1, x2, y1, y2, c) => logDensityX(x1, x2, c, nu) + logDensityY([y1, y2], x1, x2, c, nu, distorted),
          ),
        );
      const [one, other] = [logDensity(theirs), logDensity(ours)];
      const deviate = (one.mean - other.mean) / Math.hypot(one.error, other.error);
      assert.ok(Math.abs(deviate) < DEVIATION, `mean log density: ${one.mean} and ${other.mean}`);
    },
  );
}

test.run();
