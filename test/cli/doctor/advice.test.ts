import { test } from "uvu";
import * as assert from "uvu/assert";
import { gpuAdvice } from "../../../cli/doctor/advice.js";
import type { Adapter, GpuFacts } from "../../../cli/doctor/facts.js";

/** A desktop with Mesa's drivers that still has no adapter, for no reason known. */
const puzzling: GpuFacts = {
  platform: "linux",
  package: { state: "loaded" },
  adapters: [],
  messages: [],
  failure: undefined,
  driverFiles: ["/usr/share/vulkan/icd.d/radeon_icd.json", "/usr/share/vulkan/icd.d/lvp_icd.json"],
  driverVariable: undefined,
  nvidia: { hasDevices: false, hasLibrary: false },
  renderNodes: "open",
  isContainer: false,
  hasRuntimeFolder: true,
};

const adapter = (isSoftware: boolean): Adapter => ({
  name: isSoftware ? "llvmpipe" : "NVIDIA H100",
  driver: "",
  vendor: "",
  architecture: "",
  isSoftware,
  limits: { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 31, maxComputeInvocationsPerWorkgroup: 256 },
  features: [],
});

const none = { driverFiles: [], driverVariable: undefined };
const nvidia = { ...puzzling, renderNodes: "none", nvidia: { hasDevices: true, hasLibrary: false } } as const;

/** [facts, what each sentence of the advice says]. */
const cases: Readonly<Record<string, readonly [GpuFacts, readonly RegExp[]]>> = {
  "a hardware adapter, whatever else": [
    { ...puzzling, ...none, isContainer: true, adapters: [adapter(true), adapter(false)] },
    [],
  ],
  "a software adapter on a machine without a GPU": [
    { ...puzzling, renderNodes: "none", adapters: [adapter(true)] },
    [],
  ],
  "no package": [{ ...puzzling, package: { state: "absent" } }, [/webgpu is not installed: `npm install webgpu`/]],
  "a package that does not load": [
    { ...puzzling, package: { state: "refused", reason: "GLIBC_2.34 not found" } },
    [/webgpu does not load: GLIBC_2\.34 not found\. .*glibc/],
  ],
  "no loader": [
    {
      ...puzzling,
      ...none,
      messages: [
        "Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file: No such file or directory",
      ],
    },
    [/libvulkan\.so\.1, is missing: `apt install libvulkan1`.*mesa-vulkan-drivers/],
  ],
  "no driver file": [{ ...puzzling, ...none }, [/No Vulkan driver is installed: `apt install mesa-vulkan-drivers`/]],
  "a variable that names a driver file that is not there": [
    { ...puzzling, driverFiles: [], driverVariable: { name: "VK_DRIVER_FILES", missing: ["/no.json"] } },
    [/^VK_DRIVER_FILES names files that are not there \(\/no\.json\): correct it, or unset it$/],
  ],
  "drivers of GPUs that are not there": [
    { ...puzzling, driverFiles: ["/usr/share/vulkan/icd.d/intel_icd.json"] },
    [/No installed Vulkan driver found its GPU: `apt install mesa-vulkan-drivers`/],
  ],
  "a driver whose library is missing": [
    { ...puzzling, messages: Array(2).fill("Warning: libLLVM.so.15: cannot open shared object file: No such file") },
    [/needs the library libLLVM\.so\.15, which is missing/],
  ],
  "a Mesa that Dawn refuses": [
    { ...puzzling, messages: ["Warning: Vulkan shaderUniform*ArrayDynamicIndexing required."] },
    [/too old .* `apt install -t bookworm-backports mesa-vulkan-drivers`/],
  ],
  "another driver that Dawn refuses": [
    { ...puzzling, messages: ["Warning: Vulkan fullDrawIndexUint32 feature required."] },
    [/refuses a driver \("Warning: Vulkan fullDrawIndexUint32 feature required\."\): update it/],
  ],
  "a container with an NVIDIA GPU but without its graphics part": [
    { ...nvidia, isContainer: true, adapters: [adapter(true)] },
    [/container has an NVIDIA GPU .* NVIDIA_DRIVER_CAPABILITIES=all \(or compute,utility,graphics\)/],
  ],
  "an NVIDIA GPU without the graphics part of its driver": [nvidia, [/install nvidia-vulkan-icd \(Debian\)/]],
  "NVIDIA's driver that no file names": [
    { ...nvidia, nvidia: { hasDevices: true, hasLibrary: true }, adapters: [adapter(true)] },
    [/write \{.*"libGLX_nvidia\.so\.0".*\} to \/etc\/vulkan\/icd\.d\/nvidia_icd\.json/],
  ],
  "a GPU that this user may not open": [
    { ...puzzling, renderNodes: "refused", adapters: [adapter(true)] },
    [/may not open \/dev\/dri\/renderD\*: add it to the group render/],
  ],
  "a container that sees no GPU": [
    { ...puzzling, renderNodes: "none", isContainer: true, adapters: [adapter(true)] },
    [/container sees no GPU: .*`--gpus all -e NVIDIA_DRIVER_CAPABILITIES=all` \(NVIDIA\) or `--device \/dev\/dri`/],
  ],
  "a driver that asks for a folder": [
    { ...puzzling, messages: ["error: XDG_RUNTIME_DIR is invalid or not set in the environment."] },
    [/set XDG_RUNTIME_DIR, e\.g\. to \/tmp/],
  ],
  "no folder, and nothing else amiss": [{ ...puzzling, hasRuntimeFolder: false }, [/set XDG_RUNTIME_DIR/]],
  "a driver that crashes": [
    { ...puzzling, failure: "a crash (SIGSEGV)" },
    [/ended with a crash \(SIGSEGV\): .*VK_DRIVER_FILES/],
  ],
  "nothing that explains it": [
    { ...puzzling, messages: ["Warning: vkCreateInstance failed"] },
    [/found no adapter, saying "Warning: vkCreateInstance failed": VK_LOADER_DEBUG=all/],
  ],
  "no adapter on a Mac": [
    { ...puzzling, ...none, platform: "darwin", renderNodes: "none", hasRuntimeFolder: false },
    [/found no adapter, without a word: update the GPU's driver/],
  ],
};

for (const [name, [facts, expected]] of Object.entries(cases)) {
  test(`advice on ${name}`, () => {
    const advice = gpuAdvice(facts);
    assert.is(advice.length, expected.length, advice.join("\n"));
    for (const [k, pattern] of expected.entries()) assert.match(advice[k] as string, pattern);
  });
}

test.run();
