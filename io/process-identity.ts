/** Which process a temporary file or a lock belongs to, and whether it still runs. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { systemCode } from "./errors.js";

/** `unknown`: it ran on another machine, or in another container, whose processes this one cannot see. */
export type ProcessState = "running" | "ended" | "unknown";

const IDENTITY = /^(?<place>[0-9a-f]{12})-(?<pid>[1-9]\d{0,9})-(?<start>[0-9a-f]{12}|0)$/;

/** For regular expressions of names that hold an identity. */
export const IDENTITY_PATTERN = "[0-9a-f]{12}-[1-9]\\d{0,9}-(?:[0-9a-f]{12}|0)";

const shortHash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** What is at a path of /proc; nothing where there is no such thing. */
function procText(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

/** Where process numbers mean the same: a machine, and a namespace on it, as containers have their own. */
const place = () => shortHash(`${hostname()}/${procText(() => readlinkSync("/proc/self/ns/pid"))}`);

const bootOf = () => procText(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));

/**
 * Stands for the moment at which a process began, so that a number given to another process is noticed: on Linux since which boot and
 * how many clock ticks after it (proc(5), field 22 of stat), elsewhere what `ps` says. Undefined where nobody says.
 */
function startOf(pid: number): string | undefined {
  if (process.platform === "win32") return undefined;
  if (process.platform !== "linux") {
    // The same words for whoever asks.
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    return procText(() => shortHash(execFileSync("ps", ["-o", "lstart=", "-p", `${pid}`], { encoding: "utf8", env })));
  }
  const stat = statOf(pid);
  return stat && shortHash(`${bootOf()}/${stat[19]}`);
}

/** Fields of /proc/PID/stat from the third, the state, on: the second, a name, may hold anything. */
function statOf(pid: number): string[] | undefined {
  const text = procText(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  return text === "" ? undefined : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

let own: string | undefined;

/** Of this process: fit for a file name, 12 + 10 + 12 characters and two hyphens at most. */
export function ownIdentity(): string {
  own ??= `${place()}-${process.pid}-${startOf(process.pid) || "0"}`;
  return own;
}

/** The number of the process. */
export const processNumber = (identity: string) => Number(IDENTITY.exec(identity)?.groups?.pid);

/** Whether a process still runs; `unknown` too where the text is no identity. */
export function processState(identity: string): ProcessState {
  const { place: at, pid, start } = IDENTITY.exec(identity)?.groups ?? {};
  if (at !== place()) return "unknown";
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // EPERM: it is there, of another user.
    if (systemCode(error) === "ESRCH") return "ended";
  }
  // A process that was killed, and whose parent has not asked how it ended, is still listed.
  if (process.platform === "linux" && ["Z", "X"].includes(statOf(Number(pid))?.[0] ?? "")) return "ended";
  const now = startOf(Number(pid));
  return start === "0" || !now || now === start ? "running" : "ended";
}
