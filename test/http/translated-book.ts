import type { TopicBook } from '../../src/profiles/topics.ts';

const book: TopicBook = {
  from: { name: 'Shop', address: 'shop@example.test' },
  topics: [
    {
      name: 'offers',
      title: 'Offers',
      about: 'Cheaper',
      wording: 'I want offers',
      signUp: true,
      hidden: false,
      translations: {
        de: { title: 'Angebote', about: 'Günstiger', wording: 'Ich möchte Angebote' },
        pl: { title: 'Oferty', about: 'Taniej', wording: 'Chcę oferty' },
      },
    },
    {
      name: 'club',
      title: 'Club',
      about: undefined,
      wording: 'I want the club',
      signUp: true,
      hidden: false,
    },
  ],
};
/** What a server with topics in several languages is told. */
export const own = { topics: book, languages: ['en', 'de', 'pl', 'pt-BR'], timeZone: 'Europe/Berlin' };
export const form = 'application/x-www-form-urlencoded';
