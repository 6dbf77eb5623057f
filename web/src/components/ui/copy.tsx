import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, type ButtonProps } from './button';

/** Writes text to the clipboard; on plain HTTP, where browsers withhold it, by selection. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'sr-only';
    (document.querySelector('[role=dialog]') ?? document.body).append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    return copied;
  }
}

/** A button that copies and says so for two seconds. */
export function CopyButton({
  text,
  label,
  ...rest
}: { text: string; label?: string } & Omit<ButtonProps, 'children' | 'onClick'>) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const words = copied ? t('common.copied') : (label ?? t('common.copy'));
  const iconOnly = rest.size === 'icon' || rest.size === 'iconSm';
  return (
    <Button
      {...rest}
      aria-label={iconOnly ? words : undefined}
      title={iconOnly ? words : undefined}
      onClick={async () => setCopied(await copyText(text))}
    >
      {copied ? <Check className="text-ok" /> : <Copy />}
      {!iconOnly && <span aria-live="polite">{words}</span>}
    </Button>
  );
}
