import { accessSync, constants } from "node:fs";
import { availableParallelism, cpus, freemem, tmpdir, totalmem } from "node:os";
import { ModuleBuilder } from "../../engine/cpu/assembly/assembler.js";
import { lanesOf, type Wide } from "../../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../../engine/cpu/assembly/simd.js";
import { wasm } from "../../engine/cpu/assembly/webassembly.js";
import { allowWide } from "../../engine/cpu/wide.js";
import { backendNames } from "../../engine/runtime/backend.js";
import { eventExtensions } from "../../io/columns.js";
import { FZSTD, zstdProvider } from "../../io/compression/zstd.js";
import { readVersion } from "../../workflow/version.js";
import type { VerbContext } from "../command/verb.js";
import { wantsWide } from "../command/wide.js";
import { gpuAdvice } from "../doctor/advice.js";
import { type Adapter, type GpuFacts, gpuFacts } from "../doctor/facts.js";

interface Finding {
  readonly name: string;
  readonly value: string;
  /** What unbinned cannot do here and what to do about it; undefined where all is well. */
  readonly trouble?: string;
}

/** Says what this machine offers; fails where something that unbinned needs is missing. */
export async function doctor(context: VerbContext): Promise<void> {
  const gpu = await gpuFacts();
  const advice = gpuAdvice(gpu);
  const findings: readonly Finding[] = [
    node(),
    backends(gpu),
    processor(),
    sharedMemory(),
    await simd(),
    memory(),
    await files(),
    temporaryFolder(),
    ...adapters(gpu),
    ...advice.map((value) => ({ name: "webgpu advice", value })),
  ];
  const troubles = findings.flatMap(({ trouble }) => (trouble === undefined ? [] : [trouble]));
  const version = readVersion();
  const width = Math.max(...findings.map(({ name }) => name.length)) + 2;
  context.print(`unbinned ${version}`);
  for (const { name, value } of findings) context.print(`  ${`${name}:`.padEnd(width)} ${value}`);
  context.printJson({ version, findings, gpu, advice, ok: troubles.length === 0 });
  if (troubles.length > 0) throw new Error(troubles.join("\n"));
}

function node(): Finding {
  const { node: version, v8 } = process.versions;
  const value = `${version} (V8 ${v8}) on ${process.platform} ${process.arch}`;
  const isOld = Number(version.split(".")[0]) < 20;
  return {
    name: "node",
    value,
    ...(isOld ? { trouble: `node: expected 20 or newer, got ${version}. Update it` } : {}),
  };
}

async function files(): Promise<Finding> {
  const provider = await zstdProvider();
  const zstd = provider === undefined ? `not zstd: \`npm install ${FZSTD}\` brings it` : `zstd by ${provider}`;
  return { name: "files", value: `${eventExtensions.join(" ")}; ${zstd}` };
}

function processor(): Finding {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return { name: "threads", value: `${availableParallelism()} (${model})` };
}

function sharedMemory(): Finding {
  const isThere = typeof SharedArrayBuffer === "function";
  return {
    name: "shared memory",
    value: isThere ? "yes" : "no",
    ...(isThere
      ? {}
      : { trouble: "shared memory: expected SharedArrayBuffer, got none. Start node without restrictions" }),
  };
}

async function simd(): Promise<Finding> {
  if (await hasRelaxedSimd()) {
    const wide = wantsWide() ? wideText[await allowWide(true)] : "256-bit code switched off (UNBINNED_WIDE=off)";
    return { name: "simd", value: `relaxed SIMD128 (fused multiply-add), ${wide}` };
  }
  if (hasSimd()) return { name: "simd", value: "SIMD128" };
  return {
    name: "simd",
    value: "none",
    trouble: "simd: expected WebAssembly SIMD128, got none. Use --backend reference, or a newer processor",
  };
}

const wideText: Readonly<Record<Wide, string>> = {
  none: "no 256-bit code",
  linear: "256-bit code for linear maps",
  all: "256-bit code",
};

/** Does the engine accept a module with one addition of vectors? */
function hasSimd(): boolean {
  const module = new ModuleBuilder();
  const f = module.internalFunction("probe", ["v128"], ["v128"]);
  const x = f.param(0);
  f.get(x)
    .get(x)
    .op(lanesOf("f32", { relaxed: false, wide: "none" }).add);
  return wasm.validate(module.build());
}

function memory(): Finding {
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return { name: "memory", value: `${gibibytes(totalmem())}, ${gibibytes(freemem())} free` };
}

function temporaryFolder(): Finding {
  const folder = tmpdir();
  try {
    accessSync(folder, constants.W_OK);
    return { name: "temporary folder", value: `${folder}, writable` };
  } catch {
    const trouble = `temporary folder: expected ${folder} to be writable, got a refusal. Set TMPDIR`;
    return { name: "temporary folder", value: `${folder}, not writable`, trouble };
  }
}

function backends({ adapters }: GpuFacts): Finding {
  const automatic = adapters.some(({ isSoftware }) => !isSoftware) ? "webgpu" : "cpu";
  return { name: "backends", value: `${backendNames.join(", ")}; auto takes ${automatic}` };
}

function adapters(facts: GpuFacts): Finding[] {
  const name = "webgpu adapter";
  if (facts.adapters.length === 0) return [{ name, value: "none" }];
  return facts.adapters.map((adapter) => ({ name, value: adapterText(adapter) }));
}

function adapterText({ name, driver, isSoftware, limits, features }: Adapter): string {
  const parts = [
    isSoftware ? "software" : "hardware",
    ...(driver === "" ? [] : [`driver ${driver}`]),
    `bindings to ${mebibytes(limits.maxStorageBufferBindingSize)}`,
    `buffers to ${mebibytes(limits.maxBufferSize)}`,
    `${limits.maxComputeInvocationsPerWorkgroup} invocations`,
    ...features,
  ];
  return `${name}: ${parts.join(", ")}`;
}

const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`;
