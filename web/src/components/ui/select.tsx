import { Select as Base } from '@base-ui/react/select';
import { Check, ChevronDown } from 'lucide-react';
import { cn } from '@/lib/cn';
import { overlay } from './overlay';

export interface Option<T extends string> {
  value: T;
  label: string;
}

interface SelectProps<T extends string> {
  value: T;
  onChange: (value: T) => void;
  options: readonly Option<T>[];
  label: string;
  className?: string;
  id?: string;
}

/** A choice of one from a short list. */
export function Select<T extends string>({ value, onChange, options, label, className, id }: SelectProps<T>) {
  return (
    <Base.Root
      value={value}
      onValueChange={(v) => v !== null && onChange(v as T)}
      items={options as Option<T>[]}
    >
      <Base.Trigger
        id={id}
        aria-label={label}
        className={cn(
          'inline-flex h-8 items-center justify-between gap-1.5 rounded-md border border-line bg-surface px-2.5 text-sm hover:bg-hover max-sm:h-10',
          className,
        )}
      >
        <Base.Value className="truncate" />
        <Base.Icon>
          <ChevronDown className="size-3.5 text-faint" />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50 outline-none">
          <Base.Popup className={cn(overlay, 'max-h-80 min-w-(--anchor-width) overflow-y-auto p-1')}>
            {options.map((o) => (
              <Base.Item
                key={o.value}
                value={o.value}
                className="flex h-8 items-center gap-2 rounded px-2 text-sm outline-none data-highlighted:bg-hover max-sm:h-10"
              >
                <span className="w-4">
                  <Base.ItemIndicator>
                    <Check className="size-4 text-accent-text" />
                  </Base.ItemIndicator>
                </span>
                <Base.ItemText>{o.label}</Base.ItemText>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
