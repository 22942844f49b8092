/** The page that browser.test.ts opens: runs the small fit and posts what came of it to the server it came from. */
import { type Backend, cpuBackend, webgpuBackend } from "unbinned";
import { type SmallFit, smallFit } from "./small-fit.js";

export interface PageReport {
  readonly isIsolated: boolean;
  readonly warnings: readonly string[];
  /** By backend and precision. */
  readonly fits?: Readonly<Record<string, SmallFit>>;
  readonly error?: string;
}

declare const crossOriginIsolated: boolean;
const { gpu } = (globalThis as unknown as { navigator: { gpu?: GPU } }).navigator;

const warnings: string[] = [];
console.warn = (text: string) => void warnings.push(text);

/** On the GPU where the browser was started with one, else on the cpu. */
async function backends(): Promise<readonly Backend[]> {
  if ((await gpu?.requestAdapter()) != null) return [await webgpuBackend()];
  return Promise.all((["f64", "f32"] as const).map((precision) => cpuBackend({ precision, threads: 2 })));
}

async function fits(): Promise<Record<string, SmallFit>> {
  const found: Record<string, SmallFit> = {};
  for (const backend of await backends()) {
    found[`${backend.name} ${backend.precision}`] = await smallFit(backend);
    await backend.close();
  }
  return found;
}

async function report(): Promise<PageReport> {
  try {
    return { isIsolated: crossOriginIsolated, warnings, fits: await fits() };
  } catch (error) {
    return { isIsolated: crossOriginIsolated, warnings, error: String(error) };
  }
}

await fetch("/report", { method: "POST", body: JSON.stringify(await report()) });
