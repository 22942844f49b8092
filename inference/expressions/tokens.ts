/** The words of an expression, and where they stand. */
import { UsageError } from "../../engine/errors.js";

export interface Token {
  readonly kind: "number" | "name" | "symbol" | "end";
  /** As it was written. */
  readonly text: string;
  /** What a symbol is: another spelling of an operator is that operator. Of all else, its text. */
  readonly means: string;
  /** Place of its first character, counted from 1. */
  readonly at: number;
}

/** Characters of the longest text. Nobody writes a longer one by hand, and none that short is slow. */
export const MAX_LENGTH = 10_000;

/** Other ways to write an operator: words, and the power of ROOT's formulas, Fortran and Python. */
const SPELLINGS: Readonly<Record<string, string>> = { and: "&&", or: "||", not: "!", "**": "^" };

const SYMBOLS = "=== !== == != <= >= && || < > + - ** * / ^ ( ) , ? : !".split(" ");

/** What other languages have, and what to write instead: longer ones first. */
const REFUSED: Readonly<Record<string, string>> = {
  "::": "Write the function alone, as in exp(x)",
  "=": "Write == to compare; an expression sets nothing",
  "&": "Write && for and",
  "|": "Write || for or",
  "~": "Write ! for not",
  "%": "Expressions have neither remainders nor percentages",
  '"': 'Expressions have no texts: of a column of words, make x == "word" alone a column, and name that here',
  "'": "Expressions have no texts",
  "[": "Expressions have neither lists nor indices",
  "{": "Expressions have no blocks",
  ";": "Write one expression",
  ".": "Expressions have no properties; a number has one point",
};

const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const SPACE = /[ \t\r\n]+/y;

/** What a pattern finds at a place of a text. */
function found(pattern: RegExp, text: string, place: number): string | undefined {
  pattern.lastIndex = place;
  return pattern.exec(text)?.[0];
}

/** A token in messages. */
export const tokenText = ({ kind, text, at }: Token) =>
  kind === "end" ? "the end of the text" : `"${text}" at character ${at}`;

/** A character in messages, by its number where it may look like another or like nothing. */
function characterText(text: string, place: number): string {
  const code = text.codePointAt(place) as number;
  const isPlain = code > 32 && code < 127;
  return isPlain ? `"${text[place]}"` : `the character U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

function refuse(where: string, text: string, place: number): never {
  const wrong = Object.keys(REFUSED).find((symbol) => text.startsWith(symbol, place));
  throw new UsageError(where, {
    expected: "numbers, names of letters, digits and _, operators and round brackets",
    got: `${wrong === undefined ? characterText(text, place) : `"${wrong}"`} at character ${place + 1}`,
    ...(wrong !== undefined && { hint: REFUSED[wrong] }),
  });
}

/** The tokens of a text, the last of which is its end. Words for operators become symbols. */
export function tokensOf(text: string, where: string): readonly Token[] {
  if (text.length > MAX_LENGTH) {
    throw new UsageError(where, {
      expected: `an expression of at most ${MAX_LENGTH} characters`,
      got: `${text.length}`,
    });
  }
  const tokens: Token[] = [];
  for (let place = 0; place < text.length; ) {
    const space = found(SPACE, text, place);
    const number = found(NUMBER, text, place);
    const name = found(NAME, text, place);
    // Would be taken for two symbols.
    const isRefused = text.startsWith("::", place);
    const symbol = isRefused ? undefined : SYMBOLS.find((symbol) => text.startsWith(symbol, place));
    const written = number ?? name ?? symbol;
    if (written !== undefined) {
      const other = Object.hasOwn(SPELLINGS, written) ? SPELLINGS[written] : undefined;
      const kind = number !== undefined ? "number" : name !== undefined && other === undefined ? "name" : "symbol";
      tokens.push({ kind, text: written, means: other ?? written, at: place + 1 });
    } else if (space === undefined) refuse(where, text, place);
    place += (space ?? written)!.length;
  }
  tokens.push({ kind: "end", text: "", means: "", at: text.length + 1 });
  return tokens;
}
