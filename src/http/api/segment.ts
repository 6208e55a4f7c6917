import cors from '@fastify/cors';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ApiKey } from '../../access/keys.ts';
import type { EventNames } from '../../profiles/event-names.ts';
import { isObject } from '../../profiles/json.ts';
import { itemsOf } from './admission.ts';
import { admit, callerOf, secretOf, unauthorised } from './auth.ts';
import type { ApiInstance } from './describe.ts';
import { refusalOf } from './read.ts';
import { problemSchema } from './schemas.ts';
import { type CallReading, readCall } from './segment-calls.ts';
import { batchSchema, type CallType, callSchema, callTypes, segmentAnswer } from './segment-schemas.ts';
import { problems, type Stored, type StoringDeps, storeItems } from './storing.ts';

export interface SegmentDeps extends StoringDeps {
  readonly names: EventNames;
  /** Where this server is reached, for snippets that ask. */
  readonly publicUrl: string;
}

const writing = ['events', 'profiles', 'site'] as const;
const answers = { 200: segmentAnswer, 400: z.union([segmentAnswer, problemSchema]), ...problems };

/**
 * The calls of Segment's HTTP tracking API under `/v1`, so that its snippets and libraries, and CDPs that speak it,
 * work when they are given this server as host. Snippets use the short paths, and put the key into the body.
 */
export async function segmentRoutes(http: ApiInstance, deps: SegmentDeps): Promise<void> {
  await http.register(cors, { origin: '*', methods: ['GET', 'POST'], maxAge: 86_400 });
  http.addHook('preHandler', async (request) => {
    if (request.method === 'POST') await authorise(deps, request);
  });
  for (const type of callTypes) {
    const schema = {
      operationId: type,
      summary: `Segment’s \`${type}\``,
      tags: ['Segment'],
      body: callSchema,
      response: answers,
    };
    for (const [path, hide] of [
      [`/${type}`, false],
      [`/${type.charAt(0)}`, true],
    ] as const) {
      http.post(path, { schema: { ...schema, hide } }, async (request, reply) => {
        const { status, body } = await takeOne(deps, request, type);
        return reply.code(status).send(body);
      });
    }
  }
  for (const path of ['/batch', '/b', '/import']) {
    const schema = {
      operationId: 'batch',
      summary: 'Segment’s `batch`',
      description:
        'Calls of any type, in the order in which they happened. Good calls are stored also when others are refused.',
      tags: ['Segment'],
      body: batchSchema,
      response: answers,
      hide: path !== '/batch',
    };
    http.post(path, { schema }, async (request, reply) => {
      const { status, body } = await takeBatch(deps, request);
      return reply.code(status).send(body);
    });
  }
  http.get<{ Params: { writeKey: string } }>(
    '/projects/:writeKey/settings',
    { schema: { hide: true } },
    (request, reply) => reply.send(settingsFor(request.params.writeKey, deps.publicUrl)),
  );
}

async function authorise({ keyring }: SegmentDeps, request: FastifyRequest): Promise<void> {
  const { body } = request;
  const inBody = isObject(body) && typeof body.writeKey === 'string' ? body.writeKey : undefined;
  const secret = secretOf(request.headers.authorization) ?? inBody;
  if (secret === undefined) throw unauthorised('The call has no API key.');
  await admit(keyring, request, secret, writing);
}

async function takeOne(deps: SegmentDeps, request: FastifyRequest, type: CallType): Promise<Answer> {
  const reading = readingOf(deps, callerOf(request), { type });
  return answerOf(
    await storeItems(deps, request, [request.body], (item, now) => readCall(item, now, reading)),
  );
}

async function takeBatch(deps: SegmentDeps, request: FastifyRequest): Promise<Answer> {
  const parsed = batchSchema.safeParse(request.body);
  if (!parsed.success) {
    const { code, path, message } = refusalOf(parsed.error);
    return { status: 400, body: { success: false, refused: [{ index: 0, code, path, message }] } };
  }
  const { batch, sentAt, context } = parsed.data;
  const reading = readingOf(deps, callerOf(request), { sentAt, context });
  return answerOf(
    await storeItems(deps, request, itemsOf(batch), (item, now) => readCall(item, now, reading)),
  );
}

interface Answer {
  readonly status: 200 | 400;
  readonly body: z.output<typeof segmentAnswer>;
}

function answerOf({ outcomes, refused, problems: left }: Stored): Answer {
  const success = refused.length === 0 || outcomes.size > 0;
  return {
    status: success ? 200 : 400,
    body: {
      success,
      ...(refused.length === 0 ? {} : { refused: [...refused] }),
      ...(left.length === 0 ? {} : { problems: [...left] }),
    },
  };
}

function readingOf(deps: SegmentDeps, key: ApiKey, shared: Partial<CallReading>): CallReading {
  const has = (scope: ApiKey['scopes'][number]) => key.scopes.includes(scope);
  return {
    type: undefined,
    sentAt: undefined,
    context: undefined,
    names: deps.names,
    mayAddEvents: has('events') || has('site'),
    mayChangeProfiles: has('profiles') || has('site'),
    isTrusted: !has('site'),
    ...shared,
  };
}

/** What Segment's snippet asks for when it is given this server as its CDN: send everything here. */
function settingsFor(apiKey: string, publicUrl: string) {
  const { host, protocol, pathname } = new URL(publicUrl);
  return {
    integrations: {
      'Segment.io': {
        apiKey,
        apiHost: `${host}${pathname.replace(/\/$/, '')}/v1`,
        protocol: protocol.replace(':', ''),
        unbundledIntegrations: [],
        addBundledMetadata: false,
      },
    },
    plan: { track: {}, identify: {}, group: {} },
    metrics: { sampleRate: 0 },
    edgeFunction: {},
  };
}
