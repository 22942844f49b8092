/** How something is trained: the same keys wherever there is a training. */
import { choice, number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";

export interface RecipeDefaults {
  readonly optimiser: "adam" | "adamw" | "radam";
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
}

export const recipe = (of: string, defaults: RecipeDefaults) =>
  section(
    {
      optimiser: choice({ doc: "Optimiser.", choices: ["adam", "adamw", "radam"], default: defaults.optimiser }),
      epochs: number({
        integer: true,
        doc: "Passes over the training sample. A generator divides its events among the epochs: they are new in each.",
        default: defaults.epochs,
        min: 1,
        max: MAXIMA.epochs,
      }),
      batch: number({
        doc: "Events per optimiser step.",
        integer: true,
        min: 1,
        max: MAXIMA.batch,
        default: defaults.batch,
      }),
      learningRate: number({
        doc: "Learning rate at its peak, after the warm-up. From there it decays as a cosine.",
        default: defaults.learningRate,
        above: 0,
        max: MAXIMA.learningRate,
      }),
      warmUp: number({
        doc: "Fraction of all steps in which the learning rate rises from 0.",
        default: 0.02,
        min: 0,
        max: 1,
      }),
      averaged: number({
        doc: "Fraction of all steps, the last ones, over which the parameters are averaged. 0: the parameters of the last step.",
        default: 0.5,
        min: 0,
        max: 1,
      }),
      weightDecay: number({ doc: "Decoupled weight decay (adamw only).", default: 0, min: 0, max: MAXIMA.weightDecay }),
      patience: number({
        doc: "Training stops after this number of epochs without a better validation loss. 0: it never stops early. The parameters of the last epoch are kept, unless those of the best epoch are better by more than chance.",
        integer: true,
        min: 0,
        max: MAXIMA.epochs,
        default: 0,
      }),
    },
    { doc: `Training of ${of}.` },
  );
