/** Terms of a likelihood of channels that look at parameters alone, and outcomes of auxiliary measurements. */
import { entryOf } from "../../../engine/entry.js";
import { UsageError } from "../../../engine/errors.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { bindComposition, TapeParts } from "../composition/bind-composition.js";
import type { CheckedComposition } from "../composition/composition.js";
import { compositionParameters } from "../composition/composition-parameters.js";
import { checkConstraint, constraintStatistic } from "../parameters/constraints.js";
import { freeParameters } from "../parameters/parameter.js";
import {
  constraintTerm,
  extendedTerm,
  functionOfTheta,
  observedOf,
  type ParameterPrograms,
  parameterPrograms,
} from "./bound-terms.js";
import type { CountedEvents } from "./event-stream.js";

/** What these terms look at of a channel: its density, and how often its events count. */
export interface CountedChannel {
  readonly name: string;
  readonly density: string;
  readonly isExtended: boolean;
  readonly data: CountedEvents;
}

/** Constraints, extended terms, and expected numbers, as functions of θ. */
interface TracedTerms extends ParameterPrograms {
  readonly expected: ((theta: ArrayLike<number>) => Record<string, Float64Array>) | undefined;
}

const outcomeName = (parameter: string) => `outcome of ${parameter}`;
const totalName = (channel: string) => `events of ${channel}`;
const logarithmName = (channel: string) => `log events of ${channel}`;

/** Where terms have another form: of an outcome that is 0, and of no events. */
const formOf = ({ parameters }: CheckedComposition, channels: readonly CountedChannel[]) =>
  JSON.stringify([
    parameters.map(({ constraint }) => constraint?.observed === 0),
    channels.map(({ data }) => data.count === 0),
  ]);

/** What looks at no event. It is traced once: outcomes of constraints and numbers of events are parameters of its tape. */
export class ChannelParameters implements TracedTerms {
  private form: string | undefined;
  private traced!: TracedTerms;
  /** Of the tape. */
  private readonly numbers: Record<string, Float64Array>;

  constructor(composition: CheckedComposition, channels: readonly CountedChannel[]) {
    this.numbers = compositionParameters(composition);
    this.bind(composition, channels);
  }

  /** Takes other outcomes and numbers of events. */
  bind(composition: CheckedComposition, channels: readonly CountedChannel[]): void {
    const given: Record<string, number> = {};
    for (const { name, constraint } of composition.parameters) {
      if (constraint !== undefined) given[outcomeName(name)] = constraintStatistic(constraint);
    }
    for (const { name, data, isExtended } of channels) {
      const observed = isExtended ? observedOf(data) : undefined;
      if (observed === undefined) continue;
      given[totalName(name)] = observed.total;
      given[logarithmName(name)] = observed.logarithm;
    }
    for (const [name, value] of Object.entries(given)) this.numbers[name] = Float64Array.of(value);
    const form = formOf(composition, channels);
    if (form === this.form) return;
    this.traced = this.trace(composition, channels);
    this.form = form;
  }

  penalty(theta: ArrayLike<number>): Record<string, Float64Array> {
    return this.traced.penalty(theta);
  }

  curvature(theta: ArrayLike<number>): Record<string, Float64Array> {
    return this.traced.curvature(theta);
  }

  get expected(): TracedTerms["expected"] {
    return this.traced.expected;
  }

  private trace(composition: CheckedComposition, channels: readonly CountedChannel[]): TracedTerms {
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
      if (!isExtended) continue;
      const given = (label: string) => tape.parameter(label, []);
      const observed = { total: given(totalName(name)), logarithm: given(logarithmName(name)) };
      terms.push(extendedTerm(total, logTotal, data.count > 0 ? observed : undefined));
    }
    const outcome = (name: string) => tape.parameter(outcomeName(name), []);
    const constraints = constraintTerm(composition.parameters, at, outcome);
    return {
      ...parameterPrograms(nu, constraints, terms, this.numbers),
      expected: Object.keys(expected).length === 0 ? undefined : functionOfTheta(expected, this.numbers),
    };
  }
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
