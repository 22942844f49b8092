/** Rows as a person would write them: a formula where there is one, else a look-up. */
import type { KernelMemory } from "../memory.js";

export interface RowExpression {
  readonly text: string;
  /** Does it change along the inner axis? */
  readonly isInner: boolean;
  /** Is it an i32 that may be -1, for a row of zeros? */
  readonly maybeZero: boolean;
}

const sumText = (terms: readonly string[]) => (terms.length === 0 ? "0u" : terms.join(" + "));
const term = (factor: number, name: string) => (factor === 1 ? name : `${factor}u * ${name}`);
const scaled = (step: number, name: string) => (step === 0 ? [] : [term(step, name)]);
const constant = (value: number) => (value === 0 ? [] : [`${value}u`]);

/**
 * @param places  per row and inner position (fastest), the place meant, or -1
 * @param size    inner positions per row
 */
export function rowExpression(places: readonly number[], size: number, memory: KernelMemory): RowExpression {
  const at = (row: number, j: number) => places[row * size + j] as number;
  const rows = places.length / size;
  const [start, rowStep, innerStep] = [
    at(0, 0),
    rows > 1 ? at(1, 0) - at(0, 0) : 0,
    size > 1 ? at(0, 1) - at(0, 0) : 0,
  ];
  const holds = (formula: (row: number, j: number) => number) =>
    places.every((place, i) => place === formula(Math.floor(i / size), i % size));
  const table = (entries: readonly number[], index: string) =>
    `tables[${sumText([...constant(memory.table(entries)), index])}]`;

  if (places.some((place) => place < 0)) {
    const isSame = holds((row) => at(row, 0));
    const firsts = places.filter((_, i) => i % size === 0);
    if (isSame) return { text: table(firsts, "row"), isInner: false, maybeZero: true };
    return { text: table(places, `${term(size, "row")} + j`), isInner: true, maybeZero: true };
  }
  const isInner = !holds((row) => at(row, 0));
  const steps = [start, rowStep, innerStep];
  if (steps.every((step) => step >= 0) && holds((row, j) => start + rowStep * row + innerStep * j)) {
    const text = sumText([...constant(start), ...scaled(rowStep, "row"), ...scaled(innerStep, "j")]);
    return { text, isInner, maybeZero: false };
  }
  if (innerStep >= 0 && holds((row, j) => at(row, 0) + innerStep * j)) {
    const firsts = places.filter((_, i) => i % size === 0);
    return { text: sumText([`u32(${table(firsts, "row")})`, ...scaled(innerStep, "j")]), isInner, maybeZero: false };
  }
  return { text: `u32(${table(places, `${term(size, "row")} + j`)})`, isInner, maybeZero: false };
}
