import { footer, type SamplesOf } from "./shapes.js";

export const pulls: SamplesOf<"pulls"> = {
  plain: {
    title: "Nuisances after the fit",
    footer,
    names: ["shift", "squeeze", "rate of B", "a nuisance with a long name"],
    estimates: [0.486, -0.523, 0.02, 2.9],
    errors: [0.013, 0.014, 0.98, 0.4],
    truth: [0.5, -0.5, 0, 2.5],
  },
};
