import { cn } from '@/lib/cn';
import { CopyButton } from './copy';

/** A command to copy. It wraps: nothing of it may be out of sight. */
export function CodeBlock({
  code,
  copyLabel,
  className,
}: {
  code: string;
  copyLabel?: string;
  className?: string;
}) {
  return (
    <div className={cn('overflow-hidden rounded-md border border-line bg-code', className)}>
      <pre className="overflow-x-auto whitespace-pre-wrap break-words p-3 font-mono text-xs leading-relaxed">
        <code>{code}</code>
      </pre>
      <div className="flex justify-end border-line border-t px-2 py-1.5">
        <CopyButton text={code} label={copyLabel} size="sm" />
      </div>
    </div>
  );
}
