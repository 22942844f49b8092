/** What there is to know of an operator or a function of expressions. The rows of the two registries are all that there is. */
import type { Operand } from "../../engine/tape/operations.js";
import type { Var } from "../../engine/tape/tape.js";

/** A truth is 1 or 0. Either may stand for the other: a number other than 0 is true. */
export type Kind = "number" | "truth";

export interface Row {
  /** Kinds of the operands, by the name that documents give them. */
  readonly operands: Readonly<Record<string, Kind>>;
  readonly gives: Kind;
  /** The nodes of it; at least one of its operands is a node. */
  readonly tape: (...operands: readonly Operand[]) => Operand;
  /** The definition, which also computes what has numbers alone for operands. */
  readonly f64: (...operands: readonly number[]) => number;
  /** For documents: what it is, and what it is at its edges. */
  readonly doc: string;
  /** Operands at which it has two finite derivatives, for the laws of the tests: away from edges and symmetry. */
  readonly samples: readonly (readonly number[])[];
}

export const NUMBER = { x: "number" } as const;
export const NUMBERS = { x: "number", y: "number" } as const;

/** The tape form of a function of one operand. Where it is called, the operand is a node. */
export const ofNode = (f: (x: Var) => Var) => (x: Operand) => f(x as Var);

export const arityOf = ({ operands }: Row) => Object.keys(operands).length;
