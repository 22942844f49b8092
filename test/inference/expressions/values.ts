/** Values of texts of expressions and their derivatives in x. */
import { gradient } from "../../../engine/derivatives/gradient.js";
import { broadcastEvents, sumEvents } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { bindExpression } from "../../../inference/expressions/bind.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { type TestBackend, testBackends } from "../../support/backends.js";
import { runOn } from "../../support/run-program.js";

const [reference] = testBackends() as [TestBackend];

/** Of a text in x, a column, and in parameters: value, first and second derivative in x, each [events]. */
export async function derivatives(
  text: string,
  { x, ...parameters }: { readonly x: readonly number[] } & Readonly<Record<string, readonly number[]>>,
  backend = reference,
): Promise<Record<string, number[]>> {
  const tape = new Tape();
  const column = tape.column("x");
  const nodes = new Map([
    ["x", column],
    ...Object.keys(parameters).map((name): [string, Var] => [name, tape.parameter(name)]),
  ]);
  const value = broadcastEvents(
    bindExpression(tape, await parseExpression(text, "test"), (name) => nodes.get(name)!),
    tape.events(),
  );
  const [slope] = gradient(sumEvents(value), [column]) as [Var];
  const [curvature] = gradient(sumEvents(slope), [column]) as [Var];
  // A slope that is 0 everywhere may be a constant.
  const outputs = {
    value,
    slope: broadcastEvents(slope, tape.events()),
    curvature: broadcastEvents(curvature, tape.events()),
  };
  const answers = await runOn(backend, { outputs, parameters, columns: { x: Float64Array.from(x) } });
  return Object.fromEntries(
    Object.entries(answers).map(([name, values]) => [name, Array.from(values, (own) => own + 0)]),
  );
}
