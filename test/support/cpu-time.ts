/** Seconds of CPU that this process has taken: what a limit on time may look at while the machine does other things too. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
