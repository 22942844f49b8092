/** How one kind of a registry is written in a file. */
import type { Entry, ValueOf } from "../../entries.js";

/**
 * @param type  its name in HS³, the HEP Statistics Serialization Standard, or one of ours where that has none
 * @param form  what the model language has of it
 */
export const row = <const E extends { readonly kind: string; readonly doc: string }, F>(
  entry: E,
  type: string,
  form: (written: ValueOf<E>) => F,
) => ({ entry, type, form });

/** One row for each kind of a registry: a kind without one is a compile error. */
export type Rows<F extends { readonly kind: string }> = {
  readonly [K in F["kind"]]: {
    readonly entry: Entry;
    readonly type: string;
    readonly form: (written: never) => Extract<F, { kind: K }>;
  };
};

/** The entries of a table of rows, by kind. */
export const entriesOf = <R extends Readonly<Record<string, { readonly entry: Entry }>>>(rows: R) =>
  Object.fromEntries(Object.entries(rows).map(([kind, { entry }]) => [kind, entry])) as {
    readonly [K in keyof R]: R[K]["entry"];
  };

/** The form of what a file has under its only key. */
export function formOf<F extends { readonly kind: string }>(
  rows: Rows<F>,
  written: Readonly<Record<string, unknown>>,
): F {
  const [[kind, value]] = Object.entries(written) as [[F["kind"], unknown]];
  const { form } = rows[kind] as unknown as { readonly form: (own: unknown) => F };
  return form(value);
}
