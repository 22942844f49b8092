/** The response of T to the nuisances. */
import { choice, flag, number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { hidden } from "./networks.js";
import { recipe } from "./training.js";

export const response = section(
  {
    enabled: flag({ doc: "Let T respond to nu (step 2). It is used where T is fitted.", default: true }),
    actsOn: choice({
      doc: "What the residual map acts on. simulation: it acts behind T, which undoes exactly what nu does to the density of y, and learns the rest. data: it acts in front of T and learns everything through T, by maximum likelihood, as published.",
      choices: ["simulation", "data"],
      default: "simulation",
    }),
    nodes: choice({
      doc: "Values of nu in training; each event has its own value and its mirror image. quadrature: nodes of a Gauss-Legendre grid, drawn with their weights. random: drawn from the whole validity range.",
      choices: ["quadrature", "random"],
      default: "random",
    }),
    points: number({
      doc: "Nodes along each nuisance (quadrature only).",
      integer: true,
      min: 1,
      max: MAXIMA.nodes,
      default: 6,
    }),
    range: number({
      doc: "Half-width of the validity range around the fitted nu, the same for every nuisance. Absent: twice the scale.",
      unit: "prior standard deviations",
      min: MAXIMA.leastWidth,
      max: MAXIMA.nu,
      optional: true,
    }),
    scale: number({
      doc: "Scale of nu inside the residual map, the same for every nuisance. Absent: 2.5 times the error of each nuisance with T fixed, or by x alone where that is larger, and at most 1.5.",
      unit: "prior standard deviations",
      min: MAXIMA.leastWidth,
      max: MAXIMA.nu,
      optional: true,
    }),
    sample: choice({
      doc: "Events on which the response is trained. model: drawn anew from the fitted model, so that the response cannot learn fluctuations of the data. data: the data themselves, as published.",
      choices: ["model", "data"],
      default: "model",
    }),
    events: number({
      doc: "Events drawn for each epoch (model only). Absent: as many as the data, at least 50000.",
      unit: "events",
      integer: true,
      min: 100,
      max: MAXIMA.events,
      optional: true,
    }),
    heldOut: number({
      doc: "Fraction of the events of an epoch that is held out from training. They validate the response at values of nu drawn from the validity range. 0: none.",
      default: 0.1,
      min: 0,
      max: 0.5,
    }),
    kind: choice({
      doc: "Layers of the residual map. affine: they scale and shift each feature. spline: they pass it through a spline as well.",
      choices: ["affine", "spline"],
      default: "affine",
    }),
    bins: number({
      doc: "Bins of the splines of the residual map (kind spline only).",
      integer: true,
      min: 2,
      max: MAXIMA.splineBins,
      default: 8,
    }),
    layers: number({ doc: "Layers of the residual map.", integer: true, min: 1, max: MAXIMA.layers, default: 2 }),
    hidden: hidden([128]),
    training: recipe("the response of T to nu (step 2)", {
      optimiser: "adamw",
      epochs: 5,
      batch: 1024,
      learningRate: 3e-5,
    }),
  },
  {
    doc: "Response of T to the nuisances, with which T is profiled: a residual map, trained here. By default T undoes exactly what they do to the density of y, and the residual map adds what else T does.",
  },
);
