/** Medians with their spread. */
export * from "../cli/yardsticks/statistics.js";
