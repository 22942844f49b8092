/** How columns, selections and numbers of events are made of what files hold. */
import { map, number, text } from "../entries.js";
import { MAXIMA } from "../limits.js";

/** @param doc  whose columns they are */
export const derivedColumns = (doc: string) =>
  map(text({ doc: "A column of the file, or an expression of columns." }), {
    doc,
    of: "columns",
    maxLength: MAXIMA.features,
    anyNames: true,
  });

/** @param doc  of which files */
export const missingElements = (doc: string) =>
  map(number({ doc: "Value.", min: -MAXIMA.value, max: MAXIMA.value }), {
    doc: `Columns whose events have different numbers of elements: what stands where an event has too few, by the name of the element, such as { "Muon_pt[0]": -1 }. ${doc} An element that is not here is an error in such an event.`,
    of: "elements of columns",
    maxLength: MAXIMA.features,
    anyNames: true,
  });

export const condition = (doc: string) => text({ doc, optional: true });

/** Cross section, luminosity and what was generated, which together make a number of events. */
export const normalisation = {
  crossSection: number({
    doc: "Cross section of the process, with branching fractions and factors of higher orders. The number of events is this times the luminosity times the sum of the weights that are selected, over what was generated.",
    unit: "pb",
    above: 0,
    max: MAXIMA.value,
    optional: true,
  }),
  luminosity: number({
    doc: "Integrated luminosity of the data.",
    unit: "1/pb",
    above: 0,
    max: MAXIMA.value,
    optional: true,
  }),
  generated: number({
    doc: "Sum of the weights of all generated events, those included that are not in the file. weights: the sum of the weights in the file, before any selection.",
    above: 0,
    max: MAXIMA.value,
    words: ["weights"],
    optional: true,
  }),
} as const;
