const letters: Readonly<Record<string, string>> = { ß: 'ss', ł: 'l', ø: 'o', ı: 'i', đ: 'd' };

/** A name as it can stand in an address or a file name: 'Łucja' → 'lucja', "O'Dea" → 'odea', 佐藤 → ''. */
export function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[ßłøıđ]/g, (letter) => letters[letter] ?? '')
    .normalize('NFKD')
    .replace(/[^a-z0-9]/g, '');
}
