/** What the nuisances do to the densities. */
import { choice, flag, list, number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { hidden, splineBins, splineBound } from "./networks.js";
import { nuisancePair } from "./nuisances.js";
import { type RecipeDefaults, recipe } from "./training.js";

/** What a morph is made of. */
export const morphKeys = (layers: number) => ({
  kind: choice({
    doc: "Layers of the morph. affine: they scale and shift each feature, which moves a spectrum that falls or is cut hardly at all. spline: they pass it through a spline as well.",
    choices: ["spline", "affine"],
    default: "spline",
  }),
  bins: splineBins(8),
  bound: splineBound(5),
  layers: number({ doc: "Layers in sequence.", integer: true, min: 1, max: MAXIMA.layers, default: layers }),
  hidden: hidden([32, 32]),
});

/** How what nuisances do is put together. */
export const combination = {
  quadraticDamping: number({
    doc: "Damping of the terms that are quadratic in nu.",
    unit: "dimensionless",
    default: 0.01,
    above: 0,
    max: MAXIMA.damping,
  }),
  pairDamping: number({
    doc: "Damping of the pair terms.",
    unit: "dimensionless",
    default: 0.1,
    above: 0,
    max: MAXIMA.damping,
  }),
  shiftFirst: flag({
    doc: "Whether layers shift features before they scale them, so that what one nuisance does to a mean does not depend on what another does to the width; false: scale and then shift, as published (arXiv:2606.30489).",
    default: true,
  }),
} as const;

const factorizable = (of: string, layers: number, defaults: RecipeDefaults) =>
  section(
    {
      ...morphKeys(layers),
      training: recipe(`the morphing of ${of}`, defaults),
    },
    {
      doc: `Morphing of the density of ${of}. For a nuisance with samples of its own, a morph of one affine layer with few hidden units takes its place where the samples show no more than that learns: it has less noise.`,
    },
  );

export const morph = section(
  {
    pairs: list(nuisancePair, {
      doc: "Pairs of nuisances that have a term of their own, for example [[shift, squeeze]]. A pair needs samples in which both are off nominal.",
      default: [],
      maxLength: MAXIMA.pairs,
    }),
    ...combination,
    x: factorizable("x", 1, { optimiser: "adamw", epochs: 10, batch: 1024, learningRate: 2e-3 }),
    y: factorizable("y", 2, { optimiser: "adamw", epochs: 10, batch: 1024, learningRate: 2e-3 }),
  },
  { doc: "Morphing: what the nuisances do to the densities, as factorizable normalizing flows (FNF)." },
);
