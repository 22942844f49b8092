/**
 * What an entry of the configuration file can be. A table of entries gives the type of the validated configuration, its
 * validation, its JSON Schema and its commented text, so that the four cannot disagree.
 */

interface Described {
  /** One or two sentences for the user, shown by `init` and in the schema. */
  readonly doc: string;
  /** Unit of the number, where it has one. */
  readonly unit?: string;
  /** Taken where the file says nothing. Without a default the entry is required, unless it is optional. */
  readonly default?: unknown;
  /** True: may be absent, and is then undefined. */
  readonly optional?: true;
  /** Value that `init` shows where there is no default. */
  readonly example?: unknown;
}

interface NumberRules extends Described {
  readonly default?: number;
  readonly integer?: true;
  /** Least allowed value. */
  readonly min?: number;
  /** Largest allowed value. */
  readonly max?: number;
  /** The value must be larger than this. */
  readonly above?: number;
  /** Words that may stand in its place. */
  readonly words?: readonly string[];
}

interface TextRules extends Described {
  readonly default?: string;
  /** What it is a name of: checked by `checkReferences`. */
  readonly refersTo?: string;
}

interface ValueRules extends Described {
  readonly default?: number | string;
  /** What its names are of. */
  readonly refersTo: string;
  /** Words that are no names. */
  readonly words?: readonly string[];
}

interface FlagRules extends Described {
  readonly default?: boolean;
}

interface ChoiceRules extends Described {
  readonly choices: readonly string[];
  readonly default?: string;
}

interface ListRules extends Described {
  readonly default?: readonly unknown[];
  readonly minLength?: number;
  readonly maxLength?: number;
  /** True: no value twice. */
  readonly unique?: true;
  /** An item that is no list may stand for the list of it alone, of whatever length others must be. What it means, in words. */
  readonly alone?: string;
}

export type NumberEntry = NumberRules & { readonly kind: "number" };
export type TextEntry = TextRules & { readonly kind: "text" };
/** A number, or the name of something that has one. */
export type ValueEntry = ValueRules & { readonly kind: "value" };
export type FlagEntry = FlagRules & { readonly kind: "flag" };
export type ChoiceEntry = ChoiceRules & { readonly kind: "choice" };
export type ListEntry = ListRules & { readonly kind: "list"; readonly item: Entry };
/** Names chosen by the user, each with an entry of the same kind; the order of the file is kept. Absent: empty. */
export type MapEntry = Described & {
  readonly kind: "map";
  readonly item: Entry;
  readonly of: string;
  /** Most names. */
  readonly maxLength?: number;
  /** True: the names are not of the user's choice, but those of something else, with any letters. */
  readonly anyNames?: true;
  /** What the names are of, where they are not of the user's choice: checked by `checkReferences`. */
  readonly namesReferTo?: string;
};
/** Fixed keys. Absent: as if it were empty, unless it is optional. */
export type SectionEntry = Described & {
  readonly kind: "section";
  readonly keys: Readonly<Record<string, Entry>>;
  /** Key whose value, where it is no map, may stand for the whole: `mean: 125` for `mean: { start: 125 }`. */
  readonly short?: string;
};
/** A map with exactly one of these keys. */
export type VariantEntry = Described & { readonly kind: "variant"; readonly of: Readonly<Record<string, Entry>> };
export type Entry =
  | NumberEntry
  | TextEntry
  | ValueEntry
  | FlagEntry
  | ChoiceEntry
  | ListEntry
  | MapEntry
  | SectionEntry
  | VariantEntry;

