/** HS³'s generic_dist: an expression, normalised over the domain of its column by quadrature. */
import { UsageError } from "../../../engine/errors.js";
import { aText, oneOf } from "../../../engine/options.js";
import { log } from "../../../engine/tape/operations.js";
import { bindExpression } from "../../expressions/bind.js";
import { checkExpression, type Expression, namesOf } from "../../expressions/expression.js";
import { anExpression } from "../language/entry-kinds.js";
import type { Environment } from "../language/environment.js";
import { logIntegral } from "../language/quadrature.js";
import type { DensityKind, Draws } from "./contract.js";
import { needsEnds, overDomain } from "./one-dimensional.js";

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

/** Positions at which the largest value of an event is looked for, and how far beyond what is found there it may lie. */
const POSITIONS = 256;
const MARGIN = 1.5;

/** A number that the expression does not exceed, of every event [count]. */
async function bounds(form: GenericForm, draws: Draws): Promise<Float64Array> {
  const [low, high] = draws.domain(form.x);
  const largest = new Float64Array(draws.count);
  for (let i = 0; i < POSITIONS; i++) {
    const position = new Float64Array(draws.count).fill(low + ((high - low) * (i + 0.5)) / POSITIONS);
    const { value } = await draws.computed((at) => ({ value: expressionAt(form, at) }), { [form.x]: position });
    for (const [k, own] of value!.entries()) largest[k] = Math.max(largest[k]!, own);
  }
  return largest.map((value) => MARGIN * value);
}

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
  async draw(form, draws, name) {
    const { x } = form;
    const [low, high] = draws.domain(x);
    const bound = await bounds(form, draws);
    const found = new Float64Array(draws.count);
    let missing = Int32Array.from(found.keys());
    while (missing.length > 0) {
      const own = draws.part(missing);
      const position = own.uniforms().map((u) => low + u * (high - low));
      const { value } = await own.computed((at) => ({ value: expressionAt(form, at) }), { [x]: position });
      const beyond = missing.findIndex((i, k) => !(value![k]! <= bound[i]!));
      if (beyond >= 0) {
        throw new UsageError(`draws of ${name}`, {
          expected: `no peak of ${x} narrower than a ${POSITIONS}th of its domain`,
          got: `${value![beyond]} at ${position[beyond]}, where ${bound[missing[beyond]!]! / MARGIN} was the largest value found`,
        });
      }
      const height = own.uniforms();
      const stands = (i: number, k: number) => height[k]! * bound[i]! < value![k]!;
      for (const [k, i] of missing.entries()) if (stands(i, k)) found[i] = position[k]!;
      missing = missing.filter((i, k) => !stands(i, k));
    }
    return { [x]: found };
  },
};
