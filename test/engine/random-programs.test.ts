/**
 * Random programs agree with the reference in value, gradient and second derivative, for events that do and do not fill
 * tiles, and give the same bits for any number of threads. RANDOM_PROGRAMS=5000 runs that many instead of a few.
 */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { wantsWide } from "../../cli/command/wide.js";
import { cpuBackend } from "../../engine/cpu/backend.js";
import { referenceBackend } from "../../engine/reference/backend.js";
import type { Backend, Program } from "../../engine/runtime/backend.js";
import { testBackends } from "../support/backends.js";
import { genomes, programOf, type RandomProgram } from "./random-programs.js";

const RUNS = Number(process.env.RANDOM_PROGRAMS ?? 60);
const SEED = Number(process.env.RANDOM_PROGRAMS_SEED ?? 20261122);
const EVENTS = [1, 2, 63, 64, 65, 200, 1000];

/** A comparison of computed numbers may come out the other way in f32. */
const smoothGenomes = genomes.map((genome) => ({ ...genome, anyKinks: false }));

type Result = Record<string, Float64Array>;

/**
 * Rounding grows with what was added up: sums over n events of terms of order one, derivatives of programs of some 20
 * operations. So the scale is that of the largest element, and of a random walk of n steps.
 */
const roundings = { f64: 1e-11, f32: 2e-4 };

function agree(got: Result, wanted: Result, events: number, rounding: number, where: string): void {
  for (const [name, expected] of Object.entries(wanted)) {
    const actual = got[name] as Float64Array;
    assert.is(actual.length, expected.length, `${where}, ${name}: length`);
    let largest = 1;
    for (const value of expected) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
    const allowed = rounding * (largest + Math.sqrt(events));
    for (let i = 0; i < expected.length; i++) {
      const [a, b] = [actual[i] as number, expected[i] as number];
      if (Object.is(a, b) || a === b) continue;
      if (!(Math.abs(a - b) <= allowed)) {
        assert.unreachable(`${where}, ${name}[${i}]: ${a}, reference ${b}, allowed difference ${allowed}`);
      }
    }
  }
}

function sameBits(got: Result, wanted: Result, where: string): void {
  for (const [name, expected] of Object.entries(wanted)) {
    expected.forEach((value, i) => {
      if (!Object.is(got[name]?.[i], value))
        assert.unreachable(`${where}, ${name}[${i}]: ${got[name]?.[i]}, not ${value}`);
    });
  }
}

async function prepared(backend: Backend, { outputs, parameters }: RandomProgram): Promise<Program> {
  const program = await backend.compile({ outputs });
  await program.write(parameters);
  return program;
}

for (const precision of ["f64", "f32"] as const) {
  test(`${RUNS} random programs agree with the reference on cpu ${precision}, same bits for all threads`, async () => {
    const single = await cpuBackend({ precision, threads: 1, wide: wantsWide() });
    const teams = await Promise.all([2, 3, 8].map((threads) => cpuBackend({ precision, threads, wide: wantsWide() })));
    let count = 0;
    try {
      await fc.assert(
        fc.asyncProperty(precision === "f32" ? smoothGenomes : genomes, async (genome) => {
          const random = programOf(genome);
          const team = teams[count++ % teams.length] as Backend;
          const reference = await prepared(referenceBackend(), random);
          const alone = await prepared(single, random);
          const together = await prepared(team, random);
          for (const events of EVENTS) {
            const columns = random.columns(events);
            for (const program of [reference, alone, together]) await program.bind(columns);
            const wanted = await reference.run();
            const got = await alone.run();
            agree(got, wanted, events, roundings[precision], `${events} events`);
            sameBits(await together.run(), got, `${events} events, several threads`);
          }
          await alone.close();
          await together.close();
        }),
        {
          seed: SEED,
          numRuns: RUNS,
          includeErrorInReport: true,
          endOnFailure: process.env.RANDOM_PROGRAMS_SHRINK !== "1",
        },
      );
    } finally {
      await Promise.all([single, ...teams].map((backend) => backend.close()));
    }
  });
}

/** Every kernel of a program is compiled anew, which software drivers take seconds for. */
const WEBGPU_RUNS = Math.ceil(RUNS / 10);

for (const { name, create } of testBackends().filter((backend) => backend.name === "webgpu")) {
  test(`${WEBGPU_RUNS} random programs agree with the reference on ${name}`, async () => {
    const backend = await create();
    try {
      await fc.assert(
        fc.asyncProperty(smoothGenomes, async (genome) => {
          const random = programOf(genome);
          const reference = await prepared(referenceBackend(), random);
          const program = await prepared(backend, random);
          for (const events of [1, 65, 1000]) {
            const columns = random.columns(events);
            for (const each of [reference, program]) await each.bind(columns);
            agree(await program.run(), await reference.run(), events, roundings.f32, `${events} events`);
          }
          await program.close();
        }),
        { seed: SEED, numRuns: WEBGPU_RUNS, includeErrorInReport: true, endOnFailure: true },
      );
    } finally {
      await backend.close();
    }
  });
}

test.run();
