/** A page that only asks whether its workers work: posts a sum that they computed, or the error. */
import { cpuBackend, square, sumEvents, Tape } from "unbinned";

export interface SumReport {
  /** 1 + 4 + 9 */
  readonly sum?: number;
  readonly error?: string;
}

async function report(): Promise<SumReport> {
  try {
    const backend = await cpuBackend({ precision: "f64", threads: 2 });
    const program = await backend.compile({ outputs: { sum: sumEvents(square(new Tape().column("x"))) } });
    await program.bind({ x: Float64Array.of(1, 2, 3) });
    const { sum } = await program.run();
    await backend.close();
    return { sum: sum![0]! };
  } catch (error) {
    return { error: String(error) };
  }
}

// Not at the top level, which bundles for classic scripts do not have.
void report().then((body) => fetch("/report", { method: "POST", body: JSON.stringify(body) }));
