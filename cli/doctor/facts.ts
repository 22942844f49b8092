/** What this machine says about its GPUs: the adapters that WebGPU finds, and what they take. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Adapter {
  readonly name: string;
  readonly driver: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly isSoftware: boolean;
  /** Bytes, and invocations. */
  readonly limits: {
    readonly maxStorageBufferBindingSize: number;
    readonly maxBufferSize: number;
    readonly maxComputeInvocationsPerWorkgroup: number;
  };
  /** Those that the backend can use. */
  readonly features: readonly string[];
}

/** What the program probe.ts finds. */
export interface Probe {
  /** The optional package `webgpu`. */
  readonly package: { readonly state: "loaded" | "absent" } | { readonly state: "refused"; readonly reason: string };
  readonly adapters: readonly Adapter[];
}

export interface GpuFacts extends Probe {
  readonly platform: NodeJS.Platform;
  /** What Dawn and the Vulkan loader said, without what does no harm. */
  readonly messages: readonly string[];
  /** How the probe ended where it did not end by itself. */
  readonly failure: string | undefined;
  /** Drivers that Vulkan's loader can find: files that are there. */
  readonly driverFiles: readonly string[];
  /** A variable that names the driver files, and those of its files that are not there. */
  readonly driverVariable: { readonly name: string; readonly missing: readonly string[] } | undefined;
  readonly nvidia: {
    /** Its kernel driver made devices. */
    readonly hasDevices: boolean;
    /** The part of its driver that Vulkan needs. */
    readonly hasLibrary: boolean;
  };
  /** /dev/dri, where all other GPUs are. */
  readonly renderNodes: "none" | "refused" | "open";
  readonly isContainer: boolean;
  readonly hasRuntimeFolder: boolean;
}

/** A driver that takes longer hangs. */
const PATIENCE_MS = 60_000;

/** Dawn says so about every software adapter; nothing follows. */
const HARMLESS = /artificially reduced|^\s*at \w|^\s*$/;

const FOLDERS_OF_LIBRARIES = [
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
  "/usr/lib",
  "/usr/local/lib",
];

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

const entriesOf = (folder: string) => readdir(folder).catch(() => []);

export async function gpuFacts(): Promise<GpuFacts> {
  const libraries = [...(process.env.LD_LIBRARY_PATH ?? "").split(":").filter(Boolean), ...FOLDERS_OF_LIBRARIES];
  const hasLibrary = (name: string) => Promise.all(libraries.map((folder) => isThere(join(folder, name))));
  return {
    ...(await findAdapters()),
    ...(await driverFiles()),
    platform: process.platform,
    nvidia: {
      hasDevices: (await entriesOf("/dev")).some((name) => /^nvidia\d+$/.test(name)),
      hasLibrary: (await hasLibrary("libGLX_nvidia.so.0")).includes(true),
    },
    renderNodes: await renderNodes(),
    isContainer: await isContainer(),
    hasRuntimeFolder: process.env.XDG_RUNTIME_DIR !== undefined,
  };
}

/** Looks for adapters in a process of its own, so that a bad driver cannot end ours. */
export function findAdapters(): Promise<Probe & Pick<GpuFacts, "messages" | "failure">> {
  const program = fileURLToPath(new URL("./probe.js", import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [program], { timeout: PATIENCE_MS }, (error, stdout, stderr) => {
      const messages = stderr.split("\n").filter((line) => !HARMLESS.test(line));
      // A crash at exit comes after the output.
      const found: Probe = stdout === "" ? { package: { state: "loaded" }, adapters: [] } : JSON.parse(stdout);
      resolve({ ...found, messages, failure: error === null ? undefined : endOf(error) });
    });
  });
}

function endOf({ killed, signal, code }: { killed?: boolean; signal?: NodeJS.Signals; code?: unknown }): string {
  if (killed === true) return `no answer within ${PATIENCE_MS / 1000} s`;
  return signal ? `a crash (${signal})` : `exit code ${code}`;
}

/** Where Vulkan's loader looks; its documentation, "Driver Discovery on Linux". */
async function driverFiles(): Promise<Pick<GpuFacts, "driverFiles" | "driverVariable">> {
  const name = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].find((variable) => process.env[variable]);
  if (name !== undefined) {
    const files = process.env[name]!.split(":").filter(Boolean);
    const there = await Promise.all(files.map(isThere));
    const missing = files.filter((_, k) => !there[k]);
    return { driverFiles: files.filter((_, k) => there[k]), driverVariable: { name, missing } };
  }
  const roots = [
    "/etc",
    "/usr/local/etc",
    "/usr/local/share",
    "/usr/share",
    process.env.XDG_DATA_HOME ?? join(homedir(), ".local/share"),
    ...(process.env.XDG_DATA_DIRS ?? "").split(":").filter(Boolean),
  ];
  const folders = [...new Set(roots.map((root) => join(root, "vulkan/icd.d")))];
  const files = await Promise.all(
    folders.map(async (folder) =>
      (await entriesOf(folder)).filter((file) => file.endsWith(".json")).map((file) => join(folder, file)),
    ),
  );
  return { driverFiles: files.flat(), driverVariable: undefined };
}

async function renderNodes(): Promise<GpuFacts["renderNodes"]> {
  const nodes = (await entriesOf("/dev/dri")).filter((name) => name.startsWith("renderD"));
  if (nodes.length === 0) return "none";
  const opened = nodes.map((node) => access(join("/dev/dri", node), constants.R_OK | constants.W_OK));
  return (await Promise.allSettled(opened)).some(({ status }) => status === "fulfilled") ? "open" : "refused";
}

async function isContainer(): Promise<boolean> {
  if (process.env.container || (await isThere("/.dockerenv")) || (await isThere("/run/.containerenv"))) return true;
  const control = await readFile("/proc/1/cgroup", "utf8").catch(() => "");
  return /docker|containerd|kubepods|lxc/.test(control);
}
