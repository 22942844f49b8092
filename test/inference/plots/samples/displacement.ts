import { footer, grid, noise, type SamplesOf } from "./shapes.js";

const lattice = grid(-2, 2, 11).flatMap((x) => grid(-1, 1, 11).map((y) => [x, y] as const));
const field = (scale: number) =>
  lattice.map(([x, y]) => [scale * (0.3 * x - y), scale * (0.2 * y + 0.5 * x) * Math.exp(-(x ** 2))] as const);

export const quiver: SamplesOf<"quiver"> = {
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
    errorLabel: "tips of the replicas, mean ± 1σ",
    panels: [
      {
        title: "process A",
        points: lattice,
        displacements: field(0.3),
        errors: {
          centre: field(0.3).map(([x, y], i) => [x + 0.01 * noise(i), y - 0.01] as const),
          sigma: lattice.map(([x, y]) => [0.05 * (1 + x ** 2), 0.03 * (1 + y ** 2)] as const),
        },
      },
      { title: "process B, one T alone", points: lattice, displacements: field(-0.2) },
    ],
  },
};

export const displacementCurves: SamplesOf<"displacementCurves"> = {
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
};
