/** One run of a small program on every backend. */
import type { ColumnData } from "../../engine/runtime/backend.js";
import type { Var } from "../../engine/tape/tape.js";
import { type TestBackend, testBackends } from "./backends.js";

export interface SmallProgram {
  readonly outputs: Readonly<Record<string, Var>>;
  readonly parameters: Readonly<Record<string, ArrayLike<number>>>;
  readonly columns: Readonly<Record<string, ColumnData>>;
}

export type Answers = Record<string, Float64Array>;

/** Runs a program on each backend in turn and hands its outputs to the check. */
export async function runOnEachBackend(
  { outputs, parameters, columns }: SmallProgram,
  check: (answers: Answers, backend: TestBackend) => void,
): Promise<void> {
  for (const backend of testBackends()) check(await runOn(backend, { outputs, parameters, columns }), backend);
}

export async function runOn({ create }: TestBackend, { outputs, parameters, columns }: SmallProgram): Promise<Answers> {
  const backend = await create();
  try {
    const program = await backend.compile({ outputs });
    await program.write(parameters);
    await program.bind(columns);
    return await program.run();
  } finally {
    await backend.close();
  }
}
