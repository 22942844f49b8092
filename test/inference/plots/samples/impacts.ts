import { footer, noise, type SamplesOf } from "./shapes.js";

export const impactRanking: SamplesOf<"impactRanking"> = {
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
};
