import { Menu as Base } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import type { ComponentProps, ReactElement, ReactNode } from 'react';
import { cn } from '@/lib/cn';
import { overlay } from './overlay';

const itemStyle =
  'flex min-h-8 w-full items-center gap-2 rounded px-2 text-left text-sm outline-none data-disabled:opacity-45 data-highlighted:bg-hover max-sm:min-h-10 [&_svg]:size-4 [&_svg]:shrink-0';

interface MenuProps {
  trigger: ReactElement;
  children: ReactNode;
  align?: 'start' | 'end';
  side?: 'top' | 'bottom' | 'right';
}

/** A menu that opens from its trigger. */
export function Menu({ trigger, children, align = 'end', side = 'bottom' }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align={align} side={side} className="z-50 outline-none">
          <Base.Popup className={cn(overlay, 'max-h-96 min-w-44 overflow-y-auto p-1')}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({
  className,
  danger,
  ...rest
}: ComponentProps<typeof Base.Item> & { danger?: boolean }) {
  return <Base.Item className={cn(itemStyle, danger && 'text-bad', className as string)} {...rest} />;
}

/** An item that is on or off and leaves the menu open. */
export function MenuCheck({
  checked,
  onChange,
  children,
}: {
  checked: boolean;
  onChange: (on: boolean) => void;
  children: ReactNode;
}) {
  return (
    <Base.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      closeOnClick={false}
      className={itemStyle}
    >
      <span
        className={cn(
          'flex size-4 items-center justify-center rounded border',
          checked ? 'border-accent bg-accent text-on-accent' : 'border-line-strong',
        )}
      >
        {checked && <Check className="size-3!" strokeWidth={3} />}
      </span>
      {children}
    </Base.CheckboxItem>
  );
}

interface MenuRadioProps<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  options: readonly { value: T; label: string }[];
}

/** One choice of several, under a heading. */
export function MenuRadio<T extends string>({ label, value, onChange, options }: MenuRadioProps<T>) {
  return (
    <Base.RadioGroup value={value} onValueChange={(v) => onChange(v as T)} aria-label={label}>
      <div className="px-2 pt-1.5 pb-1 font-medium text-2xs text-faint" aria-hidden="true">
        {label}
      </div>
      {options.map((o) => (
        <Base.RadioItem key={o.value} value={o.value} closeOnClick className={itemStyle}>
          <span className="w-4">
            <Base.RadioItemIndicator>
              <Check className="text-accent-text" />
            </Base.RadioItemIndicator>
          </span>
          {o.label}
        </Base.RadioItem>
      ))}
    </Base.RadioGroup>
  );
}

export function MenuSeparator() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}
