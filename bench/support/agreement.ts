/** Nothing wrong is timed. */
import type { Named } from "../../engine/runtime/backend.js";

/** Throws where a number differs from what is wanted by more than `absolute + relative |wanted|`; the largest difference. */
export function agree(
  what: string,
  got: Named<ArrayLike<number>>,
  wanted: Named<ArrayLike<number>>,
  { absolute, relative }: { readonly absolute: number; readonly relative: number },
): number {
  let largest = 0;
  for (const [name, values] of Object.entries(wanted)) {
    const own = got[name];
    if (own?.length !== values.length) {
      throw new Error(`${what}: expected ${values.length} numbers of "${name}", got ${own?.length ?? "none"}`);
    }
    for (let i = 0; i < values.length; i++) {
      const [a, b] = [own[i] as number, values[i] as number];
      const difference = Math.abs(a - b);
      // Written so that NaN is no agreement.
      if (!(difference <= absolute + relative * Math.abs(b))) {
        throw new Error(`${what}: expected "${name}" to agree between the backends webgpu and cpu, got ${a} and ${b}`);
      }
      largest = Math.max(largest, difference);
    }
  }
  return largest;
}
