/** Likelihoods: sums over channels, each a density with a sample. */
import { flag, map, section, text } from "../../entries.js";
import { MAXIMA } from "../../limits.js";
import { density, region } from "./values.js";

const channel = {
  density: { ...density("Density of the events."), optional: true },
  sample: text({ doc: "Sample of the events.", refersTo: "samples", optional: true }),
  extended: flag({
    doc: "With the Poisson term of the number of events. Absent: where the density has numbers of events.",
    optional: true,
  }),
  region: {
    ...region("Events that are looked at, by column, such as sidebands: there the density is normalised. Absent: all."),
    optional: true,
  },
} as const;

export const likelihoods = map(
  section(
    {
      ...channel,
      channels: map(section(channel, { doc: "One channel." }), {
        doc: "Several channels, by name, in place of density and sample.",
        of: "channel names",
        maxLength: MAXIMA.channels,
        optional: true,
      }),
    },
    { doc: "One likelihood: one channel, or several under `channels`." },
  ),
  { doc: "Likelihoods, by name. Each is fitted.", of: "likelihood names", maxLength: MAXIMA.channels },
);
