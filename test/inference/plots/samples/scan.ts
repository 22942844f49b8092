import { ellipses, footer, grid, type SamplesOf } from "./shapes.js";

function egg(cx: number, cy: number, size: number): [number, number][] {
  const points = grid(0, 2 * Math.PI, 60).map((t): [number, number] => {
    const bulge = 1 + 0.12 * Math.cos(t);
    return [cx + size * 0.012 * bulge * Math.cos(t), cy + size * 0.013 * (Math.sin(t) + 0.3 * Math.cos(t))];
  });
  return [...points.slice(0, -1), points[0]!];
}

export const scan1d: SamplesOf<"scan1d"> = {
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
};

export const scan2d: SamplesOf<"scan2d"> = {
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
};
