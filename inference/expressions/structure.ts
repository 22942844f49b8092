/** What is checked of tokens before a parser sees them: that they are not nested too deeply, and that each ? has its : */
import { UsageError } from "../../engine/errors.js";
import { type Token, tokenText } from "./tokens.js";

/** Levels of brackets, signs, powers and conditions within each other. The parser's stack is deep enough for many times as many. */
export const MAX_DEPTH = 100;

/** What is open within one pair of brackets, or outside of all. */
interface Level {
  /** Conditions that have no : yet. */
  waiting: number;
  /** Conditions since the last comma. */
  conditions: number;
  /** Signs and powers since the last operator that binds less. */
  prefixes: number;
}

/** Symbols after which a sign or a power is over. */
const ENDS_PREFIXES = "=== !== == != <= >= && || < > + - * /".split(" ");

export function checkStructure(tokens: readonly Token[], where: string): void {
  const levels: Level[] = [{ waiting: 0, conditions: 0, prefixes: 0 }];
  let isAfterOperand = false;
  for (const token of tokens) {
    const { kind, means } = token;
    const level = levels[levels.length - 1]!;
    const isOver = kind === "end" || means === ")" || means === ",";
    if (isOver && level.waiting > 0) {
      throw new UsageError(where, { expected: "a : with what holds otherwise, after each ?", got: tokenText(token) });
    }
    if (means === ":" && level.waiting === 0) {
      throw new UsageError(where, { expected: "a ? before each :", got: tokenText(token) });
    }
    if (means === "(") levels.push({ waiting: 0, conditions: 0, prefixes: 0 });
    else if (means === ")" && levels.length > 1) levels.pop();
    else if (means === ",") Object.assign(level, { conditions: 0, prefixes: 0 });
    else if (means === "?")
      Object.assign(level, { waiting: level.waiting + 1, conditions: level.conditions + 1, prefixes: 0 });
    else if (means === ":") Object.assign(level, { waiting: level.waiting - 1, prefixes: 0 });
    else if (means === "^" || means === "!" || (!isAfterOperand && (means === "-" || means === "+"))) level.prefixes++;
    else if (ENDS_PREFIXES.includes(means)) level.prefixes = 0;
    isAfterOperand = kind === "number" || kind === "name" || means === ")";
    const depth = levels.length - 1 + levels.reduce((sum, { conditions, prefixes }) => sum + conditions + prefixes, 0);
    if (depth > MAX_DEPTH) {
      throw new UsageError(where, {
        expected: `at most ${MAX_DEPTH} levels of brackets, signs, powers and conditions within each other`,
        got: `more at character ${token.at}`,
      });
    }
  }
}
