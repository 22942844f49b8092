/** What a user's bundler makes of the package for a page. */
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";

const compiled = fileURLToPath(new URL("../..", import.meta.url));

/** The entries, named from where the compiled project begins, for browsers, by default as ES modules: text by file name, and what went in. */
export async function bundle(
  entryPoints: Readonly<Record<string, string>>,
  { format = "esm", external = [] }: Pick<BuildOptions, "format" | "external"> = {},
) {
  const options = {
    entryPoints: { ...entryPoints },
    absWorkingDir: compiled,
    bundle: true,
    format,
    external,
    platform: "browser",
    outdir: "/",
    write: false,
    metafile: true,
    logLevel: "silent",
  } as const satisfies BuildOptions;
  const { outputFiles, metafile, warnings } = await build(options);
  return {
    files: new Map(outputFiles.map(({ path, text }) => [path, text])),
    inputs: Object.keys(metafile.inputs),
    warnings: warnings.map(({ text }) => text),
  };
}
