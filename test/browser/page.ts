/** The page that browser.test.ts opens: runs the small fit and posts what came of it to the server it came from. */
import { cpuBackend } from "unbinned";
import { type SmallFit, smallFit } from "./small-fit.js";

export interface PageReport {
  readonly isIsolated: boolean;
  readonly warnings: readonly string[];
  /** By precision. */
  readonly fits?: Readonly<Record<string, SmallFit>>;
  readonly error?: string;
}

declare const crossOriginIsolated: boolean;

const warnings: string[] = [];
console.warn = (text: string) => void warnings.push(text);

async function onCpu(): Promise<Record<string, SmallFit>> {
  const fits: Record<string, SmallFit> = {};
  for (const precision of ["f64", "f32"] as const) {
    const backend = await cpuBackend({ precision, threads: 2 });
    fits[precision] = await smallFit(backend);
    await backend.close();
  }
  return fits;
}

async function report(): Promise<PageReport> {
  try {
    const fits = await onCpu();
    return { isIsolated: crossOriginIsolated, warnings, fits };
  } catch (error) {
    return { isIsolated: crossOriginIsolated, warnings, error: String(error) };
  }
}

await fetch("/report", { method: "POST", body: JSON.stringify(await report()) });
