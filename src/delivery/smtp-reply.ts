/** One whole answer of a server (RFC 5321 §4.2), its lines as they came, joined by line feeds. */
export interface Reply {
  readonly code: number;
  readonly text: string;
}

/** An answer longer than this, in octets, is none: RFC 5321 §4.5.3.1.5 allows 512 a line, servers say a few. */
const longestReply = 64 * 1024;

/**
 * Cuts what comes over the wire into answers, however it was chopped up on its way. Text goes in and out as
 * latin1, an octet a character. Lines end with CRLF; a lone LF is let pass. All lines of an answer must carry the
 * same code: which of two would be meant is not for us to guess.
 */
export class ReplyReader {
  /** What came and was not handed out yet; `next` begins at `at`. */
  private text = '';
  private at = 0;
  /** The lines of an answer that goes on, and its code; 0 between answers. */
  private lines = '';
  private code = 0;
  private broken = false;

  push(chunk: string): void {
    this.text = this.at === this.text.length ? chunk : this.text.slice(this.at) + chunk;
    this.at = 0;
  }

  /** The next whole answer; undefined when more must come first; `nonsense` from the first octet that is no SMTP. */
  next(): Reply | 'nonsense' | undefined {
    while (!this.broken) {
      const end = this.text.indexOf('\n', this.at);
      if (end === -1) {
        this.broken = this.lines.length + this.text.length - this.at > longestReply || !this.mayBecomeLine();
        return this.broken ? 'nonsense' : undefined;
      }
      const line = this.text.slice(this.at, this.text.charCodeAt(end - 1) === 13 ? end - 1 : end);
      const whole = this.take(line);
      if (this.broken) break;
      this.at = end + 1;
      if (whole !== undefined) return whole;
    }
    return 'nonsense';
  }

  /** Whether anything came that was not handed out as an answer. */
  get pending(): boolean {
    return this.at < this.text.length || this.code !== 0;
  }

  /** After the last octet: the answer that was cut off, if its code came whole. */
  unfinished(): Reply | undefined {
    const line = this.text.slice(this.at);
    const said = codeOf(line);
    const code = said === 0 ? this.code : said;
    const differs = this.code !== 0 && this.code !== code;
    return this.broken || code === 0 || differs ? undefined : { code, text: this.lines + line };
  }

  /** What the server said instead of an answer, the beginning of it. */
  get remainder(): string {
    return this.text.slice(this.at, this.at + 200);
  }

  private take(line: string): Reply | undefined {
    const code = codeOf(line);
    const differs = this.code !== 0 && this.code !== code;
    if (code === 0 || differs || this.lines.length + line.length > longestReply) {
      this.broken = true;
      return undefined;
    }
    if (line.charCodeAt(3) === HYPHEN) {
      this.code = code;
      this.lines += `${line}\n`;
      return undefined;
    }
    const text = this.code === 0 ? line : this.lines + line;
    this.code = 0;
    this.lines = '';
    return { code, text };
  }

  /** Whether the beginning of a line is that of an answer: nonsense without a line end is not waited for. */
  private mayBecomeLine(): boolean {
    const start = this.text.slice(this.at, this.at + 4);
    return start.length < 4 ? /^(?:[2-5]\d{0,2}\r?)?$/.test(start) : codeOf(start) !== 0;
  }
}

const HYPHEN = 45;

/** The code at the start of a line, 200 to 599; 0 when there is none. */
function codeOf(line: string): number {
  const hundreds = line.charCodeAt(0) - 48;
  const tens = line.charCodeAt(1) - 48;
  const ones = line.charCodeAt(2) - 48;
  const isCode = hundreds >= 2 && hundreds <= 5 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9;
  const separator = line.charCodeAt(3);
  // Past the end of the line charCodeAt says NaN: a code alone is an answer (RFC 5321 §4.2).
  const separated = Number.isNaN(separator) || separator === 32 || separator === HYPHEN || separator === 13;
  return isCode && separated ? hundreds * 100 + tens * 10 + ones : 0;
}
