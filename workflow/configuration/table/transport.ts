/** The map T of the data and its ensemble. */
import { flag, number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { hidden, splineBins, transforms } from "./networks.js";
import { recipe } from "./training.js";

export const transport = section(
  {
    enabled: flag({
      doc: "Fit the map T of data to simulation; used where the likelihood looks at y.",
      default: true,
    }),
    transforms: transforms(2),
    bins: splineBins(8),
    hidden: hidden([64, 64]),
    training: recipe("T, together with nu (step 1),", {
      optimiser: "adamw",
      epochs: 25,
      batch: 1024,
      learningRate: 3e-3,
    }),
    nuisanceLearningRate: number({
      doc: "Learning rate of nu in step 1.",
      default: 5e-4,
      above: 0,
      max: MAXIMA.learningRate,
    }),
  },
  { doc: "Distribution of interest: the map T of data to simulation, per process and x." },
);

export const ensemble = section(
  {
    replicas: number({
      doc: "Poisson-bootstrap replicas of step 1: T and nu fitted again with event weights w ~ Poisson(1); 0: none.",
      integer: true,
      min: 0,
      max: MAXIMA.replicas,
      default: 0,
    }),
    training: recipe("T and nu of each replica, from the T of the data on,", {
      optimiser: "adamw",
      epochs: 15,
      batch: 1024,
      learningRate: 3e-3,
    }),
  },
  { doc: "Ensemble of step 1: how far T and nu depend on the fluctuation of the data." },
);
