import { spawnSync } from "node:child_process";

/** Runs a module in a process of its own; `parts` stands for what it may use of the engine. */
export function inProcess(script: string) {
  const parts = ["cpu/backend", "tape/operations", "tape/tape"].map(
    (file) => new URL(`../../../engine/${file}.js`, import.meta.url),
  );
  const [backend, operations, tape] = parts.map((url) => JSON.stringify(url));
  const loaded = `
    const { cpuBackend } = await import(${backend});
    const o = await import(${operations});
    const { Tape } = await import(${tape});
    const x = new Tape().column("x");
    /** Of 4 million events: some tenths of a second. */
    async function longRun(backend) {
      let y = x;
      for (let i = 0; i < 8; i++) y = o.exp(o.neg(o.exp(y)));
      const program = await backend.compile({ outputs: { sum: o.sumEvents(y) } });
      await program.bind({ x: new Float64Array(4_000_000) });
      return program.run();
    }
  `;
  return spawnSync(process.execPath, ["--input-type=module", "-e", `${script.replace("/* parts */", loaded)}`], {
    encoding: "utf8",
    timeout: 60_000,
  });
}
