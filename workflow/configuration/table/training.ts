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
        doc: "Passes over the training sample; with a generator, parts in which its events are drawn.",
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
        doc: "Learning rate at its peak, after warm-up; it decays as a cosine from there.",
        default: defaults.learningRate,
        above: 0,
        max: MAXIMA.learningRate,
      }),
      warmUp: number({
        doc: "Part of all steps in which the learning rate rises from 0.",
        default: 0.02,
        min: 0,
        max: 1,
      }),
      averaged: number({
        doc: "Part of all steps, at their end, over which the trained parameters are the mean; 0: the last ones.",
        default: 0.5,
        min: 0,
        max: 1,
      }),
      weightDecay: number({ doc: "Decoupled weight decay (adamw only).", default: 0, min: 0, max: MAXIMA.weightDecay }),
      patience: number({
        doc: "Epochs without a better validation loss after which training stops; 0: never. The last epoch is kept, unless the best is better by more than chance.",
        integer: true,
        min: 0,
        max: MAXIMA.epochs,
        default: 0,
      }),
    },
    { doc: `How ${of} is trained.` },
  );
