import { cpus, release, totalmem, type } from 'node:os';

/** The machine that the numbers are from. */
export function machine() {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

/** The machine in one line. */
export function machineLine(): string {
  const { cores, cpu, memoryGiB, system, node } = machine();
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, ${system}, Node ${node}`;
}

export const perSecond = ({ letters, seconds }: { letters: number; seconds: number }) =>
  Math.round(letters / seconds);

/** To so many digits after the point. */
export const rounded = (value: number, digits = 2) => Number(value.toFixed(digits));
