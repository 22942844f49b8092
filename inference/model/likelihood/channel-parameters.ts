/** Terms of a likelihood of channels that look at parameters alone, and outcomes of auxiliary measurements. */
import { entryOf } from "../../../engine/entry.js";
import { UsageError } from "../../../engine/errors.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { parametersOf } from "../../../flows/networks/weights.js";
import { bindComposition, TapeParts } from "../composition/bind-composition.js";
import type { CheckedComposition } from "../composition/composition.js";
import { compositionParameters } from "../composition/composition-parameters.js";
import { checkConstraint } from "../parameters/constraints.js";
import { freeParameters } from "../parameters/parameter.js";
import { constraintTerm, extendedTerm, functionOfTheta, parameterPrograms } from "./bound-terms.js";
import type { Channel } from "./channels.js";

/** What looks at no event: constraints, extended terms, and expected numbers. */
export function withoutEvents(composition: CheckedComposition, channels: readonly Channel[]) {
  const free = freeParameters(composition.parameters);
  const tape = new Tape();
  const nu = tape.parameter("nu", [free.length]);
  // Numbers of events look at no column, but the densities that they are of may.
  const columns = Object.fromEntries(Object.keys(composition.columns).map((name) => [name, tape.column(name)]));
  const at = bindComposition(composition, nu, columns, new TapeParts());
  const expected: Record<string, Var> = {};
  const terms: Var[] = [];
  for (const { name, density, data, isExtended } of channels) {
    if (!composition.shape(density).isExtended) continue;
    const own = at.density(density);
    const [total, logTotal] = [own.expected!, own.logExpected!];
    if (total.events !== undefined) {
      if (!isExtended) continue;
      throw new UsageError(`channel ${name}`, {
        expected: `numbers of events of ${density} that look at no column`,
        got: "numbers that do",
        hint: "A region of a density that is conditional on a column has a part of its own for each event: set extended to false",
      });
    }
    expected[`expected ${name}`] = total;
    if (isExtended) terms.push(extendedTerm(total, logTotal, data));
  }
  const weights = parametersOf(tape, compositionParameters(composition));
  const programs = parameterPrograms(nu, constraintTerm(composition.parameters, at), terms, weights);
  if (Object.keys(expected).length === 0) return { ...programs, expected: undefined };
  return { ...programs, expected: functionOfTheta(expected, weights) };
}

/** The composition with other outcomes of the constraints of its parameters. */
export function withOutcomes(
  composition: CheckedComposition,
  outcomes: Readonly<Record<string, number>>,
): CheckedComposition {
  const constrained = composition.parameters.filter(({ constraint }) => constraint !== undefined);
  for (const name of Object.keys(outcomes)) {
    if (constrained.some((own) => own.name === name)) continue;
    const known = constrained.map((own) => own.name).join(", ") || "there is none";
    throw new UsageError("bind", { expected: `outcomes of parameters with a constraint (${known})`, got: name });
  }
  const parameters = composition.parameters.map((own) => {
    const observed = entryOf(outcomes, own.name);
    if (observed === undefined) return own;
    const constraint = { ...own.constraint!, observed };
    checkConstraint(own.name, constraint);
    return { ...own, constraint };
  });
  return { ...composition, parameters };
}
