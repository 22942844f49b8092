/** A GPU for tests, where this machine has one, be it a processor that plays one. */
import { test } from "uvu";
import { Device } from "../../engine/webgpu/device/device.js";
import type { PrintedKernel } from "../../engine/webgpu/printing/printed-kernel.js";

// Mesa's software driver compiles kernels ten times as fast if it does not optimise them; no other driver reads these.
process.env.GALLIVM_PERF ??= "nopt";
process.env.LP_NATIVE_VECTOR_WIDTH ??= "128";

async function findDevice(): Promise<{ device: Device } | { device: undefined; reason: string }> {
  try {
    return { device: await Device.open() };
  } catch (error) {
    return { device: undefined, reason: (error as Error).message };
  }
}

const found = await findDevice();

/** Why tests on WebGPU cannot run here, if they cannot. With REQUIRE_WEBGPU=1 this is a failure. */
export const missingWebgpu = found.device === undefined ? found.reason : undefined;

/** Does a processor play the GPU? */
export const isSoftwareGpu = found.device?.isSoftware ?? false;

if (found.device === undefined) {
  const text = `WebGPU: ${found.reason}`;
  if (process.env.REQUIRE_WEBGPU === "1") {
    test("a WebGPU adapter, as REQUIRE_WEBGPU=1 asks", () => {
      throw new Error(text);
    });
  } else console.log(`skip: tests on webgpu (${text})`);
} else {
  console.log(`backend: webgpu on ${found.device.description}`);
  // Dawn wants its devices destroyed before the process ends.
  process.once("beforeExit", () => found.device.close());
  test.after(() => found.device.close());
}

/** A test that needs an adapter. */
export function webgpuTest(name: string, body: (device: Device) => Promise<void>): void {
  const { device } = found;
  if (device !== undefined) test(name, () => body(device));
  else test.skip(name, () => {});
}

/** A test that needs an adapter with subgroups. Not every one has them, so their lack is no failure, but a skip that is printed. */
export function subgroupTest(name: string, body: () => Promise<void>): void {
  const { device } = found;
  if (device === undefined || device.gpu.features.has("subgroups")) webgpuTest(name, body);
  else {
    console.log(`skip: ${name} (the adapter has no subgroups)`);
    test.skip(name, () => {});
  }
}

/** Compiles a kernel; any message of the compiler, a warning too, is an error. */
export async function compileKernel(device: Device, kernel: PrintedKernel): Promise<void> {
  const code = device.wgsl(kernel.code);
  const module = device.gpu.createShaderModule({ code });
  const { messages } = await module.getCompilationInfo();
  if (messages.length > 0) {
    const text = messages.map(({ type, lineNum, message }) => `${type}, line ${lineNum}: ${message}`).join("\n");
    throw new Error(`${kernel.title}:\n${text}\n${code}`);
  }
  await device.gpu.createComputePipelineAsync({
    layout: "auto",
    compute: { module, constants: { ...kernel.constants } },
  });
}
