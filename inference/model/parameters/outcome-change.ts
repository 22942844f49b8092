/** What -ln L changes by where the auxiliary measurement of a parameter has an outcome one standard deviation away. */
import { log } from "../../../engine/exact-functions.js";
import type { OutcomeChange } from "../../statistics/impacts/impact-sources.js";
import type { Constraint } from "./constraints.js";

const linear = (value: number) => [value, 1] as const;
const logarithm = (value: number) => [log(value), 1 / value] as const;

/** The term of -ln L that the outcome meets: -ln L changes by -rate · term, up to a constant, where it is one standard deviation larger. */
const rows: {
  readonly [K in Constraint["kind"]]: {
    readonly rate: (constraint: Extract<Constraint, { kind: K }>) => number;
    readonly term: (value: number) => readonly [term: number, slope: number];
  };
} = {
  normal: { rate: ({ sigma }) => 1 / sigma, term: linear },
  // ln a changes by ln κ.
  "log-normal": { rate: ({ kappa }) => 1 / log(kappa), term: logarithm },
  // n changes by √n.
  poisson: { rate: ({ observed }) => Math.sqrt(observed), term: logarithm },
};

/** @param side  1 for an outcome above its own, -1 for one below */
export function outcomeChange<C extends Constraint>(constraint: C, side: 1 | -1): OutcomeChange {
  const { rate, term } = rows[constraint.kind] as (typeof rows)["normal"];
  const scale = -side * rate(constraint as Extract<Constraint, { kind: "normal" }>);
  return (value) => {
    const [own, slope] = term(value);
    return { nll: scale * own, slope: scale * slope };
  };
}
