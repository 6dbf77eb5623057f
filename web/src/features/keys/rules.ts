import type { KeyInput, KeyView } from '@/api/client';

/** The form of a new key: texts as typed. */
export interface KeyForm {
  name: string;
  comment: string;
  /** Days until it expires; "" means never. */
  days: '' | '7' | '30' | '90' | '365';
  allowedModels: string;
  excludedModels: string;
  allowedProviders: string;
  excludedProviders: string;
  allowedIPs: string;
  rpm: string;
  concurrency: string;
  strict: boolean;
}

export const emptyForm: KeyForm = {
  name: '',
  comment: '',
  days: '',
  allowedModels: '',
  excludedModels: '',
  allowedProviders: '',
  excludedProviders: '',
  allowedIPs: '',
  rpm: '',
  concurrency: '',
  strict: false,
};

/** What the server accepts as a name. */
export const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

const lines = (text: string): string[] | undefined => {
  const list = text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter(Boolean);
  return list.length > 0 ? list : undefined;
};

const whole = (text: string): number | undefined => {
  const n = Number.parseInt(text, 10);
  return Number.isFinite(n) && n > 0 ? n : undefined;
};

/** Turns the form into the call's body; empty fields restrict nothing. */
export function toInput(form: KeyForm, now: Date): KeyInput {
  return {
    name: form.name.trim(),
    comment: form.comment.trim() || undefined,
    allowed_models: lines(form.allowedModels),
    excluded_models: lines(form.excludedModels),
    allowed_providers: lines(form.allowedProviders),
    excluded_providers: lines(form.excludedProviders),
    allowed_ips: lines(form.allowedIPs),
    requests_per_minute: whole(form.rpm),
    max_concurrency: whole(form.concurrency),
    strict_fidelity: form.strict || undefined,
    expires_at: form.days
      ? new Date(now.getTime() + Number(form.days) * 86_400_000).toISOString()
      : undefined,
  };
}

/** The fields of the form by the name the server gives them in a refusal. */
const serverNames: Record<string, keyof KeyForm> = {
  name: 'name',
  comment: 'comment',
  expires_at: 'days',
  allowed_models: 'allowedModels',
  excluded_models: 'excludedModels',
  allowed_providers: 'allowedProviders',
  excluded_providers: 'excludedProviders',
  allowed_ips: 'allowedIPs',
  requests_per_minute: 'rpm',
  max_concurrency: 'concurrency',
  strict_fidelity: 'strict',
};

/** Finds the form's fields that a refusal speaks of. */
export function fieldErrors(
  fields: readonly { location: string; message: string }[],
): Partial<Record<keyof KeyForm, string>> {
  const errors: Partial<Record<keyof KeyForm, string>> = {};
  for (const { location, message } of fields) {
    const name = serverNames[location.replace(/^body\./, '').replace(/\[\d+\]$/, '')];
    if (name) errors[name] ??= message;
  }
  return errors;
}

/** The kinds of restriction a key has, each with its list. */
export function restrictions(key: KeyView) {
  const all = [
    ['onlyModels', key.allowed_models],
    ['notModels', key.excluded_models],
    ['onlyProviders', key.allowed_providers],
    ['notProviders', key.excluded_providers],
    ['onlyIPs', key.allowed_ips],
  ] as const;
  return all.filter(([, list]) => list.length > 0);
}
