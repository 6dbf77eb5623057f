import { Switch as Base } from '@base-ui/react/switch';

export function Switch({
  checked,
  onChange,
  label,
  disabled,
}: {
  checked: boolean;
  onChange: (on: boolean) => void;
  label: string;
  disabled?: boolean;
}) {
  return (
    <Base.Root
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled}
      aria-label={label}
      className="relative inline-flex h-4.5 w-8 shrink-0 items-center rounded-full bg-line-strong transition-colors data-checked:bg-accent data-disabled:opacity-50"
    >
      <Base.Thumb className="block size-3.5 translate-x-0.5 rounded-full bg-white transition-transform data-checked:translate-x-4" />
    </Base.Root>
  );
}
