/** Numbers as programs write them into text. */
import { type Complaint, quote } from "../errors.js";

// Fortran writes D for the exponents of doubles.
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[ed][+-]?\d+)?$/i;
const DECIMAL_COMMA = /^[+-]?(?:\d+,\d*|,\d+)(?:e[+-]?\d+)?$/i;
const THOUSANDS = /^[+-]?\d{1,3},\d{3}$/;
const INTEGER = /^[+-]?\d+$/;
// An integer of as many is below 2^53.
const SAFE_DIGITS = 15;
// Those of the largest double, 1.8e308, and a sign.
const MAX_DIGITS = 310;

/** What C, numpy, pandas, R and Excel write for what is no finite number, in lower case. */
const NOT_FINITE: ReadonlyMap<string, number> = new Map(
  (
    [
      [Number.NaN, "nan +nan -nan nan(ind) -nan(ind) 1.#ind -1.#ind 1.#qnan -1.#qnan 1.#snan -1.#snan"],
      [Number.NaN, "na n/a #n/a #na <na> null none"],
      [Number.POSITIVE_INFINITY, "inf +inf infinity +infinity 1.#inf"],
      [Number.NEGATIVE_INFINITY, "-inf -infinity -1.#inf"],
    ] as const
  ).flatMap(([value, words]) => words.split(" ").map((word) => [word, value] as const)),
);

/** The number in a field without spaces around it; undefined where there is none. */
export function parseNumber(field: string): number | undefined {
  if (!NUMBER.test(field)) return NOT_FINITE.get(field.toLowerCase());
  const value = Number(field);
  return Number.isNaN(value) ? Number(field.replace(/d/i, "e")) : value;
}

/** The number of a field with a decimal comma; undefined where it has none. */
export function parseDecimalComma(field: string): number | undefined {
  return DECIMAL_COMMA.test(field) ? Number(field.replace(",", ".")) : undefined;
}

/** Whether the field is an integer beyond 2^53: an identifier, not a measurement. */
export function isIdentifier(field: string): boolean {
  return field.length > SAFE_DIGITS && INTEGER.test(field) && !Number.isSafeInteger(Number(field));
}

const POINTS_HINT = "Write all numbers with decimal points";

/** Reads the fields of a file as numbers, or says why one is none; all its numbers have the same decimal sign. */
export function numberReader(separator: string): (field: string) => number | Complaint {
  let hasComma = false;
  let hasPoint = false;
  const mixed = (field: string) => ({
    expected: "a number with the decimal sign of those before",
    got: quote(field),
    hint: POINTS_HINT,
  });
  return (field) => {
    const value = parseNumber(field);
    if (value === undefined) {
      const ofComma = commaNumber(field, separator);
      hasComma ||= typeof ofComma === "number";
      return hasComma && hasPoint && typeof ofComma === "number" ? mixed(field) : ofComma;
    }
    if (isRounded(field, value)) return rounded(field);
    // Where commas separate fields, none is a decimal sign.
    if (separator === ",") return value;
    hasPoint ||= field.includes(".");
    return hasComma && hasPoint ? mixed(field) : value;
  };
}

function commaNumber(field: string, separator: string): number | Complaint {
  const value = parseDecimalComma(field);
  if (value === undefined) return { expected: "a number", got: field === "" ? "an empty value" : quote(field) };
  // R and Excel separate fields by semicolons where commas are decimal signs; elsewhere 1,234 may be 1234.
  const isClear = separator === ";" || (separator !== "," && !THOUSANDS.test(field));
  return isClear ? value : { expected: "a number", got: quote(field), hint: POINTS_HINT };
}

/** Whether the field is an integer that the double does not equal. */
function isRounded(field: string, value: number): boolean {
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER || !INTEGER.test(field)) return false;
  return field.length > MAX_DIGITS || !Number.isFinite(value) || BigInt(field.replace("+", "")) !== BigInt(value);
}

function rounded(field: string): Complaint {
  return {
    expected: "integers that a double holds exactly",
    got: quote(field),
    hint: "Store the column as floating point, or as a smaller integer",
  };
}
