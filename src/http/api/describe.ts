import type { IncomingMessage, ServerResponse } from 'node:http';
import swagger from '@fastify/swagger';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { z } from 'zod';

/** A scope whose routes are typed by their schemas. */
export type ApiInstance = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/**
 * Sets up OpenAPI for the routes that follow, made of their zod schemas. Bodies are described by their schemas but
 * read by the routes, item by item: one bad item must not refuse the others, and nothing is parsed twice.
 */
export async function describe(http: FastifyInstance): Promise<void> {
  http.setValidatorCompiler<z.core.$ZodType>((route) =>
    route.httpPart === 'body' ? (value: unknown) => ({ value }) : validatorCompiler(route),
  );
  http.setSerializerCompiler(() => (data) => JSON.stringify(data));
  await http.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Dear',
        version: '0.1.0',
        description:
          'Events and profiles in, profiles out. Each call needs a key (`dear keys add NAME`), as `Bearer` or as the ' +
          'user name of `Basic`. Every error is JSON that says what is wrong and how to mend it; 503 with ' +
          '`Retry-After` means: send it again later.',
      },
      tags: [
        { name: 'Events', description: 'What happened.' },
        { name: 'Profiles', description: 'Whom it happened to.' },
        {
          name: 'Segment',
          description: 'The calls of Segment’s HTTP API, for snippets, libraries and CDPs.',
        },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          basic: { type: 'http', scheme: 'basic', description: 'The key as user name, no password.' },
        },
      },
      security: [{ bearer: [] }, { basic: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });
}

type Document = ReturnType<typeof jsonSchemaTransformObject>;

/** The library describes each schema twice, as it is sent and as it is read; those that nothing refers to go. */
function withoutUnused(document: Document): Document {
  const schemas = 'openapi' in document ? (document.components?.schemas ?? {}) : {};
  for (;;) {
    // One that goes may have been the only one that referred to another.
    const text = JSON.stringify(document);
    const unused = Object.keys(schemas).filter((name) => !text.includes(`"#/components/schemas/${name}"`));
    if (unused.length === 0) return document;
    for (const name of unused) delete schemas[name];
  }
}