export const number = <const R extends NumberRules>(rules: R) => ({ kind: "number" as const, ...rules });
export const text = <const R extends TextRules>(rules: R) => ({ kind: "text" as const, ...rules });
export const value = <const R extends ValueRules>(rules: R) => ({ kind: "value" as const, ...rules });
export const flag = <const R extends FlagRules>(rules: R) => ({ kind: "flag" as const, ...rules });
export const choice = <const R extends ChoiceRules>(rules: R) => ({ kind: "choice" as const, ...rules });
export const list = <E extends Entry, const R extends ListRules>(item: E, rules: R) => ({
  kind: "list" as const,
  item,
  ...rules,
});
export const map = <E extends Entry, const R extends Described & Omit<MapEntry, "kind" | "item">>(
  item: E,
  rules: R,
) => ({
  kind: "map" as const,
  item,
  ...rules,
});
export const section = <
  K extends Readonly<Record<string, Entry>>,
  const R extends Described & { readonly short?: keyof K & string },
>(
  keys: K,
  rules: R,
) => ({
  kind: "section" as const,
  keys,
  ...rules,
});
export const variant = <K extends Readonly<Record<string, Entry>>, const R extends Described>(of: K, rules: R) => ({
  kind: "variant" as const,
  of,
  ...rules,
});

type Present<E> = E extends { readonly kind: "number"; readonly words: readonly (infer W)[] }
  ? number | W
  : E extends { readonly kind: "number" }
    ? number
    : E extends { readonly kind: "text" }
      ? string
      : E extends { readonly kind: "value" }
        ? number | string
        : E extends { readonly kind: "flag" }
          ? boolean
          : E extends { readonly kind: "choice"; readonly choices: readonly (infer C)[] }
            ? C
            : E extends { readonly kind: "list"; readonly item: infer I }
              ? readonly ValueOf<I>[]
              : E extends { readonly kind: "map"; readonly item: infer I }
                ? Readonly<Record<string, ValueOf<I>>>
                : E extends { readonly kind: "section"; readonly keys: infer K }
                  ? { readonly [N in keyof K]: ValueOf<K[N]> }
                  : E extends { readonly kind: "variant"; readonly of: infer K }
                    ? { readonly [N in keyof K]: { readonly [M in N]: ValueOf<K[N]> } }[keyof K]
                    : never;

/** Type of the validated value of an entry. */
export type ValueOf<E> = E extends { readonly optional: true } ? Present<E> | undefined : Present<E>;

/** What the entry accepts, in words: "an integer of at least 1". */
export function describe(entry: Entry): string {
  switch (entry.kind) {
    case "number":
      return describeNumber(entry);
    case "text":
      return "a text";
    case "value":
      return ["a number or a name", ...(entry.words ?? [])].join(", or ");
    case "flag":
      return "true or false";
    case "choice":
      return entry.choices.length === 1 ? entry.choices[0]! : `one of ${entry.choices.join(", ")}`;
    case "list":
      return describeList(entry);
    case "map":
      return `a map from ${entry.of} to ${describe(entry.item)}`;
    case "section": {
      const keys = `a map with the keys ${Object.keys(entry.keys).join(", ")}`;
      return entry.short === undefined ? keys : `${describe(entry.keys[entry.short]!)}, or ${keys}`;
    }
    case "variant":
      return `a map with one of the keys ${Object.keys(entry.of).join(", ")}`;
  }
}

function describeNumber(entry: NumberEntry): string {
  const limits = [
    ...(entry.min === undefined ? [] : [`of at least ${entry.min}`]),
    ...(entry.above === undefined ? [] : [`above ${entry.above}`]),
    ...(entry.max === undefined ? [] : [`up to ${entry.max}`]),
  ];
  const range = [entry.integer ? "an integer" : "a number", limits.join(" and ")]
    .filter((part) => part !== "")
    .join(" ");
  return [range, ...(entry.words ?? [])].join(", or ");
}

function describeList(entry: ListEntry): string {
  const { minLength: least, maxLength: most } = entry;
  const isRange = least !== undefined && most !== undefined;
  const limit = least !== undefined ? ` of at least ${least}` : most !== undefined ? ` of at most ${most}` : "";
  const size = isRange ? (least === most ? ` of ${least}` : ` of ${least} to ${most}`) : limit;
  const list = `a list${size}${entry.unique ? ", none twice" : ""}, each ${describe(entry.item)}`;
  return entry.alone === undefined ? list : `${list}; or ${entry.alone}`;
}
