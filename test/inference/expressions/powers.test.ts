/** Powers by every way in which they are computed, at their edges by name. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Tape } from "../../../engine/tape/tape.js";
import { bindExpression } from "../../../inference/expressions/bind.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { testBackends } from "../../support/backends.js";
import { close, tolerances } from "../../support/close.js";
import { derivatives, derivativesOf } from "./values.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** x^b and its derivatives in x, by the rule for powers in JavaScript's own. */
const byRule = (x: readonly number[], b: number) => ({
  value: x.map((own) => own ** b),
  slope: x.map((own) => b * own ** (b - 1)),
  curvature: x.map((own) => b * (b - 1) * own ** (b - 2)),
});

/** A few products, or an exponential of an argument of up to 10. */
const rounding = { absolute: 1e-13, relative: 1e-13 };

const exponents = [-3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.7, 3, 7];
const positive = [0.3, 1, 1.7, 6];

for (const backend of testBackends()) {
  const tolerance = backend.precision === "f64" ? rounding : tolerances.f32;

  test(`powers with an exponent written as a number are powers on ${backend.name}`, async () => {
    for (const [bases, all] of [
      [positive, exponents],
      [[-0.3, -1.7], exponents.filter(Number.isInteger)],
    ] as const) {
      const got = await derivativesOf(
        all.map((b) => `x^${b}`),
        { x: bases },
        backend,
      );
      for (const [i, b] of all.entries()) {
        for (const [what, wanted] of Object.entries(byRule(bases, b)))
          close(got[i]![what]!, wanted, tolerance, `${what} of x^${b}`);
      }
    }
  });

  test(`powers with a parameter for exponent are powers on ${backend.name}`, async () => {
    const parameters = Object.fromEntries(exponents.map((b, i) => [`b${i}`, [b]]));
    const texts = exponents.map((_, i) => `pow(x, b${i})`);
    const got = await derivativesOf(texts, { ...parameters, x: positive }, backend);
    for (const [i, b] of exponents.entries()) {
      for (const [what, wanted] of Object.entries(byRule(positive, b)))
        close(got[i]![what]!, wanted, tolerance, `${what} of b = ${b}`);
    }
  });
}

for (const [b, value, slope, curvature] of [
  [0, 1, 0, 0],
  [1, 0, 1, 0],
  [2, 0, 0, 2],
  [3, 0, 0, 0],
  [0.5, 0, inf, -inf],
  [0.3, 0, inf, -inf],
  [2.5, 0, 0, 0],
  // The second derivative is infinite, and taken to be 0.
  [1.5, 0, 0, 0],
] as const) {
  test(`at 0 the derivatives of x^${b} are those from the right, with a number or a parameter for exponent`, async () => {
    const wanted = { value: [value], slope: [slope], curvature: [curvature] };
    assert.equal(await derivatives(`x^${b}`, { x: [0] }), wanted, "written");
    assert.equal(await derivatives("x^b", { x: [0], b: [b] }), wanted, "parameter");
  });
}

test("at 0 a negative power is infinite", async () => {
  assert.equal((await derivatives("x^-2", { x: [0] })).value, [inf]);
  assert.equal((await derivatives("x^-1.5", { x: [0] })).value, [inf]);
  assert.equal((await derivatives("x^b", { x: [0], b: [-2] })).value, [inf]);
});

test("a negative number has whole powers where they are written, else none", async () => {
  assert.equal(await derivatives("x^3", { x: [-2] }), { value: [-8], slope: [12], curvature: [-12] });
  assert.equal((await derivatives("x^-3", { x: [-2] })).value, [-0.125]);
  assert.equal((await derivatives("x^(1 + 2)", { x: [-2] })).value, [-8]);
  for (const b of [3, 2.5]) assert.equal((await derivatives("x^b", { x: [-2], b: [b] })).value, [nan]);
  assert.equal((await derivatives("x^2.5", { x: [-2] })).value, [nan]);
  assert.equal((await derivatives("x^0.5", { x: [-2] })).value, [nan]);
});

test("a fixed parameter, which is a constant of the tape, is an exponent as one that was written", async () => {
  const tape = new Tape();
  const x = tape.column("x");
  const tree = await parseExpression("x^n", "test");
  const of = (n: number) => bindExpression(tape, tree, (name) => (name === "x" ? x : tape.constant(n)));
  assert.is(
    of(2),
    bindExpression(tape, await parseExpression("x * x", "test"), () => x),
  );
});

test("the derivative of x^b in b is x^b log(x), and 0 at x = 0", async () => {
  const wanted = (b: number) => [2 ** b * Math.log(2), 2 ** b * Math.log(2) ** 2];
  for (const b of [1, 2, 0.5, 2.5]) {
    const of2 = await derivatives("a^x", { x: [b], a: [2] });
    close([of2.slope![0]!, of2.curvature![0]!], wanted(b), rounding, `2^${b}`);
    const written = await derivatives("2^x", { x: [b] });
    close([written.slope![0]!, written.curvature![0]!], wanted(b), rounding, `2^${b}, written`);
    assert.equal(await derivatives("a^x", { x: [b], a: [0] }), { value: [0], slope: [0], curvature: [0] });
    assert.equal(await derivatives("0^x", { x: [b] }), { value: [0], slope: [0], curvature: [0] });
  }
});

test("a whole power takes as many products as it has binary digits, twice at most", async () => {
  const tape = new Tape();
  const x = tape.column("x");
  bindExpression(tape, await parseExpression("x^1000", "test"), () => x);
  // 1000 is 1111101000 in binary: 9 squares, 5 products more.
  assert.is(tape.nodes.length, 1 + 9 + 5);
  const { value } = await derivatives("x^1000", { x: [1.001] });
  // mpmath: mpf(1.001)**1000, of the double next to 1.001.
  close(value!, [2.71692393223552], { absolute: 0, relative: 1e-12 });
});

test("x^1 is x itself, and x^0 a constant", async () => {
  const tape = new Tape();
  const x = tape.column("x");
  assert.is(
    bindExpression(tape, await parseExpression("x^1", "test"), () => x),
    x,
  );
  assert.equal(bindExpression(tape, await parseExpression("x^0", "test"), () => x).operation, {
    name: "constant",
    value: 1,
  });
});

test.run();
