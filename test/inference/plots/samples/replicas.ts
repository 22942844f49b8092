import { footer, noise, type SamplesOf } from "./shapes.js";

export const replicas: SamplesOf<"replicas"> = {
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
};
