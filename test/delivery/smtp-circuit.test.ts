import { expect, test, vi } from 'vitest';
import { Circuit } from '../../src/delivery/smtp-circuit.ts';

test('pauses double from a second to half a minute, with up to half of it taken off', () => {
  for (const [random, share] of [
    [0, 0.5],
    [1, 1],
  ] as const) {
    let now = 0;
    const circuit = new Circuit({ now: () => now, random: () => random });
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      expect(circuit.mayTry()).toBe(true);
      circuit.attempt().failed();
      expect(circuit.waitLeft).toBe(seconds * 1000 * share);
      expect(circuit.mayTry()).toBe(false);
      now += circuit.waitLeft;
    }
  }
});

test('attempts side by side count as one, and a success forgets them all', () => {
  const circuit = new Circuit({ now: () => 0, random: () => 1 });
  const attempts = [circuit.attempt(), circuit.attempt(), circuit.attempt()];
  attempts[0]?.failed();
  attempts[1]?.failed();
  expect(circuit.waitLeft).toBe(1000);
  attempts[2]?.succeeded();
  expect(circuit.waitLeft).toBe(0);
  expect(circuit.mayTry()).toBe(true);
});

test('in doubt, one attempt at a time', () => {
  let now = 0;
  const circuit = new Circuit({ now: () => now, random: () => 1 });
  circuit.attempt().failed();
  now = 1000;
  const probe = circuit.attempt();
  expect(circuit.mayTry()).toBe(false);
  probe.succeeded();
  expect(circuit.mayTry()).toBe(true);
});

test('a clock that is set back keeps no server away for longer', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const circuit = new Circuit();
    circuit.attempt().failed();
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(circuit.waitLeft).toBeLessThanOrEqual(1000);
  } finally {
    vi.useRealTimers();
  }
});
