/** Why there is no WebGPU adapter, or no hardware one, and what to install or set. */
import type { GpuFacts } from "./facts.js";

const SOFTWARE_DRIVER =
  "`apt install mesa-vulkan-drivers` brings a software one, for tests (on Debian 12 from bookworm-backports)";

/** One sentence for each thing found, the likeliest cause first; nothing where WebGPU has a hardware adapter. */
export function gpuAdvice(facts: GpuFacts): readonly string[] {
  if (facts.adapters.some(({ isSoftware }) => !isSoftware)) return [];
  if (facts.package.state === "absent") {
    return ["The optional package webgpu is not installed: `npm install webgpu` brings it"];
  }
  if (facts.package.state === "refused") {
    const hint = "Its binaries are for Linux (glibc), macOS and Windows on x64 and arm64";
    return [`The package webgpu does not load: ${facts.package.reason}. ${hint}`];
  }
  const advice = [...hangs(facts), ...(facts.platform === "linux" ? onLinux(facts) : [])];
  return advice.length > 0 || facts.adapters.length > 0 ? advice : unknown(facts);
}

function hangs({ failure, adapters }: GpuFacts): string[] {
  if (failure === undefined || adapters.length > 0) return [];
  return [
    `Looking for adapters ended with ${failure}: a driver is at fault; name another one in VK_DRIVER_FILES, ` +
      "or update the GPU's driver",
  ];
}

function onLinux(facts: GpuFacts): string[] {
  const { messages, adapters, nvidia, renderNodes, isContainer } = facts;
  const says = (pattern: RegExp) => messages.some((line) => pattern.test(line));
  if (says(/Couldn't load Vulkan/)) {
    return [
      `Vulkan's loader, libvulkan.so.1, is missing: \`apt install libvulkan1\`, and a driver: ${SOFTWARE_DRIVER}`,
    ];
  }
  const advice = [...drivers(facts), ...nvidiaDriver(facts)];
  const refusal = messages.find((line) =>
    /Vulkan .* required|Insufficient Vulkan limits|driver is unsupported/.test(line),
  );
  if (says(/ArrayDynamicIndexing/)) {
    advice.push(
      "Dawn refuses this Mesa, which is too old (22.3, of Debian 12, is): install a newer one, on Debian 12 by " +
        "`apt install -t bookworm-backports mesa-vulkan-drivers`",
    );
  } else if (refusal !== undefined) {
    advice.push(`Dawn refuses a driver ("${refusal}"): update it, it is too old or its GPU is`);
  }
  if (renderNodes === "refused") {
    advice.push("This user may not open /dev/dri/renderD*: add it to the group render (`usermod -aG render NAME`)");
  } else if (renderNodes === "none" && isContainer && !nvidia.hasDevices) {
    advice.push(
      "This container sees no GPU: where the machine has one, start it with `--gpus all -e NVIDIA_DRIVER_CAPABILITIES=all` " +
        "(NVIDIA) or `--device /dev/dri` (AMD, Intel)",
    );
  }
  if (adapters.length === 0 && (says(/XDG_RUNTIME_DIR/) || (!facts.hasRuntimeFolder && advice.length === 0))) {
    advice.push("Drivers want a folder for what they keep while they run: set XDG_RUNTIME_DIR, e.g. to /tmp");
  }
  return advice;
}

/** Files that tell Vulkan's loader of drivers, and what they name. */
function drivers({ adapters, driverFiles, driverVariable, messages }: GpuFacts): string[] {
  if (driverVariable !== undefined && driverVariable.missing.length > 0) {
    const files = driverVariable.missing.join(", ");
    return [`${driverVariable.name} names files that are not there (${files}): correct it, or unset it`];
  }
  const libraries = messages.flatMap((line) => line.match(/(\S+\.so\S*): cannot open shared object file/)?.[1] ?? []);
  const advice = [...new Set(libraries)].map(
    (library) => `A Vulkan driver needs the library ${library}, which is missing: install the package that holds it`,
  );
  if (driverFiles.length === 0) advice.push(`No Vulkan driver is installed: ${SOFTWARE_DRIVER}`);
  else if (adapters.length === 0 && !driverFiles.some((file) => /lvp|swiftshader/.test(file))) {
    advice.push(`No installed Vulkan driver found its GPU: ${SOFTWARE_DRIVER}`);
  }
  return advice;
}

function nvidiaDriver({ nvidia, driverFiles, isContainer }: GpuFacts): string[] {
  if (!nvidia.hasDevices) return [];
  if (!nvidia.hasLibrary) {
    return [
      isContainer
        ? "This container has an NVIDIA GPU without the graphics part of its driver, which Vulkan needs: start it with " +
          "NVIDIA_DRIVER_CAPABILITIES=all (or compute,utility,graphics)"
        : "There is an NVIDIA GPU without the graphics part of its driver (libGLX_nvidia.so.0), which Vulkan needs: install " +
          "nvidia-vulkan-icd (Debian) or libnvidia-gl of the driver's version (Ubuntu)",
    ];
  }
  if (driverFiles.some((file) => file.includes("nvidia"))) return [];
  return [
    "NVIDIA's driver is there, but no file tells Vulkan's loader: write " +
      `{"file_format_version":"1.0.0","ICD":{"library_path":"libGLX_nvidia.so.0","api_version":"1.3.0"}} to ` +
      "/etc/vulkan/icd.d/nvidia_icd.json",
  ];
}

function unknown({ messages, platform }: GpuFacts): string[] {
  const cause = messages[0] === undefined ? "without a word" : `saying "${messages[0]}"`;
  const next = platform === "linux" ? "VK_LOADER_DEBUG=all shows what Vulkan's loader does" : "update the GPU's driver";
  return [`WebGPU found no adapter, ${cause}: ${next}`];
}
