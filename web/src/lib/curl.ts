/** What the shown command needs. */
export interface Curl {
  origin: string;
  model: string;
  /** The key's secret; without one the command reads $PLEXUS_KEY. */
  secret?: string;
  stream: boolean;
}

/** Quotes a text for a POSIX shell. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A command that works when pasted into a POSIX shell. */
export function curl({ origin, model, secret, stream }: Curl): string {
  const body = {
    model,
    ...(stream && { stream: true }),
    messages: [{ role: 'user', content: 'Say hello.' }],
  };
  const authorization = secret
    ? quote(`Authorization: Bearer ${secret}`)
    : '"Authorization: Bearer $PLEXUS_KEY"';
  return [
    `curl ${stream ? '-N ' : ''}${origin}/v1/chat/completions`,
    `  -H ${authorization}`,
    "  -H 'Content-Type: application/json'",
    `  -d ${quote(JSON.stringify(body))}`,
  ].join(' \\\n');
}
