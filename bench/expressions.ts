/** `expressions`: derived columns and conditions of 10^7 events, beside the same on a tape of the cpu backend in f64. */
import { cpuBackend } from "../engine/cpu/backend.js";
import { broadcastEvents } from "../engine/tape/operations.js";
import { Tape } from "../engine/tape/tape.js";
import { bindExpression } from "../inference/expressions/bind.js";
import { evaluateExpression } from "../inference/expressions/evaluate.js";
import { type Expression, namesOf } from "../inference/expressions/expression.js";
import { parseExpression } from "../inference/expressions/parse.js";
import { machine, printMachine, writeResult } from "./support/machine.js";
import { processorTime } from "./support/processor-time.js";

const EVENTS = 10_000_000;
const ROUNDS = 3;

const TEXTS = [
  "pt1 > 30 && abs(eta1) < 1.4",
  "log(pt1)",
  "pt1 + 2 * pt2 - eta1 * eta2",
  "sqrt(2 * pt1 * pt2 * (cosh(eta1 - eta2) - cos(phi1 - phi2)))",
];

const between = (low: number, high: number, step: number) =>
  Float64Array.from({ length: EVENTS }, (_, i) => low + (high - low) * (((i + 0.5) * step) % 1));

const columns = {
  pt1: between(20, 70, 0.7548776662466927),
  pt2: between(20, 70, 0.5698402909980532),
  eta1: between(-2, 2, 0.6180339887498949),
  eta2: between(-2, 2, 0.5545497331806323),
  phi1: between(-3, 3, 0.8191725133961645),
  phi2: between(-3, 3, 0.6710436067037893),
};

async function onTape(expression: Expression): Promise<void> {
  const tape = new Tape();
  const names = namesOf(expression);
  const nodes = new Map(names.map((name) => [name, tape.column(name)]));
  const value = broadcastEvents(
    bindExpression(tape, expression, (name) => nodes.get(name)!),
    tape.events(),
  );
  const backend = await cpuBackend({ precision: "f64", threads: 1 });
  const program = await backend.compile({ outputs: { value } });
  await program.bind(Object.fromEntries(names.map((name) => [name, columns[name as keyof typeof columns]])));
  await program.run({ range: { [value.events!.name]: [0, EVENTS] } });
  await backend.close();
}

const seconds = async (work: () => Promise<unknown>) => (await processorTime(work)) / 1000;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const where = machine();
printMachine(where);
const results = [];
for (const text of TEXTS) {
  const expression = await parseExpression(text, "bench");
  const times = { evaluate: [] as number[], tape: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    times.evaluate.push(await seconds(() => evaluateExpression(expression, columns)));
    times.tape.push(await seconds(() => onTape(expression)));
  }
  const [evaluate, tape] = [median(times.evaluate), median(times.tape)];
  console.log(`${text}: ${evaluate.toFixed(2)} s of processor time for 10^7 events, on a tape ${tape.toFixed(2)} s`);
  results.push({ text, events: EVENTS, evaluate, tape });
}
writeResult("expressions", where, { results });
