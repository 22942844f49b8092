import { footer, gauss, histogram, noise, type SamplesOf } from "./shapes.js";

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

export const projections: SamplesOf<"projections"> = {
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
};
