import type { Profile } from '../profiles/port.ts';

/** A customer as planning and assembling need one. */
export type Customer = Omit<Profile, 'createdAt' | 'updatedAt'>;

/** A customer, and whether letters of a topic may go there at all. */
export interface Candidate {
  readonly customer: Customer;
  /** Whether the consent to the topic is 'in'. */
  readonly consents: boolean;
  /** Why the address must not be mailed, if it must not. */
  readonly suppressed: string | undefined;
}

/** Reading customers for planning and assembling, in batches of some hundreds. */
export interface Customers {
  /** Those that are there, ascending by id. */
  byIds(ids: readonly number[]): Promise<Map<number, Customer>>;
  /** Those that are there, ascending by id, as candidates for a letter of the topic. */
  candidates(ids: readonly number[], topic: string): Promise<Candidate[]>;
}
