import { type ComponentProps, type ReactNode, useId } from 'react';
import { cn } from '@/lib/cn';

const inputStyle =
  'w-full rounded-md border border-line-strong/60 bg-surface px-2.5 text-sm text-text placeholder:text-faint outline-none transition-colors focus-visible:border-accent focus-visible:outline-2 focus-visible:outline-accent/40 focus-visible:outline-offset-0 aria-invalid:border-bad disabled:opacity-50 max-sm:text-base';

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={cn(inputStyle, 'h-8 max-sm:h-10', className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={cn(inputStyle, 'min-h-16 py-1.5 font-mono text-xs', className)} {...rest} />;
}

interface FieldProps {
  label: string;
  hint?: string;
  error?: string;
  children: (props: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }) => ReactNode;
}

/** A labelled control with its hint or, instead, what is wrong with it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const described = hint || error ? `${id}-hint` : undefined;
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium text-muted text-xs">
        {label}
      </label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined })}
      {described && (
        <p id={described} className={cn('text-xs', error ? 'text-bad' : 'text-faint')}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}
