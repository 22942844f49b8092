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
      doc: "Events that the generator draws for one training, in all its epochs and samples together. Absent: twenty times data.events.",
      unit: "events",
      integer: true,
      min: 1,
      max: MAXIMA.simulatedEvents,
      optional: true,
    }),
    variations: list(point("Values of the nuisances."), {
      doc: "Points at which the generator simulates, besides the nominal one. Empty: each shape nuisance at +1 and at -1 from its nominal value, and the four corners (+1 or -1, +1 or -1) of each of morph.pairs.",
      default: [],
      maxLength: MAXIMA.samples,
    }),
    weight: text({
      doc: "Column of event weights in the samples, or an expression. Absent: every event counts 1.",
      optional: true,
    }),
    heldOut: number({
      doc: "Fraction of every sample that is held out from training. One half decides whether an earlier epoch was better, the other half is what data are compared with after the fit. With a generator, whose events are new in every epoch, all of it is for that.",
      default: 0.1,
      above: 0,
      max: 0.9,
    }),
    replicas: number({
      doc: "Replicas of the simulation for the error of its finite size: in each of them every simulated event of the samples counts as often as a Poisson distribution of mean 1 says, the densities are trained again from where they are, and nu is fitted again, T kept. 0: the error is estimated to first order, without training.",
      integer: true,
      min: 0,
      max: MAXIMA.replicas,
      default: 0,
    }),
  },
  { doc: "Simulated events, from which the densities are learnt." },
);
