/** Vectors made of numbers that lie in many nodes. */
import { add, reshape, take } from "../tape/operations.js";
import { sizeOf, type Var } from "../tape/tape.js";

/** Numbers [n] and the places to which they are added, each once. */
interface Piece {
  readonly value: Var;
  readonly places: readonly number[];
}

const sum = (parts: readonly Var[]) => parts.reduce((a, b) => add(a, b));

/** Rows that go to the same place are added. */
function piece(value: Var, places: readonly number[]): Piece {
  const rows = new Map<number, number[]>();
  places.forEach((place, row) => {
    if (place >= 0) rows.set(place, [...(rows.get(place) ?? []), row]);
  });
  const own = [...rows.keys()].sort((a, b) => a - b);
  const most = Math.max(...[...rows.values()].map((list) => list.length));
  const flat = reshape(value, [sizeOf(value.shape)]);
  const layers = Array.from({ length: most }, (_, i) => {
    const index = Int32Array.from(own, (place) => (rows.get(place) as number[])[i] ?? -1);
    return take(flat, [own.length], index);
  });
  return { value: sum(layers), places: own };
}

function joined(a: Piece, b: Piece): Piece {
  const places = [...new Set([...a.places, ...b.places])].sort((p, q) => p - q);
  const onto = (part: Piece) => {
    const at = new Map(part.places.map((place, row) => [place, row]));
    return take(
      part.value,
      [places.length],
      Int32Array.from(places, (place) => at.get(place) ?? -1),
    );
  };
  return { value: add(onto(a), onto(b)), places };
}

/** Numbers to be added up by place; -1 is nowhere. */
export interface Scattered {
  readonly value: Var;
  /** One per row of the flattened value. */
  readonly places: readonly number[];
}

/**
 * A vector [size] of what falls to each place, `undefined` where nothing does. Joined in pairs, so that K single numbers take
 * K log K additions.
 */
export function scatter(parts: readonly Scattered[], size: number): Var | undefined {
  const alike = new Map<string, { readonly places: readonly number[]; readonly values: Var[] }>();
  for (const { value, places } of parts) {
    const key = `${value.shape}:${places}`;
    const known = alike.get(key);
    if (known !== undefined) known.values.push(value);
    else if (places.some((place) => place >= 0)) alike.set(key, { places, values: [value] });
  }
  let pieces = [...alike.values()].map(({ places, values }) => piece(sum(values), places));
  while (pieces.length > 1) {
    const pairs = Array.from({ length: Math.ceil(pieces.length / 2) }, (_, i) => pieces.slice(2 * i, 2 * i + 2));
    pieces = pairs.map(([a, b]) => (b === undefined ? a! : joined(a!, b)));
  }
  const [last] = pieces;
  if (last === undefined) return undefined;
  const index = new Int32Array(size).fill(-1);
  for (const [row, place] of last.places.entries()) index[place] = row;
  return take(last.value, [size], index);
}
