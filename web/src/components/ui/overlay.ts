/** The look of everything that floats above the page. */
export const overlay =
  'rounded-md border border-line bg-raised text-text shadow-overlay outline-none transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0';
