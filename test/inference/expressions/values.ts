/** Values of texts of expressions and their derivatives in x. */
import { gradient } from "../../../engine/derivatives/gradient.js";
import { broadcastEvents, sumEvents } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { bindExpression } from "../../../inference/expressions/bind.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { type TestBackend, testBackends } from "../../support/backends.js";
import { runOn } from "../../support/run-program.js";

const [reference] = testBackends() as [TestBackend];

type Given = { readonly x: readonly number[] } & Readonly<Record<string, readonly number[]>>;

/** Of texts in x, a column, and in parameters: value, first and second derivative in x, each [events]. */
export async function derivativesOf(
  texts: readonly string[],
  { x, ...parameters }: Given,
  backend = reference,
): Promise<readonly Record<string, number[]>[]> {
  const tape = new Tape();
  const column = tape.column("x");
  const nodes = new Map(Object.keys(parameters).map((name) => [name, tape.parameter(name)])).set("x", column);
  const outputs: Record<string, Var> = {};
  for (const [i, text] of texts.entries()) {
    const value = bindExpression(tape, await parseExpression(text, "test"), (name) => nodes.get(name)!);
    // A slope that is the same everywhere may be a constant.
    const perEvent = (node: Var) => broadcastEvents(node, tape.events());
    const [slope] = gradient(sumEvents(perEvent(value)), [column]) as [Var];
    const [curvature] = gradient(sumEvents(slope), [column]) as [Var];
    for (const [what, node] of Object.entries({ value, slope, curvature })) outputs[`${what} ${i}`] = perEvent(node);
  }
  const answers = await runOn(backend, { outputs, parameters, columns: { x: Float64Array.from(x) } });
  const numbers = (name: string) => Array.from(answers[name]!, (own) => own + 0);
  return texts.map((_, i) => ({
    value: numbers(`value ${i}`),
    slope: numbers(`slope ${i}`),
    curvature: numbers(`curvature ${i}`),
  }));
}

/** The same of one text, on the reference backend. */
export const derivatives = async (text: string, given: Given) => (await derivativesOf([text], given))[0]!;
