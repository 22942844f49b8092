/** What the WebAssembly engine offers, found by asking it to validate a module. */
import { host } from "#cpu-host";
import { ModuleBuilder } from "./assembler.js";
import { lanesOf } from "./lanes.js";
import { wasm } from "./webassembly.js";

/** A module with one fused multiply-add: valid only where relaxed SIMD is on. */
function relaxedProbe(): Uint8Array {
  const module = new ModuleBuilder();
  const f = module.internalFunction("probe", ["v128"], ["v128"]);
  const x = f.param(0);
  lanesOf("f32", { relaxed: true, wide: "none" }).madd(f.get(x).get(x).get(x));
  return module.build();
}

/** Whether fused multiply-add may be compiled, switching it on first where it is off. */
export async function hasRelaxedSimd(): Promise<boolean> {
  if (wasm.validate(relaxedProbe())) return true;
  await host.allowRelaxedSimd();
  return wasm.validate(relaxedProbe());
}
