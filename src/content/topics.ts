import { join } from 'node:path';
import { z } from 'zod';
import { emptyTopicBook, type Topic, type TopicBook, topicOf } from '../profiles/topics.ts';
import { sender } from './campaign.ts';
import { readTemplate, shownPath, templateName } from './files.ts';
import { readYaml } from './yaml.ts';

const text = (longest: number) => z.string().trim().min(1, 'must not be empty').max(longest);

const topic = z.strictObject({
  title: text(80).optional(),
  about: text(300).optional(),
  wording: text(2000).optional(),
  signUp: z.boolean({ error: 'must be true or false' }).default(false),
  hidden: z.boolean({ error: 'must be true or false' }).default(false),
});

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
    const { title = topicOf(emptyTopicBook, name).title, about, wording, signUp, hidden } = own;
    return { name, title, about, wording, signUp, hidden };
  });
  return { from: value.from, topics };
}
