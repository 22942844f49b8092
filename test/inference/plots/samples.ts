import * as plots from "../../../inference/plots/index.js";

/** The functions among the exports that draw: from captioned data to SVG. */
export type PlotName = {
  [K in keyof typeof plots]: (typeof plots)[K] extends (data: infer D) => string
    ? D extends plots.Caption
      ? K
      : never
    : never;
}[keyof typeof plots];

type DataOf<K extends PlotName> = Parameters<(typeof plots)[K]>[0];

/** At least one sample per plot; its key names the snapshot. */
type Samples = { readonly [K in PlotName]: { readonly plain: DataOf<K>; readonly [variant: string]: DataOf<K> } };

const footer = plots.footerLine({ nEvents: 50_000, seed: 1, version: "0.1.0" });

/** n values from first to last. */
const grid = (first: number, last: number, n: number) =>
  Array.from({ length: n }, (_, i) => first + ((last - first) * i) / (n - 1));

/** Plausible noise without a generator: fractional parts of multiples of the golden ratio, mapped to [-1.7, 1.7]. */
const noise = (i: number) => 3.4 * ((i * 0.618033988749895 + 0.21) % 1) - 1.7;

const gauss = (x: number, mean: number, sigma: number) => Math.exp(-0.5 * ((x - mean) / sigma) ** 2) / sigma;

function egg(cx: number, cy: number, size: number): [number, number][] {
  const points = grid(0, 2 * Math.PI, 60).map((t): [number, number] => {
    const bulge = 1 + 0.12 * Math.cos(t);
    return [cx + size * 0.012 * bulge * Math.cos(t), cy + size * 0.013 * (Math.sin(t) + 0.3 * Math.cos(t))];
  });
  return [...points.slice(0, -1), points[0]!];
}

function histogram(mean: number, sigma: number, size: number, shift: number) {
  const edges = grid(-4, 4, 31);
  const prediction = edges.slice(1).map((edge, i) => size * gauss((edge + edges[i]!) / 2, mean, sigma));
  const counts = prediction.map((value, i) =>
    Math.max(0, Math.round(value + shift * value * noise(i) + Math.sqrt(value) * noise(i + 7))),
  );
  return { edges, counts, errors: counts.map(Math.sqrt), prediction };
}

const lattice = grid(-2, 2, 11).flatMap((x) => grid(-1, 1, 11).map((y) => [x, y] as const));
const field = (scale: number) =>
  lattice.map(([x, y]) => [scale * (0.3 * x - y), scale * (0.2 * y + 0.5 * x) * Math.exp(-(x ** 2))] as const);

function decay(start: number, end: number, rate: number, wiggle: number) {
  const x = grid(1, 60, 60);
  return { x, loss: x.map((t, i) => end + (start - end) * Math.exp(-rate * t) + wiggle * noise(i)) };
}

const projection = (title: string, xLabel: string, mean: number) => {
  const fit = histogram(mean, 1.1, 4000, 0);
  const first = fit.edges.slice(1).map((edge) => 1800 * gauss(edge, mean - 0.6, 0.8));
  return {
    title,
    xLabel,
    edges: fit.edges,
    counts: fit.counts,
    errors: fit.errors,
    before: { total: histogram(mean + 0.25, 1.2, 4000, 0).prediction, chi2: 812.4, ndf: 30, pValue: 1e-90 },
    after: { total: fit.prediction, chi2: 27.31, ndf: 28, pValue: 0.503 },
    bands: [
      {
        label: "fit, total",
        lower: fit.prediction.map((value, i) => (0.035 + 0.015 * Math.abs(noise(i))) * value),
        upper: fit.prediction.map((value, i) => (0.035 + 0.015 * Math.abs(noise(i + 3))) * value),
      },
      {
        label: "fit, systematic",
        lower: fit.prediction.map((value) => 0.02 * value),
        upper: fit.prediction.map((value) => 0.025 * value),
      },
    ],
    components: [
      { label: "signal A", values: first },
      { label: "background B", values: fit.prediction.map((value, i) => Math.max(0, value - first[i]!)) },
    ],
  };
};

