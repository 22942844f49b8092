/** Unbinned data of HS³: entries, axes and weights. */
import type { ChannelData } from "../likelihood/channels.js";
import { type Axis, axesOf } from "./document.js";
import { meant, type Part, shown } from "./part.js";

/** Types of data that are known, and not read, with the reason. */
const OTHERS: Readonly<Record<string, string>> = {
  binned: "binned data, which an unbinned likelihood does not take",
  combined: "a combined data set",
};

const HINTS: Readonly<Record<string, string>> = {
  binned: "Give the events themselves (type unbinned): entries with one number for each axis",
  combined: "Pair each of its data sets with its distribution in the likelihood",
};

export interface DataSet {
  readonly part: Part;
  readonly data: ChannelData;
  readonly axes: ReadonlyMap<string, Axis>;
}

/** The number of a `point`, of a single measured value; undefined of other types. */
export function pointValue(part: Part): number | undefined {
  if (part.at("type").value !== "point") return undefined;
  part.only(["name", "type", "value", "axes", "uncertainty", "title"]);
  return part.at("value").number();
}

/** Entries as columns [axes][events]: numbers alone, as many in each entry as there are axes. */
function columnsOf(entries: Part, size: number): Float64Array[] {
  if (!entries.isList) entries.refuse("a list of entries");
  const rows = entries.value as readonly unknown[];
  const expected = `a list of ${size} ${size === 1 ? "number" : "numbers"}, one for each axis`;
  const columns = Array.from({ length: size }, () => new Float64Array(rows.length));
  for (const [i, row] of rows.entries()) {
    if (!Array.isArray(row) || row.length !== size) {
      const own = entries.items()[i]!;
      const hint = size === 1 && typeof row === "number" ? { hint: "Write [[1.5], [2.5]] in place of [1.5, 2.5]" } : {};
      return own.refuse(expected, shown(row), hint);
    }
    for (let k = 0; k < size; k++) {
      const value: unknown = row[k];
      // The place of a number is made where it is refused alone: there are millions.
      columns[k]![i] =
        typeof value === "number" && Number.isFinite(value) ? value : entries.items()[i]!.items()[k]!.number();
    }
  }
  return columns;
}

export function readData(part: Part): DataSet {
  const type = part.at("type");
  const kind = type.isAbsent ? type.refuse('"unbinned"', "nothing") : type.text();
  if (kind !== "unbinned") {
    const known = Object.hasOwn(OTHERS, kind);
    const hint = known ? { hint: HINTS[kind]! } : meant(kind, ["unbinned", "point"]);
    type.refuse(
      '"unbinned" data, or a "point" for an auxiliary measurement',
      known ? OTHERS[kind]! : shown(kind),
      hint,
    );
  }
  part.only(["name", "type", "entries", "axes", "weights", "entries_uncertainties", "title"]);
  const uncertain = part.at("entries_uncertainties");
  if (!uncertain.isAbsent) {
    uncertain.refuse("no uncertainties of entries", "some", {
      hint: "A likelihood of unbinned data has no use for them",
    });
  }
  const axes = axesOf(part.at("axes"));
  if (axes.size === 0) part.at("axes").refuse("at least one axis", "none");
  const names = [...axes.keys()];
  const entries = part.at("entries");
  const columns = columnsOf(entries, names.length);
  const count = (entries.value as readonly unknown[]).length;
  const weights = part.at("weights");
  const ownWeights = weights.isAbsent ? undefined : weightsOf(weights, count);
  return {
    part,
    axes,
    data: {
      count,
      columns: Object.fromEntries(names.map((name, k) => [name, columns[k]!])),
      ...(ownWeights && { weights: ownWeights }),
    },
  };
}

function weightsOf(weights: Part, count: number): Float64Array {
  const { value } = weights;
  if (!Array.isArray(value) || value.length !== count) {
    return weights.refuse(`${count} weights, one for each entry`, Array.isArray(value) ? `${value.length}` : undefined);
  }
  const numbers = Float64Array.from(value, (own) => (typeof own === "number" ? own : Number.NaN));
  const bad = numbers.findIndex((own) => !Number.isFinite(own));
  if (bad >= 0) weights.items()[bad]!.number();
  return numbers;
}
