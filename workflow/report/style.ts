/**
 * The style of report.html. Pictures are drawn for white paper; on a dark screen their classes (`paper`, `edge`, the
 * series c0, c1, …) take other colours, which their own attributes allow because CSS outranks attributes. A table that is wider
 * than its page has a shadow (`--more`) where it goes on: it lies behind covers of paper that scroll with the table.
 */
export const REPORT_STYLE = `:root { color-scheme: light dark; --paper: #fff; --ink: #1b1b1b; --rule: #d5d8dc; --shade: #f4f5f7; --more: #c3c8ce; --link: #0b5cad; --alarm: #b3261e; --alarm-shade: #fdf1f0; --passed: #1d7a46; --passed-shade: #eef7f1; --caution: #b7791f; --caution-shade: #fdf7ea; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.5rem 4rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, "Helvetica Neue", Helvetica, Arial, sans-serif; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0.6rem; padding-bottom: 0.2rem; border-bottom: 1px solid var(--rule); }
p { max-width: 75ch; }
a { color: var(--link); }
.faint, .quiet { opacity: 0.7; margin: 0.3rem 0 1.5rem; }
.result { font-size: 1.2rem; }
.verdict { border: 2px solid; border-left-width: 10px; padding: 0.8rem 1.2rem; margin: 1.2rem 0; max-width: none; }
.failed { border-color: var(--alarm); background: var(--alarm-shade); }
.passed { border-color: var(--passed); background: var(--passed-shade); font-weight: 600; }
.unchecked { border-left: 5px solid var(--caution); padding: 0.2rem 1rem; overflow-wrap: anywhere; }
.warnings { border-left: 5px solid var(--caution); background: var(--caution-shade); padding: 0.8rem 1.2rem; margin: 1.5rem 0; }
.missing { border-left: 5px solid var(--alarm); padding: 0.2rem 1rem; overflow-wrap: anywhere; }
.warnings h2, .failed h2 { border: 0; margin: 0 0 0.3rem; padding: 0; color: var(--alarm); }
.warnings h2 { color: var(--caution); }
.warnings ul, .failed ul { margin: 0; padding-left: 1.2rem; max-width: 85ch; overflow-wrap: anywhere; }
nav { margin: 1.5rem 0; }
nav ol { margin: 0; padding-left: 1.4rem; columns: 16rem; }
.scroll { overflow-x: auto; margin: 1.2rem 0; background: linear-gradient(to right, var(--paper) 1rem, transparent) left / 3rem 100% no-repeat local, linear-gradient(to left, var(--paper) 1rem, transparent) right / 3rem 100% no-repeat local, linear-gradient(to right, var(--more), transparent) left / 0.9rem 100% no-repeat scroll, linear-gradient(to left, var(--more), transparent) right / 0.9rem 100% no-repeat scroll; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; min-width: min(34rem, 100%); }
caption { text-align: left; font-weight: 600; padding-bottom: 0.4rem; }
th, td { padding: 0.3rem 1rem 0.3rem 0; text-align: right; white-space: nowrap; }
th + th, td { padding-left: 1rem; }
th:first-child { text-align: left; font-weight: 400; }
thead th, thead th:first-child { white-space: normal; vertical-align: bottom; font-weight: 600; border-bottom: 1.5px solid var(--ink); border-top: 1.5px solid var(--ink); }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
tbody tr:last-child > * { border-bottom: 1.5px solid var(--ink); }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; margin: 1rem 0 2rem; }
figure { margin: 0; max-width: 100%; }
figcaption { max-width: 85ch; font-size: 0.92rem; margin: 0.2rem 0.75rem 0; }
.plot { display: block; max-width: 100%; height: auto; }
tbody th { min-width: 5rem; white-space: normal; overflow-wrap: break-word; }
@media (max-width: 40rem) {
body { padding: 1rem 1rem 3rem; }
th, td, th + th, td + td { padding: 0.3rem 0.5rem 0.3rem 0; font-size: 0.85rem; }
td { white-space: normal; }
caption { max-width: calc(100vw - 2rem); }
tbody th { min-width: 3.5rem; }
}
pre { background: var(--shade); padding: 1rem; overflow-x: auto; font: 0.85rem/1.45 ui-monospace, Menlo, Consolas, monospace; }
@media screen and (prefers-color-scheme: dark) {
:root { --paper: #14171b; --ink: #e6e6e6; --rule: #353a40; --shade: #1e2227; --more: #66707a; --link: #7cb8f2; --alarm: #ff8a80; --alarm-shade: #2c1a1a; --passed: #6fcf97; --passed-shade: #17241c; --caution: #e6b450; --caution-shade: #29220f; }
.plot { color: #e6e6e6; }
.plot .paper { fill: var(--paper); }
.plot .edge { stroke: var(--paper); }
.plot .c0 { color: #4ba3e3; }
.plot .c1 { color: #f2803c; }
.plot .c2 { color: #2bc79a; }
.plot .c3 { color: #dd97bc; }
.plot .c4 { color: #ebb13a; }
.plot .c5 { color: #8fd0f5; }
.plot .truth { color: #ff6fae; }
}
@media print {
body { max-width: none; padding: 0; font-size: 10.5pt; }
h2 { break-after: avoid; }
figure, table, .warnings, .verdict { break-inside: avoid; }
.plot { max-height: 23cm; }
.scroll { overflow: visible; }
.figures { display: block; }
figure { margin-bottom: 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--rule); }
a { color: inherit; text-decoration: none; }
}
`;
