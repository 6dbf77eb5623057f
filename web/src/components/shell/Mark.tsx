/** The mark: one way in, several ways out. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <path
        d="M9 16h14M9 16l7-7M9 16l7 7M16 9l7 7M16 23l7-7"
        fill="none"
        stroke="#fff"
        strokeWidth="2.2"
        strokeLinecap="round"
      />
      <g fill="#fff">
        <circle cx="9" cy="16" r="3" />
        <circle cx="16" cy="9" r="2.6" />
        <circle cx="16" cy="23" r="2.6" />
        <circle cx="23" cy="16" r="3" />
      </g>
    </svg>
  );
}
