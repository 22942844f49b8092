/** Whether this process may have 256-bit code (`CpuOptions.wide`): the command line owns its process, so yes, unless it is switched off. */
export const wantsWide = () => process.env.UNBINNED_WIDE !== "off";
