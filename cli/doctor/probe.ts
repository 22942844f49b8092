/**
 * A program of its own, so that a driver that crashes, hangs or talks does so alone: lists the adapters that the optional
 * package finds, as JSON on stdout. What Dawn and the Vulkan loader say is on stderr.
 */
import { createRequire } from "node:module";
import type { Adapter, Probe } from "./facts.js";

/** Dawn answers a name that no adapter has with the list of those there are. */
const NO_SUCH_ADAPTER = "list the adapters";

type Webgpu = typeof import("webgpu");

async function namesOf({ create }: Webgpu): Promise<readonly string[]> {
  try {
    await create([`adapter=${NO_SUCH_ADAPTER}`]).requestAdapter();
    return [];
  } catch (error) {
    return [...(error as Error).message.matchAll(/^ \* backend: '\w+', name: '(.*)'$/gm)].map(([, name]) => name!);
  }
}

/** Dawn may crash at exit where these were collected earlier. */
const instances: GPU[] = [];

async function describe({ create }: Webgpu, name: string): Promise<Adapter | undefined> {
  const gpu = create([`adapter=${name}`]);
  instances.push(gpu);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) return undefined;
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const { maxStorageBufferBindingSize, maxBufferSize, maxComputeInvocationsPerWorkgroup } = adapter.limits;
  return {
    name,
    driver: description,
    vendor,
    architecture,
    isSoftware: isFallbackAdapter || /software|cpu/i.test(architecture),
    limits: { maxStorageBufferBindingSize, maxBufferSize, maxComputeInvocationsPerWorkgroup },
    features: ["subgroups", "timestamp-query"].filter((feature) => adapter.features.has(feature)),
  };
}

async function probe(): Promise<Probe> {
  let webgpu: Webgpu;
  try {
    createRequire(import.meta.url).resolve("webgpu");
  } catch {
    return { package: { state: "absent" }, adapters: [] };
  }
  try {
    webgpu = await import("webgpu");
  } catch (error) {
    return { package: { state: "refused", reason: (error as Error).message }, adapters: [] };
  }
  const names = [...new Set(await namesOf(webgpu))];
  const found = await Promise.all(names.map((name) => describe(webgpu, name)));
  return { package: { state: "loaded" }, adapters: found.filter((adapter) => adapter !== undefined) };
}

process.stdout.write(JSON.stringify(await probe()));
