/**
 * Random expressions in our grammar and in Python's, for numpy to answer. Printed as JSON by
 *   node dist/test/inference/expressions/numpy-texts.js
 */
import { fileURLToPath } from "node:url";
import fc from "fast-check";

/** A text, and the same for Python. */
export interface Pair {
  readonly ours: string;
  readonly python: string;
}

const COUNT = 10_000;
const SEED = 20261201;

/** Draws a number below n. */
type Draw = (n: number) => number;

const UNARY = "exp expm1 log log1p log10 log2 sqrt abs sin cos tan atan asin acos".split(" ");
const MORE_UNARY = "sinh cosh tanh asinh acosh atanh floor ceil round trunc erf erfc".split(" ");
const BINARY = "pow min max atan2 hypot fmod".split(" ");
const ARITHMETIC = ["+", "-", "*", "/"];
const COMPARISONS = ["<", "<=", ">", ">=", "==", "!=", "===", "!=="];

/** Of columns, numbers and what is made of them; `depth` levels of it. */
class Writer {
  constructor(private readonly draw: Draw) {}

  private one<T>(choices: readonly T[]): T {
    return choices[this.draw(choices.length)]!;
  }

  number(depth: number): Pair {
    const kind = depth === 0 ? this.draw(3) : this.draw(10);
    if (kind < 2) {
      const name = this.one(["a", "b", "c", "d"]);
      return { ours: name, python: name };
    }
    if (kind === 2) {
      const text = this.one(["0", "1", "2", "0.5", "3", "7.25", "1e3"]);
      return { ours: text, python: `number(${text})` };
    }
    if (kind < 6) {
      const operator = this.one(ARITHMETIC);
      const [x, y] = [this.number(depth - 1), this.number(depth - 1)];
      return { ours: `(${x.ours} ${operator} ${y.ours})`, python: `(${x.python} ${operator} ${y.python})` };
    }
    if (kind === 6) {
      const [x, y] = [this.number(depth - 1), this.one(["2", "-1", "0.5", "3", "-2", "0"])];
      return { ours: `(${x.ours})^${y}`, python: `f_pow(${x.python}, number(${y}))` };
    }
    if (kind === 7) {
      const name = this.one(BINARY);
      const [x, y] = [this.number(depth - 1), this.number(depth - 1)];
      return { ours: `${name}(${x.ours}, ${y.ours})`, python: `f_${name}(${x.python}, ${y.python})` };
    }
    if (kind === 8) {
      const [condition, x, y] = [this.truth(depth - 1), this.number(depth - 1), this.number(depth - 1)];
      return {
        ours: `(${condition.ours} ? ${x.ours} : ${y.ours})`,
        python: `np.where(${condition.python} != 0, ${x.python}, ${y.python})`,
      };
    }
    const name = this.one([...UNARY, ...MORE_UNARY]);
    const x = this.number(depth - 1);
    return { ours: `${name}(${x.ours})`, python: `f_${name}(${x.python})` };
  }

  truth(depth: number): Pair {
    const kind = depth <= 0 ? 0 : this.draw(6);
    if (kind < 3) {
      const operator = this.one(COMPARISONS);
      const [x, y] = [this.number(Math.max(0, depth - 1)), this.number(0)];
      const call = { "==": "near", "!=": "far", "===": "same", "!==": "other" }[operator];
      return {
        ours: `${x.ours} ${operator} ${y.ours}`,
        python: call ? `${call}(${x.python}, ${y.python})` : `truth(${x.python} ${operator} ${y.python})`,
      };
    }
    if (kind === 3) {
      const x = this.truth(depth - 1);
      return { ours: `!(${x.ours})`, python: `truth(${x.python} == 0)` };
    }
    const operator = this.one(["&&", "||"]);
    const [x, y] = [this.truth(depth - 1), this.truth(depth - 1)];
    const python = operator === "&&" ? "&" : "|";
    return {
      ours: `(${x.ours}) ${operator} (${y.ours})`,
      python: `truth((${x.python} != 0) ${python} (${y.python} != 0))`,
    };
  }
}

/** The expressions that numpy has answered, each once: half of them numbers, half conditions. */
export function randomTexts(): Pair[] {
  const expression = fc.gen().map((draw) => {
    const writer = new Writer((n) => draw(fc.nat, { max: n - 1 }));
    return draw(fc.boolean) ? writer.number(3) : writer.truth(3);
  });
  const all = fc.sample(expression, { seed: SEED, numRuns: 2 * COUNT });
  return [...new Map(all.map((pair) => [pair.ours, pair])).values()].slice(0, COUNT);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${JSON.stringify(randomTexts())}\n`);
