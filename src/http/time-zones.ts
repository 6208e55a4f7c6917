import { type Html, html } from './html.ts';
import type { Speech } from './speech.ts';
import type { WorldPart } from './texts/shape.ts';
import type { Texts } from './texts/texts.ts';

/** The zones of each part of the world, such as Europe. */
const parts = new Map<string, string[]>();
for (const zone of Intl.supportedValuesOf('timeZone')) {
  const [part = ''] = zone.split('/');
  if (zone.includes('/')) parts.set(part, [...(parts.get(part) ?? []), zone]);
}

const placeOf = (zone: string) =>
  zone
    .slice(zone.indexOf('/') + 1)
    .replaceAll('_', ' ')
    .replaceAll('/', ' – ');

/** Every zone that this machine knows, by part of the world; one that is called otherwise stands first. */
export function timeZoneOptions(chosen: string, texts: Texts): Html[] {
  const option = (zone: string, name: string) =>
    html`<option value="${zone}"${zone === chosen && html` selected`}>${name}</option>`;
  const isListed = [...parts.values()].some((zones) => zones.includes(chosen));
  const groups = [...parts].map(([part, zones]) => ({ name: partName(part, texts), zones }));
  return [
    ...(chosen === '' || isListed ? [] : [option(chosen, chosen.replaceAll('_', ' '))]),
    ...groups
      .sort((one, other) => one.name.localeCompare(other.name, texts.lang))
      .map(
        ({ name, zones }) =>
          html`<optgroup label="${name}">${zones.map((zone) => option(zone, placeOf(zone)))}</optgroup>
`,
      ),
  ];
}

function partName(part: string, { preferences: { parts: names } }: Texts): string {
  const isKnown = (name: string): name is WorldPart => Object.hasOwn(names, name);
  return isKnown(part) ? names[part] : part;
}

/** What a zone's time is called, such as Central European Time; of a zone that has no such name its own. */
export function timeZoneName(zone: string, { locale }: Speech): string {
  const isWorldTime = zone === 'UTC' || zone.startsWith('Etc/');
  const timeZoneName = isWorldTime ? 'long' : 'longGeneric';
  const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName }).formatToParts();
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
}
