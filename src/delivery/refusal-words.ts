import type { Stage } from './transport.ts';

/** Why a letter was put off or failed, as the ledger keeps it. */
export const refusedAt = (stage: Stage): string => `refused at ${stage}`;

const words: Readonly<Record<Stage, string>> = {
  connect: 'there was no connection',
  tls: 'there was no secure connection',
  auth: 'the login was refused',
  mail: 'the sender was refused',
  rcpt: 'the address was refused',
  data: 'the letter was refused',
  final: 'the letter was refused',
};

const isStage = (text: string): text is Stage => Object.hasOwn(words, text);

/** The stage that a reason of the ledger names; undefined when it names none. */
export function stageOf(reason: string | undefined): Stage | undefined {
  const stage = /^refused at (\w+)$/.exec(reason ?? '')?.[1];
  return stage !== undefined && isStage(stage) ? stage : undefined;
}

/** A reason of the ledger as people read it. */
export function reasonInWords(reason: string): string {
  const stage = stageOf(reason);
  return stage === undefined ? reason : words[stage];
}

/** A server's answer without the address that it may name. */
export const withoutAddresses = (response: string): string => response.replaceAll(ADDRESSES, '<…>');

const ADDRESSES = /<[^>]*>|\S+@\S+/g;
