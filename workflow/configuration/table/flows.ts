/** Densities of the nominal simulation. */
import { choice, section } from "../entries.js";
import { hidden, splineBins, splineBound, transforms } from "./networks.js";
import { type RecipeDefaults, recipe } from "./training.js";

/** What a flow is made of. @param bound  of its splines */
export const flowKeys = (bound: number) => ({
  kind: choice({
    doc: "Transformation of each feature: rational-quadratic spline or affine.",
    choices: ["spline", "affine"],
    default: "spline",
  }),
  structure: choice({
    doc: "autoregressive: the density takes one pass. coupling: the density and sampling take one pass each; needs at least 2 features.",
    choices: ["autoregressive", "coupling"],
    default: "autoregressive",
  }),
  transforms: transforms(2),
  bins: splineBins(12),
  bound: splineBound(bound),
  hidden: hidden([32, 32]),
});

// Of 10⁶ normal events 400 lie between the last of 12 bins' inner knots and a bound of 4. With 5 it is 15, whose fluctuation is the tail.
const density = (of: string, defaults: RecipeDefaults) =>
  section({ ...flowKeys(4), training: recipe(of, defaults) }, { doc: `Normalizing flow of ${of}.` });

export const flows = section(
  {
    x: density("p(x | process)", { optimiser: "adamw", epochs: 10, batch: 1024, learningRate: 2e-3 }),
    y: density("p(y | x, process)", { optimiser: "adamw", epochs: 10, batch: 1024, learningRate: 2e-3 }),
  },
  { doc: "Densities of the nominal simulation." },
);
