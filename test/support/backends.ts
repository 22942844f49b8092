/** The backends this machine has, for tests that hold on every one of them. */

import { test } from "uvu";
import { wantsWide } from "../../cli/command/wide.js";
import { cpuBackend } from "../../engine/cpu/backend.js";
import { referenceBackend } from "../../engine/reference/backend.js";
import type { Backend, Program } from "../../engine/runtime/backend.js";
import { webgpuBackend } from "../../engine/webgpu/backend.js";
import { isSoftwareGpu, missingWebgpu } from "./webgpu.js";

export interface TestBackend {
  readonly name: string;
  readonly precision: "f32" | "f64";
  /** Does a processor play a GPU? It computes a hundredth of what the backend `cpu` does: give it few events. */
  readonly isSlow?: boolean;
  /** A backend whose programs end with it. Its workers or its device are those of all tests of a file: to start some takes longer than most tests. */
  create(): Promise<Backend>;
  /** A backend of its own, for tests of its end. */
  start(): Promise<Backend>;
}

const started: Promise<Backend>[] = [];

function testBackend(own: Omit<TestBackend, "create">): TestBackend {
  let first: Promise<Backend> | undefined;
  const create = async (): Promise<Backend> => {
    if (first === undefined) {
      first = own.start();
      started.push(first);
    }
    const { name, precision, compile } = await first;
    const programs: Program[] = [];
    return {
      name,
      precision,
      async compile(request) {
        const program = await compile(request);
        programs.push(program);
        return program;
      },
      close: async () => void (await Promise.all(programs.splice(0).map((program) => program.close()))),
    };
  };
  return { ...own, create };
}

// Dawn wants its devices destroyed before the process ends.
const closeAll = async () =>
  void (await Promise.all(started.splice(0).map(async (backend) => (await backend).close())));
process.once("beforeExit", closeAll);
test.after(closeAll);

const table: readonly TestBackend[] = [
  testBackend({ name: "reference", precision: "f64", start: async () => referenceBackend() }),
  ...(["f64", "f32"] as const).map((precision) =>
    testBackend({
      name: `cpu ${precision}`,
      precision,
      start: () => cpuBackend({ precision, threads: 2, wide: wantsWide() }),
    }),
  ),
  ...(missingWebgpu === undefined
    ? [testBackend({ name: "webgpu", precision: "f32", isSlow: isSoftwareGpu, start: () => webgpuBackend() })]
    : []),
];

export function testBackends(): readonly TestBackend[] {
  return table;
}
