/** Programs on the device and on the reference. */

import { referenceBackend } from "../../engine/reference/backend.js";
import type { Var } from "../../engine/tape/tape.js";
import { webgpuBackend } from "../../engine/webgpu/backend.js";
import { close, type Tolerance, tolerances } from "./close.js";
import { randomNumbers } from "./random-numbers.js";

export function uniform(seed: number, size: number, [low, high]: readonly [number, number] = [-1, 1]): Float32Array {
  const random = randomNumbers(seed);
  return Float32Array.from({ length: size }, () => low + (high - low) * random());
}

/** Checks that both agree, and gives back what the device says. */
export async function compareAll(
  outputs: Readonly<Record<string, Var>>,
  columns: Readonly<Record<string, Float32Array>>,
  parameters: Readonly<Record<string, ArrayLike<number>>>,
  tolerance: Tolerance = tolerances.f32,
): Promise<Record<string, Float64Array>> {
  const answers: Record<string, Float64Array>[] = [];
  for (const backend of [await webgpuBackend(), referenceBackend()]) {
    const program = await backend.compile({ outputs });
    await program.bind(columns);
    await program.write(parameters);
    answers.push(await program.run());
    await backend.close();
  }
  const [got, wanted] = answers as [Record<string, Float64Array>, Record<string, Float64Array>];
  for (const name of Object.keys(outputs)) {
    close(got[name] as Float64Array, wanted[name] as Float64Array, tolerance, name);
  }
  return got;
}
