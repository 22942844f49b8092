/** The transport map T and its ensemble. */
import { flag, number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { hidden, splineBins, splineBound, transforms } from "./networks.js";
import { recipe } from "./training.js";

export const transport = section(
  {
    enabled: flag({
      doc: "Fit the transport map T, from data to simulation. It is used where y is in likelihood.observables.",
      default: true,
    }),
    transforms: transforms(2),
    bins: splineBins(8),
    bound: splineBound(5),
    hidden: hidden([64, 64]),
    training: recipe("T and nu together (step 1)", {
      optimiser: "adamw",
      epochs: 25,
      batch: 1024,
      learningRate: 3e-3,
    }),
    nuisanceLearningRate: number({
      doc: "Learning rate of nu (step 1).",
      default: 5e-4,
      above: 0,
      max: MAXIMA.learningRate,
    }),
  },
  {
    doc: "Distribution of interest: the transport map T, from data to simulation, for every process and conditional on x.",
  },
);

export const ensemble = section(
  {
    replicas: number({
      doc: "Poisson-bootstrap replicas of step 1: T and nu are fitted again with event weights w ~ Poisson(1). 0: none.",
      integer: true,
      min: 0,
      max: MAXIMA.replicas,
      default: 0,
    }),
    training: recipe("T and nu of each replica. They start from the T of the data", {
      optimiser: "adamw",
      epochs: 15,
      batch: 1024,
      learningRate: 3e-3,
    }),
  },
  { doc: "Ensemble of step 1: how much T and nu depend on the fluctuations of the data." },
);
