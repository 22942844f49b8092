import { footer, type SamplesOf } from "./shapes.js";

export const correlationMatrix: SamplesOf<"correlationMatrix"> = {
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
    title: "Correlation of the nuisances, T fixed at its best fit",
    footer,
    names: ["shift", "squeeze"],
    matrix: [
      [1, -0.004],
      [-0.004, 1],
    ],
  },
};
