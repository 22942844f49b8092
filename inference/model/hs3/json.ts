/** JSON as HS³ has it: checked for what `JSON.parse` passes over, a key twice and nesting without end. */
import { UsageError } from "../../../engine/errors.js";

/** Lists and objects in one another: more than any file of HS³ has. */
const DEEPEST = 32;

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;

const isSpace = (code: number) => code === 32 || code === 10 || code === 13 || code === 9;

/** The index of the quote that ends a text. @param from  of the quote that begins it */
function endOfText(text: string, from: number): number {
  let i = from + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

/** Refuses keys that an object has twice, and lists and objects too deep in one another. */
function checkStructure(text: string, where: string): void {
  /** Keys of the objects that are open; undefined of lists. */
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const letter = text.charCodeAt(i);
    if (letter === QUOTE) {
      const end = endOfText(text, i);
      let next = end + 1;
      while (isSpace(text.charCodeAt(next))) next++;
      const keys = text.charCodeAt(next) === COLON ? open.at(-1) : undefined;
      if (keys !== undefined) {
        const key = text.slice(i + 1, end);
        if (keys.has(key)) {
          const line = text.slice(0, i).split("\n").length;
          throw new UsageError(`${where}:${line}`, {
            expected: "every key of an object once",
            got: `"${key.slice(0, 80)}" twice`,
            hint: "Remove one of the two",
          });
        }
        keys.add(key);
      }
      i = end;
      continue;
    }
    if (letter === 123 || letter === 91) {
      open.push(letter === 123 ? new Set() : undefined);
      if (open.length > DEEPEST) {
        throw new UsageError(where, { expected: `at most ${DEEPEST} lists and objects in one another`, got: "more" });
      }
    } else if (letter === 125 || letter === 93) open.pop();
  }
}

/**
 * The value that a text holds.
 *
 * @param where  the file, for messages
 */
export function parseJson(text: string, where: string): unknown {
  checkStructure(text, where);
  try {
    // A byte order mark is no part of JSON, but editors write it.
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    const { message } = error as Error;
    const special = /(?<![\w"])-?(?:NaN|Infinity|nan|inf)(?!\w)/.exec(message)?.[0];
    throw new UsageError(where, {
      expected: "a text in JSON",
      got: message.replace(/\s+/g, " ").slice(0, 200),
      ...(special !== undefined && { hint: `JSON has no ${special}: leave out the end of a range that is open` }),
    });
  }
}
