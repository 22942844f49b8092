/** Where simulated events come from. */
import { choice, list, number, section, text } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { point } from "./nuisances.js";

export const simulation = section(
  {
    generator: choice({
      doc: "Built-in generator of simulated events, in place of the samples of the processes.",
      choices: ["doi-toy"],
      optional: true,
    }),
    events: number({
      doc: "Events that the generator draws for one training, over all its epochs and samples. Absent: twenty times data.events.",
      unit: "events",
      integer: true,
      min: 1,
      max: MAXIMA.simulatedEvents,
      optional: true,
    }),
    variations: list(point("Values of the nuisances."), {
      doc: "Points at which the generator simulates, besides the nominal one. Empty: +1 and -1 of each shape nuisance, and the four corners (+1 or -1, +1 or -1) of each of morph.pairs.",
      default: [],
      maxLength: MAXIMA.samples,
    }),
    weight: text({ doc: "Column of event weights in the samples; absent: unweighted.", optional: true }),
    heldOut: number({
      doc: "Part of every sample kept from training: one half tells whether an earlier epoch was better, the other half is for the closure tests. With a generator, whose events are new in every epoch, all of it is for the closure tests.",
      default: 0.1,
      above: 0,
      max: 0.9,
    }),
  },
  { doc: "Simulated events, from which the densities are learnt." },
);
