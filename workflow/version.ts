import { readFileSync } from "node:fs";

/** Version of this package; read, not imported, so that it has one home. */
export function readVersion(): string {
  const manifest = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
