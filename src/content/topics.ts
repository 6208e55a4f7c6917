import { join } from 'node:path';
import { z } from 'zod';
import { emptyTopicBook, type Topic, type TopicBook, type TopicTexts, topicOf } from '../profiles/topics.ts';
import { sender } from './campaign.ts';
import { readTemplate, shownPath, templateName } from './files.ts';
import { readYaml } from './yaml.ts';

const text = (longest: number) => z.string().trim().min(1, 'must not be empty').max(longest);

const texts = z.strictObject({
  title: text(80).optional(),
  about: text(300).optional(),
  wording: text(2000).optional(),
});

/** What a translation must have as soon as the topic has it: what is read beside each other is in one language. */
const parts = ['title', 'about', 'wording'] as const;

const language = z.string().refine(isLanguage);

const topic = texts
  .extend({
    translations: z
      .record(language, texts, {
        error: ({ code }) => {
          if (code === 'invalid_key')
            return "is no language; write one as 'de' or 'pt-BR', by the tag that web pages use for it";
          return code === 'invalid_type'
            ? 'must be languages with their texts, such as de: { title: … }'
            : undefined;
        },
      })
      .default({}),
    signUp: z.boolean({ error: 'must be true or false' }).default(false),
    hidden: z.boolean({ error: 'must be true or false' }).default(false),
  })
  .superRefine(({ translations, ...own }, context) => {
    for (const [tag, translation] of Object.entries(translations)) {
      for (const part of parts) {
        const problem = partProblem(part, own[part], translation[part]);
        if (problem !== undefined)
          context.addIssue({ code: 'custom', path: ['translations', tag, part], message: problem });
      }
    }
  });

/** Whoever reads a topic in their language agrees to a wording in it, or to none. */
function partProblem(
  part: (typeof parts)[number],
  own: string | undefined,
  translated: string | undefined,
): string | undefined {
  if ((own === undefined) === (translated === undefined)) return undefined;
  return own === undefined
    ? `is said here, but the topic itself has no ${part}; write one above, or remove it here`
    : `is missing; the topic has one, so write it in this language too, or leave the whole translation out`;
}

/** A tag of a language that there is, as it is usually written: `de`, `pt-BR`; not `DE`, `german`, `ge`. */
function isLanguage(tag: string): boolean {
  if (!/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(tag)) return false;
  try {
    return new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' }).of(tag) !== undefined;
  } catch {
    return false;
  }
}

const topicsFile = z.strictObject({
  from: sender.optional(),
  topics: z.record(templateName, topic),
});

/**
 * Reads `topics.yaml` of the templates folder; an empty book when there is none.
 * @throws ContentError naming path and line of what is wrong in it.
 */
export async function loadTopics(templatesDir: string): Promise<TopicBook> {
  const path = join(templatesDir, 'topics.yaml');
  const content = await readTemplate(path);
  if (content === undefined) return emptyTopicBook;
  const { value } = readYaml(content, shownPath(templatesDir, path), 1, topicsFile);
  const topics = Object.entries(value.topics).map(([name, own]): Topic => {
    const { translations, signUp, hidden, ...first } = own;
    const { title } = topicOf(emptyTopicBook, name);
    const said = (one: z.output<typeof texts>): TopicTexts => ({
      title: one.title ?? title,
      about: one.about,
      wording: one.wording,
    });
    const others = Object.entries(translations).map(([tag, one]) => [tag, said(one)] as const);
    return { name, ...said(first), translations: Object.fromEntries(others), signUp, hidden };
  });
  return { from: value.from, topics };
}
