/** Numbers of events that follow from the weights of samples. */

/** Cross section in pb, luminosity in 1/pb, and the sum of weights of all that was generated. */
export interface Normalisation {
  readonly crossSection: number | undefined;
  readonly luminosity: number | undefined;
  readonly generated: number | "weights" | undefined;
}

/** Sums of the weights of the samples of a process, at the nominal values of all nuisances. */
export interface WeightSums {
  /** Of all events in the files. */
  readonly all: number;
  /** Of those that conditions leave. */
  readonly selected: number;
}

/** The keys belong together. @param isNeeded  whether there is no number of events without them */
export function normalisationProblem(
  normalisation: Normalisation,
  isNeeded: boolean,
): readonly [expected: string, got: string, hint: string] | undefined {
  const keys = ["crossSection", "luminosity", "generated"] as const;
  const given = keys.filter((key) => normalisation[key] !== undefined);
  const missing = keys.filter((key) => !given.includes(key));
  if (!isNeeded) {
    if (given.length === 0) return undefined;
    return ["a number of events, or a cross section, not both", `events and ${given.join(", ")}`, "Remove either"];
  }
  if (missing.length === 0) return undefined;
  return [
    "crossSection, luminosity and generated",
    given.length === 0 ? "none of them" : `${given.join(" and ")} alone`,
    given.length === 0 ? "Give the number of events, weights, or these three" : `Add ${missing.join(" and ")}`,
  ];
}

/** Where no cross section is given, the weights are normalised already: their sum is the number. */
export function normalisedYield(
  { crossSection, luminosity, generated }: Normalisation,
  { all, selected }: WeightSums,
): number {
  if (crossSection === undefined) return selected;
  return crossSection * luminosity! * (selected / (generated === "weights" ? all : generated!));
}
