import { footer, grid, noise, type SamplesOf } from "./shapes.js";

function decay(start: number, end: number, rate: number, wiggle: number) {
  const x = grid(1, 60, 60);
  return { x, loss: x.map((t, i) => end + (start - end) * Math.exp(-rate * t) + wiggle * noise(i)) };
}

export const lossCurves: SamplesOf<"lossCurves"> = {
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
    panels: ["p(x | c)", "p(y | x, c)", "morph of x, shift", "morph of y, squeeze"].map((title, k) => ({
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
};
