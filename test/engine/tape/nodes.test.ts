/** What is no node, shape or list of nodes is refused where it comes in. */
import { test } from "uvu";
import * as library from "../../../index.js";
import { rejects } from "../../support/rejects.js";

const { Tape } = library;
const tape = new Tape();
const x = tape.column("x", [3]);
const theta = tape.parameter("theta", [3]);
const nll = library.sumEvents(library.sum(library.mul(x, theta), -1));

test("what is no node, shape or list is refused by operations, derivatives and programs", async () => {
  const is = async (call: () => unknown, pattern: RegExp) => rejects(call, pattern);
  const wrong = (value: unknown) => value as never;
  await is(
    () => library.hessian(nll, wrong([theta, theta])),
    /hessian: expected one parameter, got a list of 2 nodes\. Put/,
  );
  await is(() => library.hessian(wrong(3), theta), /hessian: expected a node for the loss, got 3/);
  await is(() => library.gradient(nll, wrong(theta)), /gradient: expected a list of nodes, got one\. Write/);
  await is(() => library.gradient(nll, wrong(["theta"])), /gradient: expected a list of nodes, got "theta"/);
  await is(() => library.gradient(wrong(undefined), [theta]), /gradient: expected a node for the loss, got undefined/);
  await is(
    () => library.add(x, wrong([1, 2, 3])),
    /add: expected a node of a tape or a number, got \[1, 2, 3\]\. Make a const/,
  );
  await is(() => library.mul(wrong("2"), x), /mul: expected a node of a tape or a number, got "2"/);
  const { exp, square, sigmoid, softplus, stopGradient, sumEvents, sum, max, logSumExp, cumulativeSum } = library;
  for (const operation of [exp, square, sigmoid, softplus, stopGradient, sumEvents]) {
    await is(() => operation(wrong({})), /: expected a node of a tape( or a number)?, got \{ {2}\}/);
  }
  for (const operation of [sum, max, logSumExp, cumulativeSum]) {
    await is(() => operation(wrong(null), -1), /: expected a node of a tape, got null/);
  }
  await is(
    () => library.reshape(x, wrong(3)),
    /reshape: expected a shape, which is a list of sizes, got 3\. Write \[3\]/,
  );
  await is(() => library.concatenate(wrong(x)), /concatenate: expected a list of nodes, got/);
  await is(() => library.linear(x, wrong(theta.id)), /linear: expected a node of a tape, got \d/);
  await is(() => new Tape().column("x", wrong(3)), /tape\.column: expected a shape, .* got 3\. Write \[3\]/);
  await is(() => new Tape().parameter("x", [1.5]), /tape\.parameter: expected a shape, .* got \[1\.5\]/);
  await is(() => new Tape().parameter(wrong(undefined)), /tape\.parameter: expected a name, got undefined/);
  await is(() => new Tape().constant(wrong("3")), /constant: expected a number or a list of numbers, got "3"/);
  await is(
    () => library.referenceBackend().compile({ outputs: { nll: wrong(undefined) } }),
    /compile: expected a node of a tape for "nll" of outputs, got undefined/,
  );
});

test.run();
