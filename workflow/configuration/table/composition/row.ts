/** How one kind of a registry is written in a file. */
import type { Column } from "../../../../inference/model/composition/composition.js";
import type { Entry, ValueOf } from "../../entries.js";

type Columns = Readonly<Record<string, Column>>;

/**
 * @param type  its name in HS³, the HEP Statistics Serialization Standard, or one of ours where that has none
 * @param form  what the model language has of it; `where` begins messages, `columns` are those of the file
 */
export const row = <const E extends { readonly kind: string; readonly doc: string }, F>(
  entry: E,
  type: string,
  form: (written: ValueOf<E>, where: string, columns: Columns) => F,
) => ({ entry, type, form });

interface AnyRow<F> {
  readonly entry: Entry;
  readonly type: string;
  readonly form: (written: never, where: string, columns: Columns) => F | Promise<F>;
}

/** One row for each kind of a registry: a kind without one is a compile error. Null: trainings make it, and a file cannot write it. */
export type Rows<F extends { readonly kind: string }> = {
  readonly [K in F["kind"]]: AnyRow<Extract<F, { kind: K }>> | null;
};

/** The entries of a table of rows, by kind. */
export const entriesOf = <R extends Readonly<Record<string, { readonly entry: Entry } | null>>>(rows: R) =>
  Object.fromEntries(Object.entries(rows).flatMap(([kind, own]) => (own === null ? [] : [[kind, own.entry]]))) as {
    readonly [K in keyof R as R[K] extends null ? never : K]: R[K] extends { readonly entry: infer E } ? E : never;
  };

/** The form of what a file has under its only key. */
export async function formOf<F extends { readonly kind: string }>(
  rows: Rows<F>,
  written: Readonly<Record<string, unknown>>,
  where: string,
  columns: Columns = {},
): Promise<F> {
  const [[kind, value]] = Object.entries(written) as [[F["kind"], unknown]];
  const { form } = rows[kind] as unknown as AnyRow<F>;
  return form(value as never, where, columns);
}
