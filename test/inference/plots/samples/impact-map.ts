import { footer, noise, type SamplesOf } from "./shapes.js";

export const impactMap: SamplesOf<"impactMap"> = {
  plain: {
    title: "Impacts on T, covariance",
    footer,
    valueLabel: "r.m.s. displacement [σ of y]",
    regions: ["all events", "x₁ < −0.41", "−0.41 ≤ x₁ < 0.39", "x₁ ≥ 0.39", "y₁ < −0.3", "−0.3 ≤ y₁ < 0.8", "y₁ ≥ 0.8"],
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
};
