import { footer, histogram, type SamplesOf } from "./shapes.js";

const closurePanel = (title: string, xLabel: string, size: number) => ({
  title,
  xLabel,
  ...histogram(0.2, 0.9, size, 0),
  goodness: { chi2: 31.2, ndf: 30, pValue: 0.41 },
});

export const closure: SamplesOf<"closure"> = {
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
    predictionLabel: "morph at squeeze = +1",
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
};
