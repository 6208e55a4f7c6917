import type { Profile } from '../profiles/port.ts';

/** A customer as planning and assembling need one. */
export type Customer = Omit<Profile, 'createdAt' | 'updatedAt'>;

/** Reading customers for planning and assembling, in batches of some hundreds. */
export interface Customers {
  byIds(ids: readonly number[]): Promise<Map<number, Customer>>;
  /** Those of the given profiles whose consent to the topic is 'in'. */
  consenting(ids: readonly number[], topic: string): Promise<Set<number>>;
  /** Those of the given profiles whose address is suppressed, with the reason. */
  suppressed(ids: readonly number[]): Promise<Map<number, string>>;
}