/** Two levels of the ellipse of a covariance, [xx, xy, yy]: p = √level L (cos, sin), L its Cholesky factor. */
function ellipses(label: string, [xx, xy, yy]: readonly [number, number, number]) {
  const [a, b, c] = [Math.sqrt(xx), xy / Math.sqrt(xx), Math.sqrt(yy - xy ** 2 / xx)];
  const contours = [2.3, 6.18].map((level) => {
    const points = Array.from({ length: 121 }, (_, i): [number, number] => {
      const angle = (2 * Math.PI * (i % 120)) / 120;
      const [u, v] = [Math.sqrt(level) * Math.cos(angle), Math.sqrt(level) * Math.sin(angle)];
      return [0.486 + a * u, -0.523 + b * u + c * v];
    });
    return { level, polylines: [points] };
  });
  return { label, contours };
}

const closurePanel = (title: string, xLabel: string, size: number) => ({
  title,
  xLabel,
  ...histogram(0.2, 0.9, size, 0),
  goodness: { chi2: 31.2, ndf: 30, pValue: 0.41 },
});

export const samples: Samples = {
  scan2d: {
    plain: {
      title: "Profile likelihood of the nuisances",
      footer,
      xLabel: "ν(shift) [prior σ]",
      yLabel: "ν(squeeze) [prior σ]",
      scans: [
        {
          label: "T profiled",
          contours: [
            { level: 2.3, polylines: [egg(0.486, -0.523, 1.5)] },
            { level: 6.18, polylines: [egg(0.486, -0.523, 2.5)] },
          ],
        },
      ],
      ellipses: [
        ellipses("Hessian, T profiled", [1.44e-4, 0.4e-4, 1.7e-4]),
        ellipses("Hessian, T fixed", [0.7e-4, 0.05e-4, 0.75e-4]),
      ],
      bestFit: { at: [0.486, -0.523], errors: [0.012, 0.013] },
      truth: [0.5, -0.5],
    },
    open: {
      title: "A scan that leaves its box, three levels, no truth known",
      footer,
      xLabel: "luminosity",
      yLabel: "a nuisance with quite a long name that does not fit its axis at all",
      scans: [
        {
          label: "scan",
          contours: [
            { level: 2.3, polylines: [egg(0, 0, 40)] },
            { level: 6.18, polylines: [egg(0, 0, 70).slice(5, 50)] },
            { level: 11.83, polylines: [egg(0, 0, 95).slice(10, 25), egg(0, 0, 95).slice(35, 48)] },
          ],
        },
      ],
      ellipses: [],
    },
  },
  scan1d: {
    plain: {
      title: "Scan of the shift",
      footer,
      xLabel: "ν(shift) [prior σ]",
      curves: [
        { label: "T fixed", sigma: 0.0085 },
        { label: "T profiled", sigma: 0.0132 },
      ].map(({ label, sigma }) => {
        const x = grid(0.45, 0.53, 41);
        return { label, x, deltaTwoNll: x.map((value) => ((value - 0.488) / sigma) ** 2) };
      }),
      truth: 0.5,
    },
    few: {
      title: "Scan of the shift, seven points and the Hessian's parabola",
      footer,
      xLabel: "shift (prior standard deviations)",
      curves: [
        {
          label: "T profiled",
          x: grid(0.46, 0.52, 7),
          deltaTwoNll: grid(0.46, 0.52, 7).map((value) => ((value - 0.488) / 0.01) ** 2 + 2e4 * (value - 0.488) ** 3),
        },
      ],
      parabola: { label: "Hessian", at: 0.488, sigma: 0.01 },
    },
  },
  lossCurves: {
    plain: {
      title: "Training",
      footer,
      xLabel: "epoch",
      yLabel: "loss per event [nats]",
      panels: [
        {
          title: "p(y | x, c)",
          curves: [
            { label: "training", ...decay(4.8, 2.104, 0.3, 0.002) },
            { label: "validation", ...decay(4.7, 2.112, 0.28, 0.004) },
          ],
          best: { x: 51, loss: 2.109 },
        },
      ],
    },
    grid: {
      title: "Training of all networks",
      footer,
      xLabel: "step",
      yLabel: "loss per event [nats]",
      panels: ["p(x | c)", "p(y | x, c)", "FNF of x, shift", "FNF of y, squeeze"].map((title, k) => ({
        title,
        curves: [
          { label: "training", ...decay(k + 4, k + 1, 0.2, 0.003) },
          { label: "validation", ...decay(k + 3.9, k + 1.02, 0.2, 0.003) },
        ],
      })),
    },
    many: {
      title: "Loss of every training",
      footer,
      xLabel: "epoch",
      yLabel: "loss per event (nats)",
      panels: Array.from({ length: 36 }, (_, k) => {
        const validation = decay(2.66 + 0.01 * k, 2.64 + 0.01 * k, 0.1, 0.001);
        return {
          title: k === 0 ? "p(x), nominal" : `p(${k < 18 ? "x" : "y | x"}), nuisance ${k} of many, with a long name`,
          curves: [
            { label: "training", ...decay(2.66 + 0.01 * k, 2.63 + 0.01 * k, 0.1, 0.0005) },
            { label: "validation", ...validation },
          ],
          best: { x: 55, loss: validation.loss[54]! },
        };
      }),
    },
  },
  closure: {
    plain: {
      title: "Closure on held-out simulation",
      footer,
      yLabel: "events / bin",
      pointsLabel: "held-out simulation",
      predictionLabel: "flow",
      panels: [
        closurePanel("A, nominal", "y₁", 900),
        closurePanel("A, shift = +1", "y₁", 900),
        closurePanel("A, shift = −1", "y₁", 42_000),
        closurePanel("B, nominal", "y₁", 30),
        closurePanel("B, shift = +1", "y₁", 900),
      ],
    },
    single: {
      title: "Closure",
      footer,
      yLabel: "weighted events",
      pointsLabel: "simulation",
      predictionLabel: "FNF at squeeze = +1",
      panels: [
        {
          title: "",
          xLabel: "m [GeV]",
          edges: [80, 85, 90, 100, 120],
          counts: [12.5, -3.1, 80, 41],
          errors: [6, 4, 11, 8],
          prediction: [10, 1.5, 70, 0],
        },
      ],
    },
  },
  quiver: {
    plain: {
      title: "Displacement T(y | x, ν̂) − y, averaged over x",
      footer,
      xLabel: "y₁",
      yLabel: "y₂",
      panels: [
        { title: "process A", points: lattice, displacements: field(0.3) },
        { title: "process B", points: lattice, displacements: field(-0.2) },
      ],
    },
    modes: {
      title: "Displacement along the principal modes of the profiled covariance",
      footer,
      xLabel: "y₁",
      yLabel: "y₂ [GeV]",
      columns: 4,
      panels: ["A, mode 1, +1σ", "A, mode 1, −1σ", "B, mode 1, +1σ", "B, mode 1, −1σ"].map((title, k) => ({
        title,
        points: lattice,
        displacements: field([0.004, -0.004, 0.0021, 0][k]!),
      })),
    },
    replicas: {
      title: "Displacement T(y | x, ν̂) − y with the replicas of T",
      footer,
      xLabel: "y₁",
      yLabel: "y₂",
      panels: [
        {
          title: "process A",
          points: lattice,
          displacements: field(0.3),
          replicas: {
            mean: field(0.3).map(([x, y], i) => [x + 0.01 * noise(i), y - 0.01] as const),
            spread: lattice.map(([x, y]) => [0.05 * (1 + x ** 2), 0.03 * (1 + y ** 2)] as const),
          },
        },
        { title: "process B, one T alone", points: lattice, displacements: field(-0.2) },
      ],
    },
  },
  displacementCurves: {
    plain: {
      title: "Displacement Δ(y)",
      footer,
      xLabel: "y",
      yLabel: "Δ(y)",
      panels: ["A", "B"].map((title, k) => ({
        title,
        curves: ["nominal", "mode 1, +1σ", "mode 1, −1σ"].map((label, i) => {
          const x = grid(-3, 3, 61);
          return { label, x, displacement: x.map((y) => (k - 0.6) * 0.003 * ((i * 2) % 3) * Math.tanh(y) + 0.002 * k) };
        }),
      })),
    },
    bands: {
      title: "Displacement T(y | x, ν̂) − y at the mean x of each process",
      footer,
      xLabel: "y",
      yLabel: "T(y) − y",
      panels: ["A", "B"].map((title, k) => {
        const x = grid(-3, 3, 61);
        const width = (scale: number) => x.map((y) => scale * (0.02 + 0.012 * y ** 2));
        return {
          title,
          curves: [
            {
              label: "mean of the replicas",
              x,
              displacement: x.map((y) => (0.5 - k) * 0.6 * Math.tanh(y) + 0.1),
              bands: [
                { label: "total", lower: width(1.2), upper: width(1) },
                { label: "systematic", lower: width(0.5), upper: width(0.4) },
              ],
            },
          ],
        };
      }),
    },
  },
  replicas: {
    plain: {
      title: "Replicas of the fit, T fixed to their own",
      footer,
      panels: [
        {
          xLabel: "ν(shift) [prior σ]",
          yLabel: "ν(squeeze) [prior σ]",
          x: Array.from({ length: 8 }, (_, b) => 0.486 + 0.009 * noise(b)),
          y: Array.from({ length: 8 }, (_, b) => -0.523 + 0.0109 * noise(b + 11)),
          ellipses: [
            {
              label: "T profiled, single likelihood",
              at: [0.484, -0.521],
              errors: [0.0093, 0.0096],
              correlation: 0.03,
            },
            { label: "average over replicas", at: [0.48, -0.518], errors: [0.0131, 0.0142], correlation: 0.2 },
          ],
          truth: [0.5, -0.5],
        },
      ],
    },
    pairs: {
      title: "Replicas, every pair of three nuisances, no fit to compare with in the last",
      footer,
      panels: [0, 1, 2].map((k) => ({
        xLabel: ["shift", "shift", "squeeze"][k]!,
        yLabel: ["squeeze", "a rate with a long name that goes on", "rate"][k]!,
        x: Array.from({ length: 40 }, (_, b) => 0.4 * k + 0.5 * noise(b)),
        y: Array.from({ length: 40 }, (_, b) => 120 * (noise(3 * b + k) + (k - 1) * noise(b))),
        ellipses:
          k === 2
            ? []
            : [{ label: "T fixed", at: [0.4 * k, 3], errors: [0.5, 130], correlation: 0.7 * (k - 1) } as const],
      })),
    },
  },
  projections: {
    plain: {
      title: "Data and prediction before and after the fit",
      footer,
      yLabel: "events / bin",
      panels: [projection("", "y₁", 0.3), projection("", "y₂", -0.5), projection("", "x₁ [GeV]", 0)],
    },
    single: {
      title: "One feature, no components",
      footer,
      yLabel: "events / bin",
      panels: [{ ...projection("signal region", "y", 0), bands: undefined, components: [] }],
    },
  },
  correlationMatrix: {
    plain: {
      title: "Correlation of the nuisances (T profiled)",
      footer,
      names: ["shift", "squeeze", "rate of B", "jet energy scale"],
      matrix: [
        [1, 0.03, -0.42, 0.7],
        [0.03, 1, 0.2, -0.9],
        [-0.42, 0.2, 1, 0],
        [0.7, -0.9, 0, 1],
      ],
    },
    two: {
      title: "Correlation of the nuisances, T held fixed at its best fit",
      footer,
      names: ["shift", "squeeze"],
      matrix: [
        [1, -0.004],
        [-0.004, 1],
      ],
    },
  },
  impactRanking: {
    plain: {
      title: "Impacts on the yield of A, auxiliary measurements shifted",
      footer,
      targetLabel: "yield of A [events]",
      endLabels: ["constraint + 1", "constraint − 1"],
      names: ["rate of A", "shift", "jet energy scale", "squeeze", "a nuisance with a long name"],
      up: [412.3, -131.2, 75, -21, 0.4],
      down: [-398, 118.7, 33, 20.5, -0.4],
      pulls: { estimates: [0.1, 0.486, -1.4, -0.523, 2.9], errors: [0.93, 0.13, 0.7, 0.14, 0.4] },
      sums: { names: ["theory", "experiment", "statistical", "total"], sizes: [402, 140.3, 688, 812] },
    },
    two: {
      title: "Impacts on the shift, T profiled",
      footer,
      targetLabel: "shift [prior σ]",
      endLabels: ["+1σ", "−1σ"],
      names: ["shift", "squeeze"],
      up: [0.000172, 0.0000051],
      down: [-0.000172, -0.0000049],
      pulls: { estimates: [0.486, -0.523], errors: [0.013, 0.014] },
      sums: { names: ["statistical", "total"], sizes: [0.013098, 0.0131] },
    },
    modes: {
      title: "Impacts of the principal modes on the total yield",
      footer,
      targetLabel: "total yield [events]",
      endLabels: ["ν̂ + σₖ eₖ", "ν̂ − σₖ eₖ"],
      names: ["mode 1", "mode 3", "mode 2"],
      up: [-120, 13, 0],
      down: [121, -13, 0],
      sums: { names: [], sizes: [] },
    },
    many: {
      title: "Impacts of many nuisances",
      footer,
      targetLabel: "rate of the signal, a target with a name too long for its column",
      endLabels: ["+1σ", "−1σ"],
      names: Array.from({ length: 37 }, (_, i) => `nuisance ${i + 1}`),
      up: Array.from({ length: 37 }, (_, i) => Math.sign(noise(i)) * 0.31 * Math.exp(-0.14 * i)),
      down: Array.from(
        { length: 37 },
        (_, i) => Math.sign(-noise(i)) * 0.31 * Math.exp(-0.14 * i) * (1 + 0.1 * noise(i)),
      ),
      pulls: {
        estimates: Array.from({ length: 37 }, (_, i) => noise(i + 3)),
        errors: Array.from({ length: 37 }, (_, i) => Math.abs(noise(i)) / 1.7),
      },
      sums: { names: ["total"], sizes: [0.62] },
    },
  },
  impactMap: {
    plain: {
      title: "Impacts on T, covariance",
      footer,
      valueLabel: "r.m.s. displacement [σ of y]",
      regions: [
        "all events",
        "x₁ < −0.41",
        "−0.41 ≤ x₁ < 0.39",
        "x₁ ≥ 0.39",
        "y₁ < −0.3",
        "−0.3 ≤ y₁ < 0.8",
        "y₁ ≥ 0.8",
      ],
      panels: ["process A", "process B"].map((title, f) => ({
        title,
        names: ["shift", "squeeze"],
        values: [0, 1].map((k) =>
          Array.from({ length: 7 }, (_, r) =>
            k === 1 && f === 1 && r === 4 ? undefined : 0.0042 * (1 - 0.7 * k) * (1.8 + noise(r + 7 * k + 3 * f)),
          ),
        ),
      })),
    },
    many: {
      title: "Impacts on T of many nuisances, auxiliary measurements shifted",
      footer,
      valueLabel: "r.m.s. displacement [σ of y]",
      regions: Array.from({ length: 13 }, (_, r) => (r === 0 ? "all events" : `region ${r}`)),
      panels: [
        {
          title: "",
          names: Array.from({ length: 25 }, (_, i) => (i === 3 ? "a nuisance with a long name" : `nuisance ${i + 1}`)),
          values: Array.from({ length: 25 }, (_, i) =>
            Array.from({ length: 13 }, (_, r) => 0.9 * Math.exp(-0.2 * i) * (1 + 0.4 * noise(13 * i + r))),
          ),
        },
      ],
    },
  },
  pulls: {
    plain: {
      title: "Nuisances after the fit",
      footer,
      names: ["shift", "squeeze", "rate of B", "a nuisance with a long name"],
      estimates: [0.486, -0.523, 0.02, 2.9],
      errors: [0.013, 0.014, 0.98, 0.4],
      truth: [0.5, -0.5, 0, 2.5],
    },
  },
};

/** Every sample with its picture, drawn by the function it belongs to. */
export const pictures = Object.entries(samples).flatMap(([name, variants]) =>
  Object.entries(variants as Record<string, plots.Caption>).map(([variant, data]) => ({
    name: `${name}-${variant}`,
    plot: name as PlotName,
    data,
    // biome-ignore lint/performance/noDynamicNamespaceImportAccess: the registry is the whole module
    draw: plots[name as PlotName] as (data: plots.Caption) => string,
  })),
);
