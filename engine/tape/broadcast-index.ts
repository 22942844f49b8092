/** Where the elements of a broadcast node come from. */
import { type Shape, sizeOf } from "./tape.js";

/** Position in the flattened `from` of each element of the `to` that it broadcasts to. */
export function broadcastIndex(from: Shape, to: Shape): Int32Array {
  const index = new Int32Array(sizeOf(to));
  for (let r = 0; r < index.length; r++) {
    let rest = r;
    let stride = 1;
    let position = 0;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const coordinate = rest % (to[axis] as number);
      rest = (rest - coordinate) / (to[axis] as number);
      const size = from[axis - to.length + from.length] ?? 1;
      if (size > 1) position += coordinate * stride;
      stride *= size;
    }
    index[r] = position;
  }
  return index;
}
