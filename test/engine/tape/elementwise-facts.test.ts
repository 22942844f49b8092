/** What the table of elementwise operations says of them, against their derivative rules and values. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { ancestors, smoothInputs } from "../../../engine/derivatives/sources.js";
import { vjps } from "../../../engine/derivatives/vjp.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { type ElementwiseName, elementwiseFacts, factsOf } from "../../../engine/tape/elementwise-facts.js";
import { sumTo } from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { samples } from "../samples.js";

/** Points at which every slope is looked at. */
const POINTS = 40;

const names = Object.keys(elementwiseFacts) as ElementwiseName[];

function nodeOf(name: ElementwiseName) {
  const tape = new Tape();
  const inputs = factsOf(name).slopes.map((_, i) => tape.parameter(`x${i}`, [POINTS]));
  return { tape, inputs, y: tape.append({ name }, inputs, [POINTS], undefined) };
}

async function evaluate(name: ElementwiseName, values: readonly Float64Array[]) {
  const { inputs, y } = nodeOf(name);
  const slopes = gradient(sumTo(y, []), inputs);
  const program = await referenceBackend().compile({
    outputs: { y, ...Object.fromEntries(slopes.map((slope, i) => [`slope${i}`, slope])) },
  });
  await program.write(Object.fromEntries(values.map((own, i) => [`x${i}`, own])));
  const found = await program.run();
  await program.close();
  return { y: [...found.y!], slopes: slopes.map((_, i) => [...found[`slope${i}`]!]) };
}

for (const name of names) {
  const { slopes, gives } = factsOf(name);

  test(`slopes of ${name} depend on what its row says`, async () => {
    const random = randomNumbers(17);
    const domains = samples[name].map(({ domain }) => domain);
    const draw = () =>
      Float64Array.from({ length: POINTS }, (_, i) => {
        const [low, high] = domains[i % domains.length]!;
        return low + (high - low) * random();
      });
    // Of a condition, both sides.
    const at = slopes.map((slope) => (slope === "none" ? draw().map((own, i) => (i % 3 === 0 ? 0 : own)) : draw()));
    const before = await evaluate(name, at);
    const moved = await Promise.all(
      // Reversed, so that a point goes to the other domains too.
      slopes.map((_, j) =>
        evaluate(
          name,
          at.map((own, i) => (i === j ? draw().reverse() : own)),
        ),
      ),
    );
    const changes = (i: number, j: number) => moved[j]!.slopes[i]!.some((slope, e) => slope !== before.slopes[i]![e]);
    for (const [i, slope] of slopes.entries()) {
      const others = slopes.flatMap((other, j) => (j !== i && other !== "none" && changes(i, j) ? [j] : []));
      if (slope === "none")
        assert.ok(
          before.slopes[i]!.every((own) => own === 0),
          "no derivative",
        );
      else
        assert.ok(
          before.slopes[i]!.some((own) => own !== 0),
          "a derivative",
        );
      assert.is(changes(i, i), slope === "itself", `the slope in input ${i} depends on it`);
      if (slope !== "itself")
        assert.is(others.length > 0, slope === "others", `the slope in input ${i} depends on others`);
    }
  });

  test(`${name} gives a ${gives}`, async () => {
    const grid = [-2, -0.3, 0, 0.7, 1, 3];
    const point = (step: number) => Float64Array.from({ length: POINTS }, (_, e) => grid[Math.floor(e / step) % 6]!);
    const { y } = await evaluate(name, [1, 6, 1].slice(0, slopes.length).map(point));
    assert.is(
      y.every((own) => own === 0 || own === 1),
      gives === "truth",
    );
  });

  test(`${name} has a slope from its result only if its rule says so`, () => {
    const { tape, inputs, y } = nodeOf(name);
    const g = tape.parameter("g", [POINTS]);
    const cotangents = vjps[name].back(g, y, inputs, y.operation).flatMap((cotangent) => cotangent?.() ?? []);
    assert.is(ancestors(cotangents, smoothInputs).includes(y), vjps[name].gradientFromResult);
  });
}

test.run();
