import { unsupported } from './unsupported.ts';

/** Settings that would change how jobs run. */
const limits = ['concurrency', 'max', 'duration'];

/** What BullMQ notes down about a queue: its version, whether it is paused. */
export class Metadata {
  readonly #fields = new Map<string, string>();

  /** @throws DearError `queue.unsupported` for a limit that would not be kept. */
  set(values: Readonly<Record<string, string | number>>): number {
    const fields = Object.entries(values);
    for (const [field] of fields) if (limits.includes(field)) throw unsupported(`limit called ${field}`);
    for (const [field, value] of fields) this.#fields.set(field, String(value));
    return fields.length;
  }

  get(field: string): string | null {
    return this.#fields.get(field) ?? null;
  }

  has(field: string): boolean {
    return this.#fields.has(field);
  }

  all(): Record<string, string> {
    return Object.fromEntries(this.#fields);
  }

  /** @returns how many of the fields there were. */
  remove(fields: readonly string[]): number {
    return fields.filter((field) => this.#fields.delete(field)).length;
  }
}
