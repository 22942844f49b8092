/** Random expressions agree with numpy, on columns with NaN, infinities and zeros of both signs. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { evaluateExpression } from "../../../inference/expressions/evaluate.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { randomTexts } from "./numpy-texts.js";

type Stored = number | "nan" | "inf" | "-inf";

interface Answers {
  readonly columns: Readonly<Record<string, readonly Stored[]>>;
  readonly rows: readonly (readonly [text: string, values: readonly Stored[]])[];
}

const file = new URL("../../../../test/references/expressions.json", import.meta.url);
const { columns, rows } = JSON.parse(readFileSync(file, "utf8")) as Answers;

const WORDS = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY } as const;
const numberOf = (value: Stored) => (typeof value === "number" ? value : WORDS[value]);

/** Twelve digits are stored; differences of functions that are off by a unit in the last place have fewer in common. */
const TOLERANCE = 1e-9;

const isClose = (got: number, wanted: number) =>
  Object.is(got, wanted) ||
  got === wanted ||
  Math.abs(got - wanted) <= TOLERANCE * Math.max(1, Math.abs(got), Math.abs(wanted));

/** (d^-½)^-2 is d: which of the two is larger is rounding. */
const ROUNDING: readonly string[] = ["(pow(d, b))^-2 <= d"];

test("there are 10 000 expressions, those of fast-check with the seed", () => {
  assert.equal(
    rows.map(([text]) => text),
    randomTexts().map(({ ours }) => ours),
  );
  assert.is(rows.length, 10_000);
});

test("10 000 random expressions have the values that numpy finds, NaN and infinities included", async () => {
  const table = Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values, numberOf)]),
  );
  const found = { finite: 0, nan: 0, infinite: 0 };
  for (const [text, wanted] of rows) {
    if (ROUNDING.includes(text)) continue;
    const values = await evaluateExpression(await parseExpression(text, "test"), table);
    for (const [event, stored] of wanted.entries()) {
      const value = numberOf(stored);
      assert.ok(isClose(values[event]!, value), `${text}, event ${event}: ${values[event]}, by numpy ${value}`);
      found[Number.isNaN(value) ? "nan" : Number.isFinite(value) ? "finite" : "infinite"]++;
    }
  }
  assert.ok(found.finite > 40_000 && found.nan > 5000 && found.infinite > 1000, JSON.stringify(found));
});

test.run();
