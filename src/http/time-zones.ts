import { type Html, html } from './html.ts';

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
export function timeZoneOptions(chosen: string): Html[] {
  const option = (zone: string, name: string) =>
    html`<option value="${zone}"${zone === chosen && html` selected`}>${name}</option>`;
  const isListed = [...parts.values()].some((zones) => zones.includes(chosen));
  return [
    ...(chosen === '' || isListed ? [] : [option(chosen, chosen.replaceAll('_', ' '))]),
    ...[...parts].map(
      ([part, zones]) =>
        html`<optgroup label="${part}">${zones.map((zone) => option(zone, placeOf(zone)))}</optgroup>
`,
    ),
  ];
}
