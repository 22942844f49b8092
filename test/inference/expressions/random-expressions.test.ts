/** Random texts have the values that mathjs finds for them: structure, precedence and functions at once. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { evaluateExpression } from "../../../inference/expressions/evaluate.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { byMathjs } from "./laws.js";

/** Away from each other, from 0 and from what functions of one another are. */
const values = { a: [1.37, -0.83, 2.91], b: [0.59, 3.17, -1.73], c: [-2.21, 0.47, 0.71] } as const;

/** A text in our grammar, and in that of mathjs, where truths need a function to become numbers. */
interface Text {
  readonly ours: string;
  readonly mathjs: string;
}

/** Draws a number below n. */
type Draw = (n: number) => number;

const same = (text: string): Text => ({ ours: text, mathjs: text });
const joined = (parts: readonly Text[]): Text => ({
  ours: parts.map(({ ours }) => ours).join(""),
  mathjs: parts.map(({ mathjs }) => mathjs).join(""),
});

/** Writes texts by the rules of the grammar, with as few brackets as these ask for. */
class Writer {
  constructor(private readonly draw: Draw) {}

  private one<T>(...choices: readonly T[]): T {
    return choices[this.draw(choices.length)]!;
  }

  private readonly word = (...texts: readonly string[]) => same(this.one(...texts));
  private readonly space = () => this.word("", " ", "  ");

  /** Up to three operands with operators between them. */
  private chain(operand: () => Text, operator: () => Text): Text {
    const parts = [operand()];
    for (let more = this.one(0, 0, 1, 2); more > 0; more--) {
      parts.push(this.space(), operator(), this.space(), operand());
    }
    return joined(parts);
  }

  /** A number or a truth. */
  group(depth: number): Text {
    const kind = this.one("sum", "sum", "sum", "or", "condition");
    if (kind === "sum") return this.sum(depth);
    const condition = this.or(depth);
    if (kind === "or") return condition;
    const [x, y] = [this.group(depth - 1), this.group(depth - 1)];
    return {
      ours: `${condition.ours} ? ${x.ours} : ${y.ours}`,
      mathjs: `${condition.mathjs} ? (${x.mathjs}) : ${y.mathjs}`,
    };
  }

  private or(depth: number): Text {
    return this.chain(
      () => this.and(depth),
      () => ({ ours: this.one("||", " or "), mathjs: " or " }),
    );
  }

  private and(depth: number): Text {
    return this.chain(
      () => this.truth(depth),
      () => ({ ours: this.one("&&", " and "), mathjs: " and " }),
    );
  }

  private truth(depth: number): Text {
    if (depth > 0 && this.draw(4) === 0) {
      // Of truths alone: NaN is true here, as in C, and false in JavaScript.
      const { ours, mathjs } = this.or(depth - 1);
      return { ours: `${this.one("!", "not ")}(${ours})`, mathjs: `not (${mathjs})` };
    }
    return joined([
      this.sum(depth - 1),
      this.space(),
      this.word("<", "<=", ">", ">="),
      this.space(),
      this.sum(depth - 1),
    ]);
  }

  private sum(depth: number): Text {
    return this.chain(
      () => this.product(depth),
      () => this.word("+", "-"),
    );
  }

  private product(depth: number): Text {
    return this.chain(
      () => this.signed(depth),
      () => this.word("*", "/"),
    );
  }

  private signed(depth: number): Text {
    const exponents = ["2", " 3", "-1", "2^2", " -2"];
    const exponent = this.draw(4) === 0 ? [this.word("^"), this.word(...exponents)] : [];
    return joined([this.word("", "", "", "-", "+", "- "), this.atom(depth), ...exponent]);
  }

  private atom(depth: number): Text {
    const kind = depth > 0 ? this.draw(6) : this.draw(3);
    if (kind < 2) return this.word("a", "b", "c");
    if (kind === 2) return this.word("1", "2", "0.5", "7.25", "3e-1", "12");
    // Of an angle of 1e8, the last place is 1e-8 of a circle.
    const trigonometric = ["sin", "cos", "tan"].map((name) => `${name}(2 * tanh`);
    const name = this.one("", "", "exp", "log1p", "tanh", "abs", "sqrt", "min", "max", ...trigonometric);
    const operands = Array.from({ length: /^m/.test(name) ? 2 : 1 }, () => this.group(depth - 1));
    // Functions and operators of mathjs take no truths.
    const inner = operands.map(({ mathjs }) => `num(${mathjs})`).join(",");
    const end = name.includes("(") ? "))" : ")";
    return { ours: `${name}(${operands.map(({ ours }) => ours).join(", ")}${end}`, mathjs: `${name}(${inner}${end}` };
  }
}

/** Rounding, which differences of large numbers may blow up. */
const TOLERANCE = 1e-9;

const isClose = (got: number, wanted: number) =>
  Object.is(got, wanted) ||
  got === wanted ||
  Math.abs(got - wanted) <= TOLERANCE * Math.max(1, Math.abs(got), Math.abs(wanted));

test("300 random texts are what mathjs makes of them, seed 7", async () => {
  const columns = Object.fromEntries(Object.entries(values).map(([name, x]) => [name, Float64Array.from(x)]));
  let finite = 0;
  let characters = 0;
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (draw) => {
      const { ours, mathjs } = new Writer((n) => draw(fc.nat, { max: n - 1 })).group(2);
      const got = await evaluateExpression(await parseExpression(ours, "test"), columns);
      for (let e = 0; e < 3; e++) {
        const scope = { a: values.a[e]!, b: values.b[e]!, c: values.c[e]! };
        const wanted = byMathjs(mathjs, scope);
        assert.ok(isClose(got[e]!, wanted), `${ours} is ${got[e]}, by mathjs ${wanted} of ${mathjs}`);
        if (Number.isFinite(wanted) && wanted !== 0) finite++;
      }
      characters += ours.length;
    }),
    { seed: 7, numRuns: 300, includeErrorInReport: true },
  );
  assert.ok(finite > 450, `only ${finite} of 900 numbers were finite and not 0`);
  assert.ok(characters > 300 * 30, `${characters / 300} characters in a text`);
});

test("random characters end in an expression or in one sentence, seed 8", async () => {
  const pieces = fc.constantFrom(
    ..."a 1 . e + - * / ^ ( ) , ? : < > = ! & | exp max ifelse PI not and \n [ ' \u00e9".split(" "),
    " ",
  );
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), async (parts) => {
      try {
        await parseExpression(parts.join(""), "test");
        accepted++;
      } catch (error) {
        assert.is((error as Error).name, "UsageError", `${parts.join("")}: ${(error as Error).stack}`);
        assert.match((error as Error).message, /^test: expected .+, got .+/s);
      }
    }),
    { seed: 8, numRuns: 1500, includeErrorInReport: true },
  );
  assert.ok(accepted > 15, `only ${accepted} were accepted`);
});

test.run();
