import { Thread } from '../thread.ts';
import type { NamedAsk } from './named-thread.ts';

/** Enough for the largest mail that the inbox takes; one that is built to take more ends the thread sooner. */
const MOST_MEMORY_MB = 160;

/** Tells which mails name one of some addresses, however they write it. */
export interface MailSearch {
  /** One answer a mail, in their order. Their bytes are handed over, and no longer the caller's. */
  named(mails: readonly Uint8Array<ArrayBuffer>[]): Promise<readonly boolean[]>;
  close(): Promise<void>;
}

/** Mails are taken apart in a thread, which starts with the first and gets so much memory. */
export function searchMails(addresses: readonly string[], memoryMb = MOST_MEMORY_MB): MailSearch {
  let thread: Thread<NamedAsk, readonly boolean[]> | undefined;
  const start = () => {
    if (thread?.over === false) return thread;
    const file = new URL('./named-thread', import.meta.url);
    thread = new Thread(file, {}, 'What looks through mails', { maxOldGenerationSizeMb: memoryMb });
    return thread;
  };
  const named: MailSearch['named'] = async (mails) => {
    const asked = start();
    try {
      return await asked.ask({ addresses, mails });
    } catch (error) {
      if (!asked.over) throw error;
      // One of them is built to break whoever takes it apart; it must not keep the others from being looked at.
      const [only, ...rest] = mails;
      if (only === undefined) return [];
      if (rest.length === 0) {
        const { SoughtAddresses } = await import('./named.ts');
        return [new SoughtAddresses(addresses).isInBytes(only)];
      }
      const answers: boolean[] = [];
      for (const one of mails) answers.push(...(await named([one])));
      return answers;
    }
  };
  return {
    named,
    close: async () => {
      await thread?.terminate();
    },
  };
}
