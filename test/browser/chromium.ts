/** A headless Chromium that opens a page of ours, and the server the page comes from. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Without these two a page is not cross-origin isolated and has no SharedArrayBuffer. */
const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** A page that has not reported by then never will. */
const PATIENCE_MS = 120_000;

export const chromium = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);

export interface Visit {
  /** Scripts by path, e.g. `/page.js`. */
  readonly files: ReadonlyMap<string, string>;
  /** Scripts that another origin serves, as a CDN does. */
  readonly elsewhere?: ReadonlyMap<string, string>;
  /** The page itself; by default it loads `/page.js`. */
  readonly html?: (elsewhere: string) => string;
  /** Of the page, besides those that isolate it. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly isIsolated: boolean;
  readonly flags?: readonly string[];
}

const PAGE = `<script type="module" src="/page.js"></script>`;

/** What the page posts to /report. */
export async function visit<Report>(visit: Visit): Promise<Report> {
  const { files, elsewhere = new Map(), html = () => PAGE, headers = {}, isIsolated, flags = [] } = visit;
  const profile = await mkdtemp(join(tmpdir(), "unbinned-chromium-"));
  const other = await serve(elsewhere, { "Access-Control-Allow-Origin": "*" });
  const own = new Map([...files, ["/", html(other.origin)]]);
  const { server, report, origin } = await serve(own, { ...headers, ...(isIsolated && ISOLATION) });
  const always = ["--headless=new", "--no-first-run", `--user-data-dir=${profile}`];
  // Chromium refuses its sandbox to root.
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = spawn(chromium as string, [...always, ...asRoot, ...flags, `${origin}/`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  browser.stderr.on("data", (chunk) => (output += chunk));
  const closed = new Promise<void>((resolve) => browser.on("close", () => resolve()));
  const patience = setTimeout(() => browser.kill("SIGKILL"), PATIENCE_MS);
  try {
    const ended = closed.then(() => Promise.reject(new Error(`chromium ended without a report:\n${output}`)));
    return JSON.parse(await Promise.race([report, ended])) as Report;
  } finally {
    clearTimeout(patience);
    browser.kill();
    await closed;
    for (const each of [server, other.server]) {
      each.closeAllConnections();
      each.close();
    }
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function serve(
  files: Visit["files"],
  headers: Readonly<Record<string, string>>,
): Promise<{ server: Server; origin: string; report: Promise<string> }> {
  let settle: (report: string) => void;
  const report = new Promise<string>((resolve) => (settle = resolve));
  const server = createServer((request, response) => {
    const path = request.url as string;
    const answer = (status: number, type: string, body: string) =>
      void response.writeHead(status, { "Content-Type": type, ...headers }).end(body);
    const text = files.get(path);
    if (text !== undefined) return answer(200, path === "/" ? "text/html" : "text/javascript", text);
    if (path !== "/report") return answer(404, "text/plain", "no such file");
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      answer(200, "text/plain", "");
      settle(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { server, report, origin: `http://127.0.0.1:${port}` };
}
