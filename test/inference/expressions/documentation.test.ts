/** docs/expressions.md shows the registries: one row for each operator, function and constant, and no other. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { constants, functions } from "../../../inference/expressions/functions.js";
import type { Row } from "../../../inference/expressions/operation.js";
import { operators } from "../../../inference/expressions/operators.js";
import { MAX_DEPTH } from "../../../inference/expressions/structure.js";
import { MAX_LENGTH } from "../../../inference/expressions/tokens.js";

const text = readFileSync(new URL("../../../../docs/expressions.md", import.meta.url), "utf8");

/** What HS³ has, in "Generic expressions"; all else is ours. */
const HS3 = new Set(
  "+ - unary- * / ^ == === != !== < <= > >= ! && || exp log sqrt abs pow min max sin cos tan asin acos atan ifelse".split(
    " ",
  ),
);

/** The rows below the head of the table in a section, without the spaces that align them. */
function rowsOf(section: string): readonly string[] {
  const [, body = ""] = text.split(`\n## ${section}\n`);
  const lines = body.split("\n## ")[0]!.split("\n");
  return lines
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => line.replace(/ +\|/g, " |"));
}

/** In a table, a bar is a border. */
const inTable = (code: string) => `\`${code.replaceAll("|", "\\|")}\``;

const row = (code: string, name: string, { doc }: Row) =>
  `| ${inTable(code)} | ${doc} | ${HS3.has(name) ? "yes |" : "|"}`;

test("the table of operators is the registry of operators", () => {
  const wanted = Object.entries<Row>(operators).map(([name, entry]) => {
    const unary = name.replace("unary ", "");
    const code = entry.operands.y === undefined ? `${unary}x` : `x ${name} y`;
    return row(code, name.replace(" ", ""), entry);
  });
  assert.equal(rowsOf("Operators").join("\n"), wanted.join("\n"));
});

test("the table of functions is the registry of functions", () => {
  const wanted = Object.entries<Row>(functions).map(([name, entry]) =>
    row(`${name}(${Object.keys(entry.operands).join(", ")})`, name, entry),
  );
  assert.equal(rowsOf("Functions").join("\n"), wanted.join("\n"));
});

test("the table of constants is that of the constants", () => {
  assert.equal(
    rowsOf("Values"),
    Object.entries(constants).map(([name, value]) => `| \`${name}\` | ${value} |`),
  );
});

test("limits are as they are", () => {
  assert.match(text, `at most ${MAX_LENGTH} characters`);
  assert.match(text, `at most ${MAX_DEPTH} levels`);
});

test.run();
