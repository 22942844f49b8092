/** HS³'s generic_dist: an expression, normalised over the domain of its column by quadrature. */
import { UsageError } from "../../../engine/errors.js";
import { aText, oneOf } from "../../../engine/options.js";
import { log } from "../../../engine/tape/operations.js";
import { bindExpression } from "../../expressions/bind.js";
import { checkExpression, type Expression, namesOf } from "../../expressions/expression.js";
import { anExpression } from "../language/entry-kinds.js";
import type { Environment } from "../language/environment.js";
import { logIntegral } from "../language/quadrature.js";
import type { DensityKind } from "./contract.js";
import { needsEnds, overDomain } from "./one-dimensional.js";
import { underLargest } from "./rejection.js";

export interface GenericForm {
  readonly kind: "generic";
  /** Column, whose domain has two ends. */
  readonly x: string;
  /** Positive in the domain; `parseExpression` makes one of a text. */
  readonly expression: Expression;
}

/** Parts of an interval, each with nodes of its own: a peak of a hundredth of the domain still has a handful within its width. */
const PANELS = 8;

const numbersIn = ({ x, expression }: GenericForm) => namesOf(expression).filter((name) => name !== x);

const expressionAt = ({ expression }: GenericForm, at: Environment) =>
  bindExpression(at.tape, expression, (name) => at.value(name));

export const generic: DensityKind<GenericForm> = {
  doc: "an expression in the grammar of HS³ (docs/expressions.md), normalised over the domain of x by quadrature",
  entries: { kind: oneOf("generic"), x: aText, expression: anExpression },
  values: numbersIn,
  parts: () => [],
  shape: ({ x }, _, given) => ({ of: [x], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  check(form, where, _, domain) {
    checkExpression(where, form.expression);
    needsEnds(where, form.x, domain(form.x), ["low", "high"]);
    if (namesOf(form.expression).includes(form.x)) return;
    const got = namesOf(form.expression).join(", ") || "no name";
    throw new UsageError(where, { expected: `an expression of ${form.x}`, got: `one of ${got}` });
  },
  bind(form, at, name) {
    return overDomain(at, form.x, {
      logShape: () => log(expressionAt(form, at)),
      logIntegral(interval) {
        const axis = { interval, centre: 0, width: 1 };
        const own = (nodes: Environment) => log(expressionAt(form, nodes));
        const found = logIntegral(at.tape, [axis], ([x]) => own(at.withColumns({ [form.x]: x! })), PANELS);
        at.checkIntegral(`the integral of ${name} over ${form.x}`, found.error);
        return found.log;
      },
    });
  },
  draw: (form, draws, name) => underLargest(draws, name, form.x, (at) => expressionAt(form, at)),
};
