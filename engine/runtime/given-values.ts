/** Names and numbers that come from outside, and what messages say of them. */
import { nearest } from "../../io/edit-distance.js";
import { UsageError } from "../errors.js";
import { valueText } from "../options.js";

/** The hint where one of the names known may have been meant. */
export function meantBy(name: string, known: readonly string[]): { readonly hint?: string } {
  const meant = nearest(name, known);
  return meant === undefined ? {} : { hint: `Did you mean ${meant}?` };
}

/** A name that no program of the tape has. It is a misspelling: there is no other reason to bind it or ask for it. */
export function unknownName(where: string, what: string, name: string, known: Iterable<string>): UsageError {
  const names = [...known];
  return new UsageError(where, {
    expected: `${what} of this program (${names.join(", ") || "it has none"})`,
    got: `"${name}"`,
    ...meantBy(name, names),
  });
}

/** What is no number in a list of numbers, and where; undefined where all are. Texts, holes and lists would become some. */
export function notNumber(values: unknown): string | undefined {
  if (typeof values !== "object" || values === null || !("length" in values)) return valueText(values);
  if (ArrayBuffer.isView(values)) {
    const isBig = values instanceof BigInt64Array || values instanceof BigUint64Array;
    return isBig ? `a ${values.constructor.name}` : undefined;
  }
  const list = values as ArrayLike<unknown>;
  for (let i = 0; i < list.length; i++) if (typeof list[i] !== "number") return `${valueText(list[i])} at [${i}]`;
  return undefined;
}
